package asset_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/store"
)

// testInventory is an inventory with the whole store behind it.
type testInventory struct {
	*asset.Inventory
	db *store.DB
}

func newInventory(t *testing.T) (testInventory, string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Clock: distinctTimes()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	dir := t.TempDir()
	config, err := json.Marshal(asset.ArchiveConfig{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sources().Add(t.Context(),
		store.Source{Name: "dir", Type: asset.TypeArchive, Config: config}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	return testInventory{&asset.Inventory{Store: asset.StoreOf(s), Spool: t.TempDir(), Log: log}, s}, dir
}

// distinctTimes returns a clock that never shows the same millisecond twice.
// The store dates places to the millisecond and opens the newest first.
func distinctTimes() func() time.Time {
	var calls atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(calls.Add(1)) * time.Millisecond) }
}

func image(content string, names ...string) imagetest.Image {
	return imagetest.Image{Names: names, Layers: []imagetest.Layer{imagetest.NewLayer(imagetest.Text("f", content))}}
}

func write(t *testing.T, path string, img imagetest.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := imagetest.WriteDockerArchive(f, img); err != nil {
		t.Fatal(err)
	}
}

func sync(t *testing.T, v testInventory, want int) {
	t.Helper()
	calls := 0
	res, err := v.Sync(t.Context(), "dir", func(int) { calls++ })
	if err != nil || res.Images != want || len(res.Failed) != 0 || calls != want {
		t.Fatalf("sync: %+v, %v, %d progress calls; want %d images", res, err, calls, want)
	}
}

func TestSyncFollowsTheSource(t *testing.T) {
	v, dir := newInventory(t)
	one, two := image("1", "shop/web:1"), image("2")
	write(t, filepath.Join(dir, "one.tar"), one)
	write(t, filepath.Join(dir, "two.tar"), two)
	if err := os.WriteFile(filepath.Join(dir, "junk.tar"), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	sync(t, v, 2)
	img, err := v.db.Images().Get(t.Context(), two.ID())
	if err != nil || len(img.Names) != 1 || img.Names[0] != "two" {
		t.Fatalf("an archive without tags is named after its file: %+v, %v", img.Names, err)
	}
	opened, err := v.OpenImage(t.Context(), one.ID())
	if err != nil || opened.Describe().ID != one.ID() {
		t.Fatalf("open: %v", err)
	}
	opened.Close()

	// One vanishes: its row stays, but it cannot be opened any more.
	if err := os.Remove(filepath.Join(dir, "one.tar")); err != nil {
		t.Fatal(err)
	}
	sync(t, v, 1)
	if _, err := v.db.Images().Get(t.Context(), one.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := v.OpenImage(t.Context(), one.ID()); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Fatalf("open of a vanished image: %v", err)
	}
}

func TestOpenImageNoticesAnotherImage(t *testing.T) {
	v, dir := newInventory(t)
	old := image("old", "app:1")
	write(t, filepath.Join(dir, "app.tar"), old)
	sync(t, v, 1)
	write(t, filepath.Join(dir, "app.tar"), image("new", "app:1"))
	if _, err := v.OpenImage(t.Context(), old.ID()); err == nil {
		t.Fatal("the image that took the place of another was opened in its name")
	}
}

func TestSyncOfASourceThatFails(t *testing.T) {
	v, dir := newInventory(t)
	write(t, filepath.Join(dir, "one.tar"), image("1"))
	sync(t, v, 1)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Sync(t.Context(), "dir", nil); err == nil {
		t.Fatal("a source that is gone was synced")
	}
	list, err := v.db.Sources().List(t.Context())
	if err != nil || list[0].Images != 1 || list[0].Error == "" {
		t.Fatalf("after a failed sync: %+v, %v; want the image kept and the error reported", list, err)
	}
	if _, err := v.Sync(t.Context(), "nope", nil); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Fatalf("sync of an unknown source: %v", err)
	}
}

func TestWatchPicksUpNewSources(t *testing.T) {
	v, dir := newInventory(t)
	write(t, filepath.Join(dir, "one.tar"), image("1"))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.Watch(ctx, time.Hour)
	}()
	deadline := time.Now().Add(30 * time.Second)
	for {
		list, err := v.db.Sources().List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if list[0].Images == 1 && !list[0].Synced.IsZero() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the new source was not read: %+v", list)
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-done
}
