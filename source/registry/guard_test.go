package registry

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
	"github.com/landwaiter/landwaiter/imagetest"
)

// journal notes who was sent credentials.
type journal struct {
	mu   sync.Mutex
	seen []string
}

// note wraps all hosts of a network.
func (j *journal) note(n fakeNet) fakeNet {
	out := fakeNet{}
	for origin, h := range n {
		out[origin] = func(w http.ResponseWriter, r *http.Request) {
			scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			j.mu.Lock()
			if line := origin + " " + scheme; scheme != "" && !slices.Contains(j.seen, line) {
				j.seen = append(j.seen, line)
			}
			j.mu.Unlock()
			h(w, r)
		}
	}
	return out
}

// challenging wants a bearer token of the realm.
func challenging(realm string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer good" {
			next(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm=%q,service="x"`, realm))
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func tokens(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"token":"good"}`) }

// withTokens is its own token server.
func withTokens(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			tokens(w, r)
			return
		}
		next(w, r)
	}
}

// redirecting sends requests for a part of a path to the same path elsewhere.
func redirecting(part, to string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, part) {
			http.Redirect(w, r, to+r.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		next(w, r)
	}
}

// TestCredentialsStay: who gets a password or a token, of all that a registry
// may lead to.
func TestCredentialsStay(t *testing.T) {
	const good, plain, evil = "https://" + registryHost, "http://" + registryHost, "https://evil.example.net"
	app := filled(t, map[string]imagetest.Image{"app": testImage("app:1")})
	for _, c := range []struct {
		name  string
		plain bool
		net   fakeNet
		seen  []string
		want  landwaiter.ErrorKind
	}{
		{"token server elsewhere", false,
			fakeNet{good: challenging("https://auth.example.com/token", app), "https://auth.example.com": tokens},
			[]string{"https://auth.example.com Basic", good + " Bearer"}, ""},
		{"token server by plain HTTP", false,
			fakeNet{good: challenging("http://evil.example.net/token", app), "http://evil.example.net": tokens},
			nil, landwaiter.Denied},
		{"token server by plain HTTP, registry too", true,
			fakeNet{plain: challenging("http://evil.example.net/token", app), "http://evil.example.net": tokens},
			nil, landwaiter.Denied},
		{"own token server by allowed plain HTTP", true,
			fakeNet{plain: withTokens(challenging(plain+"/token", app))},
			[]string{plain + " Basic", plain + " Bearer"}, ""},
		{"token server is the metadata service", false,
			fakeNet{good: challenging("https://169.254.169.254/token", app), "https://169.254.169.254": tokens},
			nil, landwaiter.Denied},
		{"token server is this machine", false,
			fakeNet{good: challenging("https://localhost/token", app), "https://localhost": tokens},
			nil, landwaiter.Denied},
		{"token server that redirects", false,
			fakeNet{good: challenging("https://auth.example.com/token", app), evil: tokens,
				"https://auth.example.com": redirecting("/token", evil, nil)},
			[]string{"https://auth.example.com Basic", good + " Bearer"}, ""},
		{"greeting of another registry", false,
			fakeNet{good: redirecting("/v2/", evil, nil), evil: challenging(evil+"/token", app)},
			nil, landwaiter.Denied},
		{"layers in a storage", false,
			fakeNet{good: challenging("https://auth.example.com/token",
				redirecting("/blobs/", "https://storage.example.net", app)),
				"https://auth.example.com": tokens, "https://storage.example.net": app},
			[]string{"https://auth.example.com Basic", good + " Bearer"}, ""},
		{"layers in a storage that asks for a password", false,
			fakeNet{good: challenging("https://auth.example.com/token", redirecting("/blobs/", evil, app)),
				"https://auth.example.com": tokens,
				evil: func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
					w.WriteHeader(http.StatusUnauthorized)
				}},
			[]string{"https://auth.example.com Basic", good + " Bearer"}, landwaiter.Denied},
		{"layers behind plain HTTP", false,
			fakeNet{good: redirecting("/blobs/", "http://storage.example.net", app), "http://storage.example.net": app},
			[]string{good + " Basic"}, landwaiter.Denied},
		{"layers in a subdomain", false,
			fakeNet{good: withTokens(challenging(good+"/token", redirecting("/blobs/", "https://cdn."+registryHost, app))),
				"https://cdn." + registryHost: app},
			[]string{good + " Basic", good + " Bearer"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var j journal
			src := j.note(c.net).on(t, Config{URL: registryHost, Username: "me", Password: "secret", PlainHTTP: c.plain})
			im, err := src.Open(t.Context(), registryHost+"/app:1")
			if err == nil {
				verify(t, im)
			}
			if landwaiter.KindOf(err) != c.want || (err != nil && strings.Contains(err.Error(), "secret")) {
				t.Errorf("error %v (%s), want %q", err, landwaiter.KindOf(err), c.want)
			}
			if d := cmp.Diff(c.seen, j.seen); d != "" {
				t.Errorf("credentials (-want +got):\n%s", d)
			}
		})
	}
}

