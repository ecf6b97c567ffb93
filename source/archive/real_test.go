package archive_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
	"github.com/landwaiter/landwaiter/source/sourcetest"
)

// openOnly opens the one image of an archive.
func openOnly(t *testing.T, path string) source.Image {
	t.Helper()
	s, err := archive.New(path, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var refs []source.Ref
	if err := s.List(t.Context(), func(r source.Ref) error { refs = append(refs, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(refs) != 1 {
		t.Fatalf("%d images in %s", len(refs), path)
	}
	im, err := s.Open(t.Context(), refs[0].Locator)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { im.Close() })
	return im
}

// TestContract: a directory of a docker-archive and an OCI layout, and each on its own.
func TestContract(t *testing.T) {
	dir := t.TempDir()
	img := imagetest.Image{Names: []string{"app:1", "app:2"}, Layers: []imagetest.Layer{
		imagetest.NewLayer(imagetest.Text("one", "1")), imagetest.NewLayer(imagetest.Text("two", "2")),
	}}
	f, err := os.Create(filepath.Join(dir, "app.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := imagetest.WriteDockerArchive(f, img); err != nil {
		t.Fatal(err)
	}
	if err := imagetest.WriteOCILayout(filepath.Join(dir, "layout"), img); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, f.Name(), filepath.Join(dir, "layout")} {
		options := archive.Options{Spool: t.TempDir()}
		sourcetest.Run(t, func() (source.Source, error) { return archive.New(path, options) })
	}
}

func TestRealImages(t *testing.T) {
	for _, c := range []struct {
		file, id, name string
		layers         int
	}{
		{"alpine-311.tar.gz", "sha256:a187dde48cd289ac374ad8539930628314bc581a481cdb41409c9289419ddb72", "alpine:3.11", 1},
		{"test-docker-image.tar", "sha256:75ae28b8ebf89b203319069ddcbecdf5c3838503bbebc0d0d85e4b8589c5de3a",
			"dive-test:latest", 14},
		{"test-kaniko-image.tar", "sha256:ae16a51058a758c7963b2f9b23d1acfa201ce9cbefc8cb93845f8cd934fb144d",
			"dive-test:kaniko-latest", 14},
	} {
		t.Run(c.file, func(t *testing.T) {
			im := openOnly(t, realtest.Shared(t, "data", "images", c.file))
			about := im.Describe()
			if about.ID != c.id || len(about.Layers) != c.layers || len(about.Names) != 1 || about.Names[0] != c.name {
				t.Errorf("ID %s, %d layers, names %q", about.ID, len(about.Layers), about.Names)
			}
			verify(t, im)
		})
	}
}

// TestOneTreeInFourCompressions: the same files, and the same diffID but for
// estargz, which appends a table of contents to the tar.
func TestOneTreeInFourCompressions(t *testing.T) {
	const diffID = "sha256:356d5e7f4012d87cb1078ac1f480e90528eec4940ce45c50380321436db38758"
	want := []layer.Entry{{Path: []byte("README.md"), Type: tar.TypeReg, Mode: 0o644, Size: 11189}}
	var first landwaiter.PathIndex
	for _, kind := range []string{"gzip", "zstd", "uncompressed", "estargz"} {
		im := openOnly(t, realtest.Shared(t, "data", "images", "test-oci-"+kind+"-image.tar"))
		verify(t, im)
		about := im.Describe()
		if same := about.Layers[0].DiffID == diffID; same == (kind == "estargz") {
			t.Errorf("%s: diffID %s", kind, about.Layers[0].DiffID)
		}
		if about.Architecture != "arm64" || about.Names[0] != "test-oci-"+kind+"-image" {
			t.Errorf("%s: %s, names %q", kind, about.Architecture, about.Names)
		}
		entries, index := walk(t, im)
		if d := cmp.Diff(want, entries); d != "" {
			t.Errorf("%s: entries (-want +got):\n%s", kind, d)
		}
		if first == nil {
			first = index
		}
		if d := cmp.Diff(first, index); d != "" {
			t.Errorf("%s: index differs:\n%s", kind, d)
		}
	}
}

func walk(t *testing.T, im source.Image) ([]layer.Entry, landwaiter.PathIndex) {
	t.Helper()
	blob, err := im.Layer(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	r, err := layer.NewReader(blob, layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var entries []layer.Entry
	for {
		e, err := r.Next()
		if err == io.EOF {
			return entries, r.Index()
		}
		if err != nil {
			t.Fatal(err)
		}
		kept := *e
		kept.Path = bytes.Clone(e.Path)
		entries = append(entries, kept)
	}
}
