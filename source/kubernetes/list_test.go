package kubernetes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
)

func TestList(t *testing.T) {
	web := newPod("shop", "web", "shop/web:1", "docker.io/shop/web@"+digest("a"), "local:1", digest("c"))
	web.Spec.InitContainers = []corev1.Container{{Name: "init", Image: "busybox"}}
	web.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "init", ImageID: "docker-pullable://busybox@" + digest("b")}}
	web.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: "r.example.com:5000/debug"}}}
	web.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{{Name: "debug", ImageID: "r.example.com:5000/debug@" + digest("d")}}
	c := newCluster(t, web,
		newPod("shop", "again", "docker.io/shop/web:stable@"+digest("a"), "docker.io/shop/web@"+digest("a")),
		newPod("shop", "pinned", "shop/web@"+digest("a"), "docker.io/shop/web@"+digest("a")),
		newPod("shop", "waiting", "shop/missing:1", ""),
		newPod("other", "hidden", "hidden", "docker.io/library/hidden@"+digest("e")),
	)
	want := []source.Ref{
		{Locator: "docker.io/library/busybox@" + digest("b"), Names: []string{"docker.io/library/busybox:latest"}},
		{Locator: "docker.io/shop/web@" + digest("a"), Names: []string{"docker.io/shop/web:1", "docker.io/shop/web:stable"}},
		{Locator: "r.example.com:5000/debug@" + digest("d"), Names: []string{"r.example.com:5000/debug:latest"}},
		{Locator: digest("c"), Names: []string{"docker.io/library/local:1"}},
	}
	for name, config := range map[string]kubernetes.Config{
		"excluded": {ExcludeNamespaces: []string{"other"}},
		"included": {Namespaces: []string{"shop", "shop", "empty"}},
	} {
		if diff := cmp.Diff(want, refs(t, c.open(t, config, nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if strings.Contains(strings.Join(c.requests, " "), "/namespaces/other/") {
		t.Errorf("requests %q: asked for what was not chosen", c.requests)
	}
}

// TestListPages: 1,234 pods in pages, also short ones, and when the snapshot
// of the list ends between two of them.
func TestListPages(t *testing.T) {
	var pods []runtime.Object
	for i := range 1234 {
		pods = append(pods, newPod("ns", fmt.Sprintf("p%04d", i), "app", fmt.Sprintf("docker.io/library/app@sha256:%064x", i)))
	}
	c := newCluster(t, pods...)
	s := c.open(t, kubernetes.Config{}, nil)
	for _, size := range []int{500, 100} {
		for _, c.expire = range []bool{false, true} {
			c.maxPage, c.requests = size, nil
			if got := refs(t, s); len(got) != len(pods) {
				t.Errorf("pages of %d: %d images", size, len(got))
			}
			if len(c.requests) < len(pods)/size {
				t.Errorf("pages of %d: %d requests", size, len(c.requests))
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		token  string
		change func(*cluster)
		kind   landwaiter.ErrorKind
		words  []string
	}{
		{"wrong token", "wrong", func(*cluster) {}, landwaiter.Denied, []string{"list pods", "credentials"}},
		{"no right", token, func(c *cluster) { c.forbid("list", "pods") }, landwaiter.Denied, []string{`verb "list"`, `"pods"`, "in all namespaces"}},
		{"server gone", token, func(c *cluster) { c.server.Close() }, landwaiter.Unavailable, []string{"list pods"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newCluster(t)
			s := k.open(t, kubernetes.Config{Kubeconfig: k.kubeconfig(c.token)}, nil)
			c.change(k)
			err := s.List(t.Context(), func(source.Ref) error { return nil })
			if landwaiter.KindOf(err) != c.kind {
				t.Fatalf("%v (%s), want %s", err, landwaiter.KindOf(err), c.kind)
			}
			for _, word := range c.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}