// TestLookAlikeHost: stored credentials go to the very host they are for.
func TestLookAlikeHost(t *testing.T) {
	const cloud = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
	app := filled(t, map[string]imagetest.Image{"app": testImage("app:1")})
	config := fmt.Sprintf(`{"auths":{%q:{"auth":"bWU6c2VjcmV0"}}}`, cloud)
	if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		cloud:                       true,
		cloud + ".evil.example.net": false,
		"evil-" + cloud:             false,
		strings.ToUpper(cloud[:3]) + "x" + cloud[3:]: false,
		cloud + ":8443": false,
	} {
		var j journal
		src := j.note(fakeNet{"https://" + host: app}).on(t, Config{URL: host})
		if _, err := src.Open(t.Context(), host+"/app:1"); err != nil {
			t.Fatal(err)
		}
		if got := len(j.seen) > 0; got != want {
			t.Errorf("%s: credentials sent: %t, want %t", host, got, want)
		}
	}
}

// TestGuardMarksOthers: all but the registry must not be on this machine, and
// the connection says so.
func TestGuardMarksOthers(t *testing.T) {
	for _, v := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(v, "")
	}
	for _, c := range []struct {
		registry string
		named    dialguard.Who
		url      string
		want     dialguard.Who
	}{
		{registryHost, dialguard.Operator, "https://" + registryHost + "/v2/", dialguard.Operator},
		{registryHost, dialguard.Operator, "https://storage.example.net/v2/", dialguard.Stranger},
		{"127.0.0.1:5000", dialguard.Operator, "https://storage.example.net/v2/", dialguard.Operator},
		{registryHost, dialguard.Stranger, "https://" + registryHost + "/v2/", dialguard.Stranger},
		{registryHost, dialguard.Stranger, "https://storage.example.net/v2/", dialguard.Stranger},
	} {
		g := newGuard(c.registry, c.named, false, nil)
		g.next = roundTripper(func(req *http.Request) (*http.Response, error) {
			if got := dialguard.From(req.Context()); got != c.want {
				t.Errorf("%s of %s: named by %d, want %d", c.url, c.registry, got, c.want)
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.RoundTrip(req); err != nil {
			t.Error(err)
		}
	}
}

// TestRealmsAreBounded: a registry that names a new token server each time.
func TestRealmsAreBounded(t *testing.T) {
	g := newGuard(registryHost, dialguard.Operator, false, nil)
	for i := range 100 {
		g.learnRealms(http.Header{"Www-Authenticate": {fmt.Sprintf(`Bearer realm="https://a%d.example.com/t"`, i)}})
	}
	if len(g.realms) != maxRealms {
		t.Errorf("%d realms", len(g.realms))
	}
}
