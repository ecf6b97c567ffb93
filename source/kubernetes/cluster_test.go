package kubernetes_test

import (
	"cmp"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	k8stesting "k8s.io/client-go/testing"

	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
)

const token = "token-of-landwaiter"

// cluster is client-go's fake behind an HTTPS server on 127.0.0.1, whose
// answers are those of client-go's own types and codecs.
type cluster struct {
	*fake.Clientset
	server   *httptest.Server
	maxPage  int  // objects in a page, if less than asked for
	expire   bool // the first token for a second page is too old
	requests []string
}

func newCluster(t *testing.T, objects ...runtime.Object) *cluster {
	t.Helper()
	c := &cluster{Clientset: fake.NewClientset(objects...), maxPage: 500}
	c.server = httptest.NewTLSServer(c)
	t.Cleanup(c.server.Close)
	return c
}

// kubeconfig returns a kubeconfig whose user has the token.
func (c *cluster) kubeconfig(token string) string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate().Raw})
	return kubeconfig(c.server.URL, "certificate-authority-data: "+base64.StdEncoding.EncodeToString(ca), "token: "+token)
}

func kubeconfig(server, cluster, user string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Config
current-context: dev
contexts: [{name: dev, context: {cluster: shop, user: u}}]
clusters: [{name: shop, cluster: {server: %q, %s}}]
users: [{name: u, user: {%s}}]
`, server, cluster, user)
}

// open returns the source of the cluster. Its registry is nil: it opens none.
func (c *cluster) open(t *testing.T, config kubernetes.Config, registry kubernetes.OpenRegistry) *kubernetes.Source {
	t.Helper()
	config.Kubeconfig = cmp.Or(config.Kubeconfig, c.kubeconfig(token))
	s, err := kubernetes.New(config, registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// forbid makes the cluster refuse.
func (c *cluster) forbid(verb, resource string) {
	c.PrependReactor(verb, resource, func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", fmt.Errorf("user %q may not", "landwaiter"))
	})
}

// ServeHTTP answers as an API server.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.requests = append(c.requests, r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+token {
		answer(w, nil, apierrors.NewUnauthorized("who are you?"))
		return
	}
	if r.URL.Path == "/version" {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"major":"1","minor":"34","gitVersion":"v1.34.1"}`)
		return
	}
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	namespace := ""
	if path[0] == "namespaces" && len(path) > 2 {
		namespace, path = path[1], path[2:]
	}
	if len(path) == 2 {
		obj, err := c.get(r, namespace, path[0], path[1])
		answer(w, obj, err)
		return
	}
	obj, err := c.list(r, namespace, path[0])
	if err == nil {
		obj, err = c.page(r, obj)
	}
	answer(w, obj, err)
}

func (c *cluster) get(r *http.Request, namespace, resource, name string) (runtime.Object, error) {
	core, ctx := c.CoreV1(), r.Context()
	switch resource {
	case "namespaces":
		return core.Namespaces().Get(ctx, name, metav1.GetOptions{})
	case "secrets":
		return core.Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	case "serviceaccounts":
		return core.ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, name)
}

func (c *cluster) list(r *http.Request, namespace, resource string) (runtime.Object, error) {
	switch resource {
	case "pods":
		return c.CoreV1().Pods(namespace).List(r.Context(), metav1.ListOptions{})
	case "nodes":
		return c.CoreV1().Nodes().List(r.Context(), metav1.ListOptions{})
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, "")
}

// page cuts a list as the query says, which the fake does not.
func (c *cluster) page(r *http.Request, list runtime.Object) (runtime.Object, error) {
	items, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		return nil, apierrors.NewBadRequest("no limit: all objects at once")
	}
	from, _ := strconv.Atoi(r.FormValue("continue"))
	if from > 0 && c.expire {
		c.expire = false
		gone := apierrors.NewResourceExpired("the snapshot is gone")
		gone.ErrStatus.Continue = strconv.Itoa(from)
		return nil, gone
	}
	to := min(from+min(limit, c.maxPage), len(items))
	if to < len(items) {
		acc, err := meta.ListAccessor(list)
		if err != nil {
			return nil, err
		}
		acc.SetContinue(strconv.Itoa(to))
	}
	return list, meta.SetList(list, slices.Clone(items[from:to]))
}

func answer(w http.ResponseWriter, obj runtime.Object, err error) {
	code := http.StatusOK
	if status, ok := err.(apierrors.APIStatus); ok {
		s := status.Status()
		obj, code = &s, int(s.Code)
	}
	raw, err := runtime.Encode(scheme.Codecs.LegacyCodec(corev1.SchemeGroupVersion), obj)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(raw)
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

// newPod returns a pod with one running container for each pair of an image,
// as its specification names it, and the ID that the node tells.
func newPod(namespace, name string, images ...string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "uid-of-" + "pod"},
		Spec:       corev1.PodSpec{NodeName: "node-1", ServiceAccountName: "default"},
	}
	for i := 0; i < len(images); i += 2 {
		c := "c" + strconv.Itoa(i/2)
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c, Image: images[i]})
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: c, Image: images[i], ImageID: images[i+1]})
	}
	return p
}
