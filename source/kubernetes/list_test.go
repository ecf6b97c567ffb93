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
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

func TestList(t *testing.T) {
	web := clustertest.Pod("shop", "web", "shop/web:1", "docker.io/shop/web@"+digest("a"), "local:1", digest("c"))
	web.Spec.InitContainers = []corev1.Container{{Name: "init", Image: "busybox"}}
	web.Status.InitContainerStatuses = []corev1.ContainerStatus{
		{Name: "init", ImageID: "docker-pullable://busybox@" + digest("b")},
	}
	web.Spec.EphemeralContainers = []corev1.EphemeralContainer{
		{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: "r.example.com:5000/debug"}},
	}
	web.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{
		{Name: "debug", ImageID: "r.example.com:5000/debug@" + digest("d")},
	}
	c := clustertest.New(t, web,
		clustertest.Pod("shop", "again", "docker.io/shop/web:stable@"+digest("a"), "docker.io/shop/web@"+digest("a")),
		clustertest.Pod("shop", "pinned", "shop/web@"+digest("a"), "docker.io/shop/web@"+digest("a")),
		clustertest.Pod("shop", "waiting", "shop/missing:1", ""),
		clustertest.Pod("other", "hidden", "hidden", "docker.io/library/hidden@"+digest("e")),
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
		if diff := cmp.Diff(want, refs(t, open(t, c, config, nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if asked := c.Requests(); strings.Contains(strings.Join(asked, " "), "/namespaces/other/") {
		t.Errorf("requests %q: asked for what was not chosen", asked)
	}
}

// TestListPages: 1,234 pods in pages, also short ones, and when the snapshot
// of the list ends between two of them.
func TestListPages(t *testing.T) {
	var pods []runtime.Object
	for i := range 1234 {
		pods = append(pods,
			clustertest.Pod("ns", fmt.Sprintf("p%04d", i), "app", fmt.Sprintf("docker.io/library/app@sha256:%064x", i)))
	}
	c := clustertest.New(t, pods...)
	s := open(t, c, kubernetes.Config{}, nil)
	for _, size := range []int{500, 100} {
		for _, c.Expire = range []bool{false, true} {
			c.MaxPage = size
			c.Requests()
			if got := refs(t, s); len(got) != len(pods) {
				t.Errorf("pages of %d: %d images", size, len(got))
			}
			if n := len(c.Requests()); n < len(pods)/size {
				t.Errorf("pages of %d: %d requests", size, n)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		token  string
		change func(*clustertest.Cluster)
		kind   landwaiter.ErrorKind
		words  []string
	}{
		{"wrong token", "wrong", func(*clustertest.Cluster) {}, landwaiter.Denied, []string{"list pods", "credentials"}},
		{"no right", clustertest.Token, func(c *clustertest.Cluster) { c.Forbid("list", "pods") }, landwaiter.Denied,
			[]string{`verb "list"`, `"pods"`, "in all namespaces"}},
		{"server gone", clustertest.Token, func(c *clustertest.Cluster) { c.Server.Close() }, landwaiter.Unavailable,
			[]string{"list pods"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := clustertest.New(t)
			s := open(t, k, kubernetes.Config{Kubeconfig: k.Kubeconfig(c.token)}, nil)
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
