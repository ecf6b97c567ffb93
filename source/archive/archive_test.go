package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
)

func testImage(names ...string) imagetest.Image {
	return imagetest.Image{Names: names, Layers: []imagetest.Layer{
		imagetest.NewLayer(imagetest.Text("etc/os-release", "ID=x")),
		{Files: []imagetest.File{imagetest.Text("app", "1")}, Compression: imagetest.Uncompressed},
	}}
}

// write writes a file and returns its path.
func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func dockerArchive(t testing.TB, images ...imagetest.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := imagetest.WriteDockerArchive(&b, images...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func ociArchive(t testing.TB, images ...imagetest.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := imagetest.WriteOCIArchive(&b, images...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t *testing.T, data []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

// images opens everything at path, verifies all layers, and returns what the
// images say, by locator.
func images(t *testing.T, path string, o archive.Options) (map[string]landwaiter.Image, error) {
	t.Helper()
	s, err := archive.New(path, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var refs []source.Ref
	if err := s.List(t.Context(), func(r source.Ref) error { refs = append(refs, r); return nil }); err != nil {
		return nil, err
	}
	out := map[string]landwaiter.Image{}
	for _, r := range refs {
		im, err := s.Open(t.Context(), r.Locator)
		if err != nil {
			return nil, err
		}
		if d := cmp.Diff(r.Names, im.Describe().Names); d != "" {
			t.Errorf("names in List and Describe differ:\n%s", d)
		}
		verify(t, im)
		out[r.Locator] = im.Describe()
		if err := im.Close(); err != nil {
			t.Error(err)
		}
	}
	return out, nil
}

// verify reads all layers and compares their digests with the description.
func verify(t *testing.T, im source.Image) {
	t.Helper()
	for i, l := range im.Describe().Layers {
		blob, err := im.Layer(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		r, err := layer.NewReader(blob, layer.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := r.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if sum.DiffID != l.DiffID || (l.Digest != "" && sum.Digest != l.Digest) || sum.Compressed != l.Size {
			t.Errorf("layer %d is %+v, described as %+v", i, sum, l)
		}
		r.Close()
		blob.Close()
	}
}

func TestEveryFormat(t *testing.T) {
	one, two := testImage("app:1", "app:latest"), testImage("other:2")
	two.Architecture = "arm64"
	dir := t.TempDir()
	if err := imagetest.WriteOCILayout(filepath.Join(dir, "layout"), one, two); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		oci        bool
	}{
		{"docker-archive", write(t, dir+"/d.tar", dockerArchive(t, one, two)), false},
		{"docker-archive, gzip", write(t, dir+"/d.tar.gz", gzipped(t, dockerArchive(t, one, two))), false},
		{"docker-archive, zstd, any name", write(t, dir+"/d", zstandard(t, dockerArchive(t, one, two))), false},
		{"OCI layout", dir + "/layout", true},
		{"OCI archive", write(t, dir+"/o.tar", ociArchive(t, one, two)), true},
		{"OCI archive, gzip", write(t, dir+"/o.tgz", gzipped(t, ociArchive(t, one, two))), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			spool := t.TempDir()
			got, err := images(t, c.path, archive.Options{Spool: spool})
			if err != nil {
				t.Fatal(err)
			}
			var ids, names, manifests []string
			for _, want := range []imagetest.Image{one, two} {
				digest := want.ID()
				if c.oci {
					digest = want.ManifestDigest()
				}
				im := got[filepath.Base(c.path)+"#"+digest]
				if c.name == "OCI layout" {
					im = got[".#"+digest]
				}
				ids, names, manifests = append(ids, im.ID), append(names, im.Names...), append(manifests, im.ManifestDigest)
			}
			if d := cmp.Diff([]string{one.ID(), two.ID()}, ids); d != "" {
				t.Errorf("IDs (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]string{"app:1", "app:latest", "other:2"}, names); d != "" {
				t.Errorf("names (-want +got):\n%s", d)
			}
			if c.oci && manifests[0] != one.ManifestDigest() {
				t.Errorf("manifest digests %q", manifests)
			}
			if left, _ := os.ReadDir(spool); len(left) > 0 {
				t.Errorf("left in the spool: %v", left)
			}
		})
	}
}

func TestNamesOfTheNameless(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		path, want string
		data       []byte
	}{
		{"my-app.tar", "my-app", dockerArchive(t, testImage())},
		{"my-app_1.2.tar.gz", "my-app_1.2", gzipped(t, dockerArchive(t, testImage()))},
		{"oci.tgz", "oci", gzipped(t, ociArchive(t, testImage()))},
		{"tagged.tar", "tagged:v1", ociArchive(t, testImage("v1"))},
		{"evil.tar", "evil", dockerArchive(t, testImage("\x1b[2J"))},
	} {
		got, err := images(t, write(t, filepath.Join(dir, c.path), c.data), archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range got {
			if d := cmp.Diff([]string{c.want}, im.Names); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.path, d)
			}
		}
	}
}

func TestDirectoryOfMany(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.tar", dockerArchive(t, testImage("a:1")))
	write(t, dir+"/sub/b.tar.gz", gzipped(t, ociArchive(t, testImage("b:1"))))
	write(t, dir+"/sub/noimage.tar",
		imagetest.Layer{Files: []imagetest.File{imagetest.Text("x", "")}, Compression: imagetest.Uncompressed}.Blob())
	write(t, dir+"/sub/broken.tgz", []byte("not gzip"))
	write(t, dir+"/README", []byte("not looked at"))
	if err := imagetest.WriteOCILayout(dir+"/layout", testImage("c:1")); err != nil {
		t.Fatal(err)
	}
	outside := write(t, t.TempDir()+"/secret.tar", dockerArchive(t, testImage("secret:1")))
	if err := os.Symlink(outside, dir+"/escape.tar"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.tar", dir+"/inside.tar"); err != nil {
		t.Fatal(err)
	}
	skipped := map[string]landwaiter.ErrorKind{}
	got, err := images(t, dir, archive.Options{Skipped: func(p string, err error) { skipped[p] = landwaiter.KindOf(err) }})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, want := range []string{"a.tar#" + testImage().ID(), "inside.tar#" + testImage().ID(),
		"layout#" + testImage().ManifestDigest(), "sub/b.tar.gz#" + testImage().ManifestDigest()} {
		names = append(names, got[want].Names...)
	}
	if d := cmp.Diff([]string{"a:1", "a:1", "c:1", "b:1"}, names); d != "" || len(got) != 4 {
		t.Errorf("%d images; names (-want +got):\n%s", len(got), d)
	}
	want := map[string]landwaiter.ErrorKind{
		"escape.tar": landwaiter.NotFound, "sub/noimage.tar": landwaiter.Unsupported, "sub/broken.tgz": landwaiter.Corrupt,
	}
	if d := cmp.Diff(want, skipped); d != "" {
		t.Errorf("skipped (-want +got):\n%s", d)
	}
}

func TestPlatform(t *testing.T) {
	arm := testImage()
	arm.Architecture = "arm64"
	im := testImage("multi:1")
	im.Others = []imagetest.Image{arm}
	path := write(t, t.TempDir()+"/multi.tar", ociArchive(t, im))
	for platform, want := range map[source.Platform]string{
		{}:                                   im.ID(),
		{OS: "linux", Architecture: "arm64"}: arm.ID(),
	} {
		got, err := images(t, path, archive.Options{Platform: platform})
		if err != nil || len(got) != 1 {
			t.Fatalf("%d images, %v", len(got), err)
		}
		for _, g := range got {
			if g.ID != want {
				t.Errorf("%s: image %s, want %s", platform, g.ID, want)
			}
		}
	}
	_, err := images(t, path, archive.Options{Platform: source.Platform{OS: "plan9", Architecture: "mips"}})
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("error %v, want NotFound", err)
	}
}

// TestImageOutlivesItsSource: images hold their archive open by themselves.
func TestImageOutlivesItsSource(t *testing.T) {
	path := write(t, t.TempDir()+"/a.tgz", gzipped(t, dockerArchive(t, testImage("a:1"))))
	s, err := archive.New(path, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	locator := "a.tgz#" + testImage().ID()
	one, err := s.Open(t.Context(), locator)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Open(t.Context(), locator)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	one.Close()
	one.Close() // twice is once
	verify(t, two)
	two.Close()
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir+"/a.tar", dockerArchive(t, testImage("a:1")))
	if _, err := archive.New(dir+"/none", archive.Options{}); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("missing path: %v", err)
	}
	s, err := archive.New(path, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for locator, want := range map[string]landwaiter.ErrorKind{
		"a.tar":             landwaiter.Invalid,
		"a.tar#sha256:gone": landwaiter.NotFound,
		"none.tar#x":        landwaiter.NotFound,
		"../a.tar#x":        landwaiter.NotFound,
	} {
		if _, err := s.Open(t.Context(), locator); landwaiter.KindOf(err) != want {
			t.Errorf("Open(%q) = %v (%s), want %s", locator, err, landwaiter.KindOf(err), want)
		}
	}
	stop := errors.New("stop")
	if err := s.List(t.Context(), func(source.Ref) error { return stop }); err != stop {
		t.Errorf("List = %v, want the error of yield", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.List(canceled, func(source.Ref) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("List with an ended context = %v", err)
	}
	im, err := s.Open(t.Context(), "a.tar#"+testImage().ID())
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	if _, err := im.Layer(t.Context(), 2); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("layer 2 of 2: %v", err)
	}
	r, err := im.Layer(canceled, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("read with an ended context = %v", err)
	}
}
