package kubernetes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

// registries gives what OpenRegistry opens: one repository of one registry
// that a password opens, and another that is there for all.
type registries struct {
	private, password string // "r.example.com/app", "secret"
	public            string
	logins            []string // "host user:password", as they were opened
	asked             []string // "user:password locator"
	open              int
}

func (r *registries) registry(host, username, password string) (source.Source, error) {
	r.logins = append(r.logins, host+" "+username+":"+password)
	r.open++
	return &registry{registries: r, username: username, password: password}, nil
}

type registry struct {
	*registries
	username, password string
}

func (r *registry) List(context.Context, func(source.Ref) error) error { return nil }

func (r *registry) Close() error {
	r.open--
	return nil
}

func (r *registry) Open(_ context.Context, locator string) (source.Image, error) {
	r.asked = append(r.asked, r.username+":"+r.password+" "+locator)
	repository, _, _ := strings.Cut(locator, "@")
	switch {
	case repository == r.public, repository == r.private && r.password == r.registries.password:
		return opened{}, nil
	case repository == r.private:
		return nil, landwaiter.Errorf(landwaiter.Denied, "the registry denies access")
	}
	return nil, landwaiter.Errorf(landwaiter.NotFound, "not in the registry")
}

type opened struct{ source.Image }

func (opened) Describe() landwaiter.Image { return landwaiter.Image{ID: digest("1")} }
func (opened) Close() error               { return nil }

// TestOpen: each of the pod's and its service account's secrets is tried at
// the registry that it names, then none.
func TestOpen(t *testing.T) {
	legacy := clustertest.PullSecret("ns", "legacy", "", "", "")
	legacy.Type, legacy.Data = corev1.SecretTypeDockercfg, map[string][]byte{
		corev1.DockerConfigKey: []byte(`{"r.example.com":{"auth":"dTpzZWNyZXQ="}}`),
	}
	opaque := clustertest.PullSecret("ns", "opaque", "r.example.com", "u", "secret")
	opaque.Type = corev1.SecretTypeOpaque
	app := "r.example.com/app@" + digest("a")
	for _, c := range []struct {
		name    string
		pod     *corev1.Pod
		account *corev1.ServiceAccount
		forbid  string
		kind    landwaiter.ErrorKind
		words   string
		logins  string
	}{
		{"public", clustertest.Pod("ns", "p", "r.example.com/free", "r.example.com/free@"+digest("a")),
			clustertest.Account("ns"), "", "", "", "r.example.com :"},
		{"pod's secret", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "good"),
			clustertest.Account("ns"), "", "", "", "r.example.com u:secret"},
		{"account's secret", clustertest.Pod("ns", "p", "r.example.com/app:1", app), clustertest.Account("ns", "good"), "",
			"", "", "r.example.com u:secret"},
		{"old form", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "legacy"),
			clustertest.Account("ns"), "", "", "", "r.example.com u:secret"},
		{"the second fits", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "elsewhere",
			"old", "good"), clustertest.Account("ns"), "", "", "", "r.example.com u:old, r.example.com u:secret"},
		{"missing, but another fits", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "lost",
			"good"), clustertest.Account("ns"), "", "", "", "r.example.com u:secret"},
		{"missing", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "lost"),
			clustertest.Account("ns"), "", landwaiter.Denied, "get secrets ns/lost", "r.example.com :"},
		{"forbidden", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "good"),
			clustertest.Account("ns"), "secrets", landwaiter.Denied,
			`get secrets ns/good: not allowed: bind a role with the verb "get" on "secrets" in the namespace ns`,
			"r.example.com :"},
		{"account forbidden", clustertest.Pod("ns", "p", "r.example.com/app:1", app), clustertest.Account("ns", "good"),
			"serviceaccounts", landwaiter.Denied, "serviceaccounts ns/default", "r.example.com :"},
		{"another type", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "opaque"),
			clustertest.Account("ns"), "", landwaiter.Denied, "ns/opaque: a secret of the type", "r.example.com :"},
		{"of another namespace", clustertest.WithSecrets(clustertest.Pod("other", "p", "r.example.com/app:1", app), "good"),
			clustertest.Account("other"), "", landwaiter.Denied, "secrets other/good", "r.example.com :"},
		{"wrong", clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", app), "old"),
			clustertest.Account("ns"), "", landwaiter.Denied, "the registry denies access",
			"r.example.com u:old, r.example.com :"},
		{"known to the node by another repository",
			clustertest.WithSecrets(clustertest.Pod("ns", "p", "r.example.com/app:1", "mirror.example.com/app@"+digest("a")),
				"good"), clustertest.Account("ns"), "", "", "", "mirror.example.com :, r.example.com u:secret"},
		{"loaded", clustertest.Pod("ns", "p", "app:1", digest("a")), clustertest.Account("ns"), "", landwaiter.Unsupported,
			"add the node's containerd or Docker as a source", ""},
		{"registry on the node", clustertest.Pod("ns", "p", "localhost:5000/app:1", "localhost:5000/app@"+digest("a")),
			clustertest.Account("ns"), "", landwaiter.Denied, "on the node itself", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := clustertest.New(t, c.pod, c.account, legacy, opaque,
				clustertest.PullSecret("ns", "good", "https://r.example.com/v1/", "u", "secret"),
				clustertest.PullSecret("ns", "old", "r.example.com", "u", "old"),
				clustertest.PullSecret("ns", "elsewhere", "evil.example.com", "u", "x"))
			if c.forbid != "" {
				k.Forbid("get", c.forbid)
			}
			r := &registries{private: "r.example.com/app", password: "secret", public: "r.example.com/free"}
			s := open(t, k, kubernetes.Config{}, r.registry)
			list := refs(t, s)
			im, err := s.Open(t.Context(), list[0].Locator)
			if landwaiter.KindOf(err) != c.kind {
				t.Fatalf("%v (%s), want %q", err, landwaiter.KindOf(err), c.kind)
			}
			if err == nil && !slices.Equal(im.Describe().Names, list[0].Names) {
				t.Errorf("names %q", im.Describe().Names)
			}
			if err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%q does not say %q", err, c.words)
			}
			if got := strings.Join(r.logins, ", "); got != c.logins {
				t.Errorf("logins %q, want %q", got, c.logins)
			}
			if s.Close(); r.open != 0 {
				t.Errorf("%d registries left open", r.open)
			}
		})
	}
}

