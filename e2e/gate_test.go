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

// gate is a registry that serves some downloads of layers and blocks the others
// until the client gives up, so that their scans never end.
type gate struct {
	addr string
	free atomic.Int64 // downloads still let through
}

// newGate serves images with one layer each, as repositories slow/N, and serves
// the first free downloads of layers.
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

// herd returns n small, different images with one vulnerable package each.
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
