package e2e

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	gcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/landwaiter/landwaiter/imagetest"
)

// gate is a registry that lets some downloads of layers through and keeps the
// others waiting, as long as the client waits: scans that take for ever.
type gate struct {
	addr string
	free atomic.Int64 // downloads still let through
}

// newGate serves images that have one layer each, as repository slow/N, and
// lets the first free downloads through.
func newGate(t testing.TB, images []imagetest.Image, free int) *gate {
	t.Helper()
	g := &gate{}
	g.free.Store(1 << 30)
	var layers []string
	handler := gcr.New(gcr.Logger(log.New(io.Discard, "", 0)))
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		digest := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		if r.Method == http.MethodGet && slices.Contains(layers, digest) && g.free.Add(-1) < 0 {
			select {
			case <-r.Context().Done():
			case <-over:
			}
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		close(over)
		server.Close()
	})
	for i, im := range images {
		if err := imagetest.Push(t.Context(), server.URL, fmt.Sprintf("slow/%d", i), im); err != nil {
			t.Fatal(err)
		}
		layers = append(layers, fmt.Sprintf("sha256:%x", sha256.Sum256(im.Layers[0].Blob())))
	}
	g.free.Store(int64(free))
	g.addr = strings.TrimPrefix(server.URL, "http://")
	return g
}

// herd are n small images that differ, with a vulnerable package each.
func herd(n int) []imagetest.Image {
	images := make([]imagetest.Image, n)
	for i := range images {
		name := fmt.Sprintf("herd-%d", i)
		images[i] = imagetest.Image{
			Names: []string{fmt.Sprintf("herd/%d:1", i)},
			Layers: []imagetest.Layer{imagetest.NewLayer(
				imagetest.Text("app/node_modules/fleet-template/package.json",
					`{"name":"fleet-template","version":"1.2.0"}`),
				imagetest.Text("app/node_modules/"+name+"/package.json", `{"name":"`+name+`","version":"1.0.0"}`),
			)},
		}
	}
	return images
}
