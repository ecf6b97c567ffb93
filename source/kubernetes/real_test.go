package kubernetes_test

import (
	"os"
	"testing"

	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
)

// TestRealCluster reads, and only reads, the cluster of the current context of
// the file that KUBECONFIG names. There is none in CI.
func TestRealCluster(t *testing.T) {
	path := os.Getenv("KUBECONFIG")
	if path == "" {
		t.Skip("no cluster: KUBECONFIG is not set")
	}
	content, err := kubernetes.ReadKubeconfig(path, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := kubernetes.New(kubernetes.Config{Kubeconfig: content}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	images := map[string]bool{}
	if err := s.List(t.Context(), func(r source.Ref) error {
		images[r.Locator] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	rt, err := s.Runtime(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v: %d nodes, %d containers, %d images", rt.Cluster, len(rt.Hosts), len(rt.Containers), len(images))
	hosts := map[string]bool{"": true}
	for _, h := range rt.Hosts {
		hosts[h.ID] = true
	}
	for _, c := range rt.Containers {
		if !hosts[c.HostID] || (c.Image != "" && !images[c.Image]) {
			t.Errorf("container %+v: of an unknown host or image", c)
		}
	}
}
