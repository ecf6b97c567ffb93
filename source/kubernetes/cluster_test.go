package kubernetes_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

// open returns the source of a cluster.
func open(t *testing.T, c *clustertest.Cluster, config kubernetes.Config,
	registry kubernetes.OpenRegistry) *kubernetes.Source {
	t.Helper()
	config.Kubeconfig = cmp.Or(config.Kubeconfig, c.Kubeconfig(clustertest.Token))
	s, err := kubernetes.New(config, registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// refs lists the source.
func refs(t *testing.T, s source.Source) []source.Ref {
	t.Helper()
	var out []source.Ref
	if err := s.List(t.Context(), func(r source.Ref) error {
		out = append(out, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// digest returns a digest.
func digest(c string) string { return "sha256:" + strings.Repeat(c, 64) }
