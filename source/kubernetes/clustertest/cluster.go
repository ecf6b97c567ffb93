// Package clustertest serves the fake of a cluster that client-go's own fake
// clients are made of as an API server on 127.0.0.1, for tests of what reads
// clusters, and makes objects for it. The clients themselves are left out: with
// all API groups, they are minutes of compiling for the race detector.
package clustertest

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	k8stesting "k8s.io/client-go/testing"
)

// Token is that of the only user whom a [Cluster] knows.
const Token = "token-of-landwaiter"

// Cluster is client-go's fake behind an HTTPS server on 127.0.0.1, whose
// answers are those of Kubernetes' own types and codecs. What was asked for are
// the Actions of Fake.
type Cluster struct {
	k8stesting.Fake
	Objects k8stesting.ObjectTracker // may be changed while it serves
	Server  *httptest.Server
	MaxPage int  // objects in a page, if less than asked for; 0 means no limit
	Expire  bool // the next token for a further page is too old

	codec    runtime.Encoder
	mu       sync.Mutex
	requests []string
}

// New starts a cluster with some objects of the core API, which ends with the
// test.
func New(t testing.TB, objects ...runtime.Object) *Cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	codecs := serializer.NewCodecFactory(scheme)
	c := &Cluster{
		Objects: k8stesting.NewObjectTracker(scheme, codecs.UniversalDecoder()),
		codec:   codecs.LegacyCodec(corev1.SchemeGroupVersion),
	}
	for _, o := range objects {
		if err := c.Objects.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	c.AddReactor("*", "*", k8stesting.ObjectReaction(c.Objects))
	c.Server = httptest.NewTLSServer(c)
	t.Cleanup(c.Server.Close)
	return c
}

// Requests returns the paths that were asked for since the last call.
func (c *Cluster) Requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.requests
	c.requests = nil
	return asked
}

// Kubeconfig returns a kubeconfig for the cluster whose user has a token.
func (c *Cluster) Kubeconfig(token string) string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Server.Certificate().Raw})
	return Kubeconfig(c.Server.URL, "certificate-authority-data: "+base64.StdEncoding.EncodeToString(ca), "token: "+token)
}

// Kubeconfig returns a kubeconfig with the one context dev, of the cluster
// shop at an address; cluster and user are what else its entries hold, in YAML.
func Kubeconfig(server, cluster, user string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Config
current-context: dev
contexts: [{name: dev, context: {cluster: shop, user: u}}]
clusters: [{name: shop, cluster: {server: %q, %s}}]
users: [{name: u, user: {%s}}]
`, server, cluster, user)
}

// Forbid makes the cluster refuse a verb, or all ("*"), on a resource.
func (c *Cluster) Forbid(verb, resource string) {
	c.PrependReactor(verb, resource, func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "",
			fmt.Errorf("user %q may not", "landwaiter"))
	})
}

// ServeHTTP answers as an API server. It implements [http.Handler].
func (c *Cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer "+Token {
		c.answer(w, nil, apierrors.NewUnauthorized("who are you?"))
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
		obj, err := c.get(namespace, path[0], path[1])
		c.answer(w, obj, err)
		return
	}
	obj, err := c.list(namespace, path[0])
	if err == nil {
		obj, err = c.page(r, obj)
	}
	c.answer(w, obj, err)
}

func (c *Cluster) get(namespace, resource, name string) (runtime.Object, error) {
	switch resource {
	case "namespaces", "secrets", "serviceaccounts":
		return c.Invokes(k8stesting.NewGetAction(corev1.SchemeGroupVersion.WithResource(resource), namespace, name), nil)
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, name)
}

func (c *Cluster) list(namespace, resource string) (runtime.Object, error) {
	kind, ok := map[string]string{"pods": "Pod", "nodes": "Node"}[resource]
	if !ok {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, "")
	}
	core := corev1.SchemeGroupVersion
	return c.Invokes(
		k8stesting.NewListAction(core.WithResource(resource), core.WithKind(kind), namespace, metav1.ListOptions{}), nil)
}

// page cuts a list as the query says, which the fake does not.
func (c *Cluster) page(r *http.Request, list runtime.Object) (runtime.Object, error) {
	items, err := meta.ExtractList(list)
	if err != nil {
		return nil, err
	}
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		return nil, apierrors.NewBadRequest("no limit: all objects at once")
	}
	from, _ := strconv.Atoi(r.FormValue("continue"))
	if from > 0 && c.Expire {
		c.Expire = false
		gone := apierrors.NewResourceExpired("the snapshot is gone")
		gone.ErrStatus.Continue = strconv.Itoa(from)
		return nil, gone
	}
	if c.MaxPage > 0 {
		limit = min(limit, c.MaxPage)
	}
	to := min(from+limit, len(items))
	if to < len(items) {
		acc, err := meta.ListAccessor(list)
		if err != nil {
			return nil, err
		}
		acc.SetContinue(strconv.Itoa(to))
	}
	return list, meta.SetList(list, slices.Clone(items[from:to]))
}

func (c *Cluster) answer(w http.ResponseWriter, obj runtime.Object, err error) {
	code := http.StatusOK
	if status, ok := err.(apierrors.APIStatus); ok {
		s := status.Status()
		obj, code = &s, int(s.Code)
	}
	raw, err := runtime.Encode(c.codec, obj)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(raw)
}
