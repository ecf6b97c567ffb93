package asset_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/containerd"
	"github.com/landwaiter/landwaiter/store"
)

// TestContainerd syncs a real containerd, and reads a layer that it threw away
// from an archive of the same image.
func TestContainerd(t *testing.T) {
	socket := realtest.Containerd(t)
	const name = "docker.io/shop/web:1"
	img := imagetest.Image{Names: []string{name}, Layers: []imagetest.Layer{
		imagetest.NewLayer(imagetest.Text("one", "1")), imagetest.NewLayer(imagetest.Text("two", "2")),
	}}
	v, dir := newInventory(t)
	t.Cleanup(func() { v.Close() })
	archive := filepath.Join(dir, "web.tar")
	writeOCI(t, archive, img)
	ctr(t, socket, "images", "import", "--no-unpack", archive)
	ctr(t, socket, "containers", "create", "--snapshotter=native", name, "idle", "/none")
	config, err := json.Marshal(containerd.Config{Address: socket, HostName: "node1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.db.Sources().Add(t.Context(),
		store.Source{Name: "node", Type: asset.TypeContainerd, Config: config}); err != nil {
		t.Fatal(err)
	}
	sync(t, v, 1) // the archive, whose place is older than containerd's
	for range 2 {
		if res, err := v.Sync(t.Context(), "node", nil); err != nil || res.Images != 1 || len(res.Failed) > 0 {
			t.Fatalf("sync: %+v, %v", res, err)
		}
		checkEngine(t, v, img)
	}
	places, err := v.db.Images().Places(t.Context(), img.ID())
	if err != nil || len(places) != 2 || places[0].Source != "node" {
		t.Fatalf("places %+v, %v; want containerd first", places, err)
	}
	for i := range img.Layers {
		readLayer(t, v, img, i)
	}
	ctr(t, socket, "content", "delete", source.Digest(img.Layers[0].Blob()))
	for i := range img.Layers {
		readLayer(t, v, img, i)
	}
	checkWithoutArchive(t, v, img, archive)
}

// checkWithoutArchive: the layer really came from the archive, and without it
// the others can be read.
func checkWithoutArchive(t *testing.T, v testInventory, img imagetest.Image, archive string) {
	t.Helper()
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	opened, err := v.OpenImage(t.Context(), img.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if _, err := opened.Layer(t.Context(), 0); landwaiter.KindOf(err) != landwaiter.NotFound ||
		!strings.Contains(err.Error(), "discard_unpacked_layers") {
		t.Errorf("a layer that is nowhere: %v (%s)", err, landwaiter.KindOf(err))
	}
	readLayer(t, v, img, 1)
}

// checkEngine: the host and its one container are known, with their image.
func checkEngine(t *testing.T, v testInventory, img imagetest.Image) {
	t.Helper()
	hosts, _, err := v.db.Runtimes().Hosts(t.Context(), store.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(hosts) != 1 || hosts[0].Name != "node1" || !strings.HasPrefix(hosts[0].ContainerEngine, "containerd ") ||
		hosts[0].Images != 1 ||
		hosts[0].Containers != 1 {
		t.Fatalf("hosts %+v", hosts)
	}
	got := containers(t, v)
	for i := range got {
		if got[i].Created.Before(time.Now().Add(-time.Hour)) {
			t.Errorf("container of %s", got[i].Created)
		}
		got[i].Created = time.Time{}
	}
	want := []store.Container{{ID: "default/idle", Name: "idle", ImageID: img.ID(), HostID: hosts[0].ID, State: "created"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("containers (-want +got):\n%s", d)
	}
}

func writeOCI(t *testing.T, path string, img imagetest.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := imagetest.WriteOCIArchive(f, img); err != nil {
		t.Fatal(err)
	}
}

// ctr runs containerd's own command in its default namespace.
func ctr(t *testing.T, socket string, args ...string) {
	t.Helper()
	if out, err := realtest.Ctr(t, socket, "default", args...); err != nil {
		t.Fatalf("ctr %q: %v\n%s", args, err, out)
	}
}