// TestOpenWithoutList: a process that has not listed opens by what the pods
// say now, and reads them once for many images.
func TestOpenWithoutList(t *testing.T) {
	k := clustertest.New(
		t,
		clustertest.Account("ns"),
		clustertest.Pod("ns", "p", "r.example.com/free:1", "r.example.com/free@"+digest("a"), "r.example.com/free:2",
			"r.example.com/free@"+digest("b")),
	)
	r := &registries{public: "r.example.com/free"}
	s := open(t, k, kubernetes.Config{}, r.registry)
	for range 3 {
		for _, d := range []string{"a", "b"} {
			if _, err := s.Open(t.Context(), "r.example.com/free@"+digest(d)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Open(t.Context(), "r.example.com/free@"+digest("c")); landwaiter.KindOf(err) != landwaiter.NotFound {
			t.Fatalf("an image that no pod runs: %v", err)
		}
	}
	lists := 0
	for _, path := range k.Requests() {
		if path == "/api/v1/pods" {
			lists++
		}
	}
	if lists != 1 || len(r.logins) != 1 {
		t.Errorf("%d lists, logins %q", lists, r.logins)
	}
}

// TestOpenManyLogins: a secret cannot make us try passwords without end, and
// registries do not stay open without end.
func TestOpenManyLogins(t *testing.T) {
	app := "r.example.com/app@" + digest("a")
	p := clustertest.Pod("ns", "p", "r.example.com/app:1", app)
	k := clustertest.New(t, clustertest.Account("ns"), p)
	r := &registries{private: "r.example.com/app", password: "secret"}
	s := open(t, k, kubernetes.Config{}, r.registry)
	for round := range 20 {
		auths := map[string]any{}
		for i := range 100 {
			auths[fmt.Sprintf("r.example.com%s", strings.Repeat("/", i))] = map[string]string{
				"username": "u",
				"password": fmt.Sprint(round, i),
			}
		}
		raw, _ := json.Marshal(auths)
		secret := clustertest.PullSecret("ns", "many", "", "", "")
		secret.Type, secret.Data = corev1.SecretTypeDockercfg, map[string][]byte{corev1.DockerConfigKey: raw}
		if err := k.Objects.Update(corev1.SchemeGroupVersion.WithResource("secrets"), secret, "ns"); err != nil {
			if err = k.Objects.Add(secret); err != nil {
				t.Fatal(err)
			}
		}
		clustertest.WithSecrets(p, "many")
		if err := k.Objects.Update(corev1.SchemeGroupVersion.WithResource("pods"), p, "ns"); err != nil {
			t.Fatal(err)
		}
		refs(t, s)
		before := len(r.asked)
		if _, err := s.Open(t.Context(), app); landwaiter.KindOf(err) != landwaiter.Denied {
			t.Fatal(err)
		}
		if got := len(r.asked) - before; got > 32 || got < 2 {
			t.Errorf("%d attempts", got)
		}
	}
	if r.open > 256 {
		t.Errorf("%d registries stay open", r.open)
	}
}

func TestOpenEndsWithContext(t *testing.T) {
	k := clustertest.New(t, clustertest.Pod("ns", "p", "r.example.com/free:1", "r.example.com/free@"+digest("a")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := open(t, k, kubernetes.Config{}, nil)
	if _, err := s.Open(ctx, "r.example.com/free@"+digest("a")); err != context.Canceled {
		t.Errorf("%v", err)
	}
	if err := s.List(t.Context(), func(source.Ref) error { return io.EOF }); err != io.EOF {
		t.Errorf("yield's error: %v", err)
	}
}
