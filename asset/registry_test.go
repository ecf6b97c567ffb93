package asset_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

// TestSyncPullsOnlyWhatChanged syncs a registry again: images whose tags mean
// the same as before are not pulled, and a tag that moved is.
func TestSyncPullsOnlyWhatChanged(t *testing.T) {
	addr := realtest.Registry(t, "me", "secret")
	host, pulls := countPulls(t, addr, func(r *http.Response) bool {
		return r.Request.Method == http.MethodGet && strings.Contains(r.Request.URL.Path, "/manifests/")
	})
	v, _ := newInventory(t)
	config, err := json.Marshal(registry.Config{URL: "http://" + host, Username: "me", Password: "secret", Rate: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.db.Sources().Add(t.Context(),
		store.Source{Name: "hub", Type: asset.TypeRegistry, Config: config}); err != nil {
		t.Fatal(err)
	}
	push := func(content string, names ...string) imagetest.Image {
		img := image(content, names...)
		if err := imagetest.Push(t.Context(), "http://me:secret@"+addr, "shop/web", img); err != nil {
			t.Fatal(err)
		}
		return img
	}
	push("old", "web:1", "web:2")
	push("base", "web:3")
	for _, want := range []int64{3, 0} {
		pulls.Store(0)
		res, err := v.Sync(t.Context(), "hub", nil)
		if err != nil || res.Images != 3 || len(res.Failed) > 0 || pulls.Load() != want {
			t.Fatalf("sync: %+v, %v; %d manifests pulled, want %d", res, err, pulls.Load(), want)
		}
	}
	moved := push("new", "web:2")
	pulls.Store(0)
	if _, err := v.Sync(t.Context(), "hub", nil); err != nil || pulls.Load() != 1 {
		t.Fatalf("sync after a tag moved: %v; %d manifests pulled, want 1", err, pulls.Load())
	}
	places, err := v.db.Images().Places(t.Context(), moved.ID())
	if err != nil || len(places) != 1 || !strings.HasSuffix(places[0].Locator, "shop/web:2") {
		t.Fatalf("the tag's new image is at %+v, %v", places, err)
	}
}
