package registry

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/landwaiter/landwaiter/imagetest"
)

const registryHost = "registry.example.com"

// fakeNet is a network without wires: handlers by "scheme://host". A handler
// panics with an error to break the connection with it.
type fakeNet map[string]http.HandlerFunc

func (n fakeNet) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	h := n[req.URL.Scheme+"://"+req.URL.Host]
	if h == nil {
		return nil, fmt.Errorf("no host at %s", req.URL)
	}
	defer func() {
		if broken, ok := recover().(error); ok {
			resp, err = nil, broken
		}
	}()
	rec := httptest.NewRecorder()
	h(rec, req)
	resp = rec.Result()
	resp.Request = req
	return resp, nil
}

// on opens a source in the network.
func (n fakeNet) on(t *testing.T, c Config) *Source {
	t.Helper()
	src, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	src.guard.next = n
	return src
}

// filled is a registry with images, without a network.
func filled(t *testing.T, images map[string]imagetest.Image) http.HandlerFunc {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	handler := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewServer(handler)
	defer s.Close()
	for repository, im := range images {
		push(t, s, repository, im)
	}
	return handler.ServeHTTP
}
