package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

// The shape of the fleet: an image has a base, one to three layers of runtimes
// that many images share, and one or two of an application that a few share.
const (
	bases        = 40
	runtimes     = 200
	applications = 2000
	repositories = 500
	layerSize    = 20 << 20 // bytes, as the manifest says
)

// fleet is a registry with the manifests and configurations of n images, but
// without their layers. It responds after the latency, as over a network.
type fleet struct {
	n       int
	addr    string
	latency time.Duration // of each answer, as over a network
	index   map[string]int
	asked   atomic.Int64
}

func newFleet(t *testing.T, n int, latency time.Duration) *fleet {
	f := &fleet{n: n, latency: latency, index: make(map[string]int, n)}
	for i := range n {
		f.index[digest(f.config(i))] = i
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.addr = strings.TrimPrefix(server.URL, "http://")
	return f
}

// ServeHTTP serves /v2/, /v2/NAME/manifests/TAG and the blobs of configurations.
func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	var i int
	switch {
	case r.URL.Path == "/v2/":
		return
	case strings.Contains(r.URL.Path, "/manifests/"):
		time.Sleep(f.latency)
		if _, err := fmt.Sscanf(last, "%d", &i); err != nil || i >= f.n {
			http.NotFound(w, r)
			return
		}
		body := f.manifest(i)
		w.Header().Set("Content-Type", manifestType)
		w.Header().Set("Docker-Content-Digest", digest(body))
		w.Write(body)
	default:
		time.Sleep(f.latency)
		i, ok := f.index[last]
		if !ok {
			http.Error(w, "a layer was requested, although all are known", http.StatusInternalServerError)
			return
		}
		w.Write(f.config(i))
	}
	f.asked.Add(1)
}

func digest(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

// layers returns the numbers of the layers of image i, bottom layer first. Bases
// come first, then runtimes, then applications.
func layers(i int) []int {
	rnd := rand.New(rand.NewPCG(1, uint64(i)))
	list := []int{rnd.IntN(bases)}
	for range 1 + rnd.IntN(3) {
		list = append(list, bases+rnd.IntN(runtimes))
	}
	for range 1 + rnd.IntN(2) {
		list = append(list, bases+runtimes+rnd.IntN(applications))
	}
	return list
}

func diffID(layer int) string { return digest(fmt.Appendf(nil, "layer %d", layer)) }
func blob(layer int) string   { return digest(fmt.Appendf(nil, "blob %d", layer)) }

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

func (f *fleet) config(i int) []byte {
	ids := []string{}
	for _, l := range layers(i) {
		ids = append(ids, diffID(l))
	}
	return encode(map[string]any{
		"created": created(i), "architecture": "amd64", "os": "linux",
		"config": map[string]any{"User": "app", "Labels": map[string]string{"build": fmt.Sprint(i)}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": ids},
	})
}

func created(i int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
}

func (f *fleet) manifest(i int) []byte {
	type descriptor struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
		Size      int    `json:"size"`
	}
	config := f.config(i)
	var blobs []descriptor
	for _, l := range layers(i) {
		blobs = append(blobs, descriptor{layerType, blob(l), layerSize})
	}
	return encode(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": descriptor{configType, digest(config), len(config)},
		"layers": blobs,
	})
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings always encode
	}
	return b
}

// repository returns a name by which a filter can select the first images.
func repository(i, subset int) string {
	if i < subset {
		return fmt.Sprintf("subset/app%d", i%repositories)
	}
	return fmt.Sprintf("other/app%d", i%repositories)
}

// layerReport returns the report of a layer: a distribution with a hundred
// packages, a runtime with ten, an application with twenty.
func layerReport(layer int, analysers []landwaiter.Analyser) *landwaiter.LayerReport {
	rep := &landwaiter.LayerReport{DiffID: diffID(layer), Digest: blob(layer), Size: 3 * layerSize, Files: 2000,
		Took: 500 * time.Millisecond}
	rnd := rand.New(rand.NewPCG(2, uint64(layer)))
	for range 2000 {
		rep.Index = append(rep.Index, rnd.Uint64())
	}
	slices.Sort(rep.Index)
	switch {
	case layer < bases:
		rep.OS = landwaiter.OSRelease{ID: "debian", Version: "12", Name: "Debian GNU/Linux 12 (bookworm)"}
		rep.OSPath = "etc/os-release"
		for k := range 100 {
			name, version := fmt.Sprintf("lib%d", k), fmt.Sprintf("1.%d-%d", layer%5, k)
			rep.Packages = append(rep.Packages, landwaiter.Package{Type: "deb", Name: name, Version: version,
				Arch:       "amd64",
				SourceName: name, SourceVersion: version, Path: "var/lib/dpkg/status"})
		}
	case layer < bases+runtimes:
		rep.Packages = npm(layer, 10)
	default:
		rep.Packages = npm(layer, 20)
	}
	for _, a := range analysers {
		rep.Coverage = append(rep.Coverage, landwaiter.Coverage{Layer: rep.DiffID, Analyser: a.Name,
			State: landwaiter.Scanned})
	}
	return rep
}

