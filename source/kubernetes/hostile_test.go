package kubernetes_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

// TestHostileServer: a server that answers what no API server does costs a
// bounded amount and ends in an error with a kind.
func TestHostileServer(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		kind   landwaiter.ErrorKind
	}{
		{"another service", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, landwaiter.Corrupt},
		{"one more page for ever", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"metadata":{"continue":"x"},"items":[]}`)
		}, landwaiter.TooLarge},
		{"empty pods", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"items":[{}]}`) },
			landwaiter.Corrupt},
		{"more pods than a cluster has", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"items":[%s{}]}`, strings.Repeat(`{"metadata":{"name":"x"}},`, 200_001))
		}, landwaiter.TooLarge},
		{"a page without end", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"x":"`)
			for chunk := strings.Repeat("x", 1<<20); ; {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}, landwaiter.TooLarge},
		{"an error without end", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			for chunk := strings.Repeat("x", 1<<20); ; {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}, landwaiter.TooLarge},
		{"wrong types", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"items":[{"metadata":[]}]}`) },
			landwaiter.Corrupt},
		{"broken time", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"items":[{"metadata":{"name":"p","creationTimestamp":"tomorrow"}}]}`)
		}, landwaiter.Corrupt},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"items":[`)
		}, landwaiter.Unavailable},
		{"busy for ever", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}, landwaiter.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(c.answer))
			defer server.Close()
			s, err := kubernetes.New(kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server.URL, "", "")}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.List(t.Context(), func(source.Ref) error { return nil }); landwaiter.KindOf(err) != c.kind {
				t.Errorf("%.300v (%s), want %s", err, landwaiter.KindOf(err), c.kind)
			}
		})
	}
}

// TestRedirect: the token does not follow a redirect to another host.
func TestRedirect(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer server.Close()
	s, err := kubernetes.New(kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server.URL, "", "")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.List(t.Context(), func(source.Ref) error { return nil }); landwaiter.KindOf(
		err,
	) != landwaiter.Unavailable {
		t.Errorf("redirect: %v", err)
	}
	if asked != 0 {
		t.Errorf("%d requests at the other host", asked)
	}
}
