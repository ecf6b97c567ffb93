package kubernetes_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	k8stesting "k8s.io/client-go/testing"

	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

// documented returns the manifests of docs/kubernetes.md, each of them one
// that an API server takes.
func documented(t *testing.T) []runtime.Object {
	t.Helper()
	text, err := os.ReadFile("../../docs/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(appsv1.AddToScheme, corev1.AddToScheme, rbacv1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	strict := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	var out []runtime.Object
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for one := range strings.SplitSeq(block, "---\n") {
			obj, _, err := strict.Decode([]byte(one), nil, nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, one)
			}
			out = append(out, obj)
		}
	}
	return out
}

// TestDocumentedRights: the roles of the manual allow what a source asks for,
// and nothing else.
func TestDocumentedRights(t *testing.T) {
	unused := map[string]bool{} // "list pods"
	named := map[string][]string{}
	for _, obj := range documented(t) {
		role, ok := obj.(*rbacv1.ClusterRole)
		if !ok {
			continue
		}
		for _, rule := range role.Rules {
			if !slices.Equal(rule.APIGroups, []string{""}) {
				t.Errorf("role %s: groups %q", role.Name, rule.APIGroups)
			}
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					unused[verb+" "+resource], named[verb+" "+resource] = true, rule.ResourceNames
				}
			}
		}
	}
	app := "r.example.com/app@" + digest("a")
	k := clustertest.New(t, clustertest.KubeSystem("0123abcd"), clustertest.Node("node-1", "m1"),
		clustertest.Account("ns", "pull"), clustertest.PullSecret("ns", "pull", "r.example.com", "u", "secret"),
		clustertest.Pod("ns", "p", "r.example.com/app:1", app))
	s := open(t, k, kubernetes.Config{}, (&registries{private: "r.example.com/app", password: "secret"}).registry)
	refs(t, s)
	if _, err := s.Runtime(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	for _, a := range k.Actions() {
		asked := a.GetVerb() + " " + a.GetResource().Resource
		names, ok := named[asked]
		if get, isGet := a.(k8stesting.GetAction); ok && isGet && len(names) > 0 {
			ok = slices.Contains(names, get.GetName())
		}
		if !ok {
			t.Errorf("%+v: no documented role allows it", a)
		}
		delete(unused, asked)
	}
	if len(unused) > 0 {
		t.Errorf("rights that are not used: %v", unused)
	}
}

// TestDocumentedServer: the server of the manual runs as one that may nothing.
func TestDocumentedServer(t *testing.T) {
	for _, obj := range documented(t) {
		set, ok := obj.(*appsv1.StatefulSet)
		if !ok {
			continue
		}
		pod := set.Spec.Template.Spec
		c := pod.Containers[0].SecurityContext
		if *set.Spec.Replicas != 1 || !*pod.SecurityContext.RunAsNonRoot || !*c.ReadOnlyRootFilesystem ||
			*c.AllowPrivilegeEscalation ||
			len(c.Capabilities.Drop) != 1 ||
			pod.Containers[0].VolumeMounts[0].Name != set.Spec.VolumeClaimTemplates[0].Name {
			t.Errorf("%+v", pod)
		}
		return
	}
	t.Error("no StatefulSet")
}