func npm(layer, n int) []landwaiter.Package {
	var list []landwaiter.Package
	for k := range n {
		name := fmt.Sprintf("package-%d", k)
		list = append(list, landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: name,
			Version: fmt.Sprintf("%d.%d.0", layer%50, k),
			Path:    fmt.Sprintf("app/%d/node_modules/%s/package.json", layer, name)})
	}
	return list
}

// fill writes the fleet into a store, as a sync would, and the reports of all
// layers.
func (f *fleet) fill(ctx context.Context, s *store.DB, spool string, subset int) error {
	engine, err := analyze.New(analyze.Options{Spool: spool})
	if err != nil {
		return err
	}
	versions := map[string]string{}
	for _, a := range engine.Analysers() {
		versions[a.Name] = a.Version
	}
	for l := range bases + runtimes + applications {
		if err := s.Layers().Save(ctx, layerReport(l, engine.Analysers()), versions); err != nil {
			return err
		}
	}
	config := registry.Config{URL: "http://" + f.addr, Rate: 10_000, Parallel: 64}
	if err := s.Sources().Add(ctx, store.Source{Name: "fleet", Type: "registry", Config: encode(config)}); err != nil {
		return err
	}
	if _, err := s.SQL().ExecContext(ctx,
		"UPDATE source SET sync_started = created_at, synced_at = created_at"); err != nil {
		return err
	}
	return f.fillImages(ctx, s, subset)
}

type (
	imageRow struct {
		bun.BaseModel `bun:"table:image"`
		ID            string `bun:"id,pk"`
		Manifest      string `bun:"manifest_digest"`
		RepoDigests   string
		Created       int64
		Size          int64
		OS            string `bun:"os"`
		Architecture  string
		Variant       string
		Author        string
		Config        string
		FirstSeen     int64
	}
	nameRow struct {
		bun.BaseModel `bun:"table:image_name"`
		ImageID       string
		Name          string
		Source        string
	}
	layerRow struct {
		bun.BaseModel `bun:"table:image_layer"`
		ImageID       string
		Idx           int
		DiffID        string
		Digest        string
		MediaType     string
		Size          int64
	}
	placeRow struct {
		bun.BaseModel `bun:"table:image_place"`
		Source        string
		Locator       string
		ImageID       string
		SeenAt        int64
	}
)

// fillImages writes the rows of the images, a hundred in each transaction, since
// Images.Put uses one for each image.
func (f *fleet) fillImages(ctx context.Context, s *store.DB, subset int) error {
	db := bun.NewDB(s.SQL(), sqlitedialect.New())
	if s.Postgres() {
		db = bun.NewDB(s.SQL(), pgdialect.New())
	}
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for from := 0; from < f.n; from += 100 {
			var images []imageRow
			var names []nameRow
			var list []layerRow
			var places []placeRow
			for i := from; i < min(from+100, f.n); i++ {
				id, name := digest(f.config(i)), fmt.Sprintf("%s/%s:%d", f.addr, repository(i, subset), i)
				manifest := digest(f.manifest(i))
				for k, l := range layers(i) {
					list = append(list, layerRow{ImageID: id, Idx: k, DiffID: diffID(l), Digest: blob(l),
						MediaType: layerType, Size: layerSize})
				}
				images = append(images, imageRow{ID: id, Manifest: manifest, RepoDigests: "[]",
					Created: created(i).UnixMilli(),
					Size:    int64(len(layers(i)) * layerSize), OS: "linux", Architecture: "amd64",
					Config: `{"user":"app"}`, FirstSeen: 1})
				names = append(names, nameRow{ImageID: id, Name: name, Source: "fleet"})
				places = append(places, placeRow{Source: "fleet", Locator: name, ImageID: id, SeenAt: 1})
			}
			for _, rows := range []any{&images, &names, &list, &places} {
				if _, err := tx.NewInsert().Model(rows).Exec(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
