package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
)

// tarOf is a plain tar of files.
func tarOf(files ...imagetest.File) []byte {
	return imagetest.Layer{Files: files, Compression: imagetest.Uncompressed}.Blob()
}

func manifestJSON(config, layers string) imagetest.File {
	return imagetest.Text("manifest.json", fmt.Sprintf(`[{"Config":%q,"RepoTags":["x:1"],"Layers":%s}]`, config, layers))
}

// TestLayerLinks: podman stores equal layers as links between directories.
func TestLayerLinks(t *testing.T) {
	im := testImage()
	im.Layers = append(im.Layers, im.Layers[1])
	data := tarOf(imagetest.Text("abc/layer.tar", string(im.Layers[0].Tar())),
		imagetest.Text("def/layer.tar", string(im.Layers[1].Tar())), imagetest.Symlink("ghi/layer.tar", "../def/layer.tar"),
		imagetest.Text("c.json", string(im.RawConfig())),
		manifestJSON("c.json", `["abc/layer.tar","./def/layer.tar","ghi/layer.tar"]`))
	got, err := images(t, write(t, t.TempDir()+"/podman.tar", data), archive.Options{})
	if err != nil || len(got) != 1 {
		t.Fatalf("%d images, %v", len(got), err)
	}
}

func TestHostileArchives(t *testing.T) {
	im := testImage()
	config := imagetest.Text("c.json", string(im.RawConfig()))
	layer := imagetest.Text("l.tar", string(im.Layers[0].Tar()))
	oci := ociArchive(t, im)
	for _, c := range []struct {
		name string
		data []byte
		want landwaiter.ErrorKind
	}{
		{"empty", nil, landwaiter.Unsupported},
		{"no image", tarOf(layer), landwaiter.Unsupported},
		{"truncated", oci[:len(oci)/2], landwaiter.Corrupt},
		{"truncated gzip", gzipped(t, oci)[:500], landwaiter.Corrupt},
		{"manifest.json is no JSON", tarOf(imagetest.Text("manifest.json", "{")), landwaiter.Corrupt},
		{"manifest.json of 5 MB", tarOf(imagetest.Text("manifest.json", strings.Repeat(" ", 5<<20))), landwaiter.TooLarge},
		{"no config", tarOf(manifestJSON("c.json", `[]`)), landwaiter.NotFound},
		{"config outside", tarOf(manifestJSON("../../../../etc/passwd", `[]`)), landwaiter.NotFound},
		{"config is a link outside", tarOf(imagetest.Symlink("c.json", "/etc/passwd"), manifestJSON("c.json", `[]`)),
			landwaiter.NotFound},
		{"links in a circle", tarOf(imagetest.Symlink("c.json", "d.json"), imagetest.Symlink("d.json", "c.json"),
			manifestJSON("c.json", `[]`)), landwaiter.NotFound},
		{"fewer layers than diff IDs", tarOf(config, layer, manifestJSON("c.json", `["l.tar"]`)), landwaiter.Corrupt},
		{"missing layer", tarOf(config, layer, manifestJSON("c.json", `["l.tar","m.tar"]`)), landwaiter.NotFound},
		{"index.json is a manifest", tarOf(imagetest.Text("index.json", `{"config":{"digest":"`+im.ID()+`"},"layers":[]}`)),
			landwaiter.Corrupt},
		{"index.json points outside", tarOf(imagetest.Text("index.json", `{"manifests":[{"digest":"sha256:../../x"}]}`)),
			landwaiter.Corrupt},
		{"index.json without its blobs", tarOf(imagetest.Text("index.json", `{"manifests":[{"digest":"`+im.ID()+`"}]}`)),
			landwaiter.NotFound},
		{"blob is not what its digest says",
			[]byte(strings.Replace(string(oci), `"architecture":"amd64"`, `"architecture":"evil!"`, 1)), landwaiter.Corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := images(t, write(t, t.TempDir()+"/x.tar", c.data), archive.Options{})
			if landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
		})
	}
}

func TestInflatingIsBounded(t *testing.T) {
	path := write(t, t.TempDir()+"/bomb.tgz", gzipped(t, make([]byte, 2<<20)))
	_, err := images(t, path, archive.Options{MaxInflated: 1 << 20})
	if landwaiter.KindOf(err) != landwaiter.TooLarge {
		t.Errorf("error %v, want TooLarge", err)
	}
	_, err = images(t, path, archive.Options{Spool: t.TempDir() + "/none"})
	if landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Errorf("without a spool: error %v, want Unavailable", err)
	}
}

// TestLayoutLinksStayInside: neither a link nor a pipe in a layout leads out.
func TestLayoutLinksStayInside(t *testing.T) {
	im := testImage()
	for _, c := range []struct {
		name string
		make func(blob string) error
		want landwaiter.ErrorKind
	}{
		{"link outside", func(blob string) error { return os.Symlink("/etc/passwd", blob) }, landwaiter.NotFound},
		{"pipe", func(blob string) error { return syscall.Mkfifo(blob, 0o600) }, landwaiter.NotFound},
	} {
		dir := t.TempDir()
		if err := imagetest.WriteOCILayout(dir, im); err != nil {
			t.Fatal(err)
		}
		blob := filepath.Join(dir, "blobs", "sha256", strings.TrimPrefix(im.ID(), "sha256:"))
		if err := os.Remove(blob); err != nil {
			t.Fatal(err)
		}
		if err := c.make(blob); err != nil {
			t.Fatal(err)
		}
		if _, err := images(t, dir, archive.Options{}); landwaiter.KindOf(err) != c.want {
			t.Errorf("%s: error %v, want %s", c.name, err, c.want)
		}
	}
}

// FuzzOpen: any file is an image or an error.
func FuzzOpen(f *testing.F) {
	f.Add(dockerArchive(f, testImage("a:1")))
	f.Add(ociArchive(f, testImage("a:1")))
	f.Add(tarOf(imagetest.Symlink("manifest.json", "manifest.json")))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := write(t, t.TempDir()+"/x.tar", data)
		s, err := archive.New(path, archive.Options{MaxInflated: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.List(t.Context(), func(r source.Ref) error {
			im, err := s.Open(t.Context(), r.Locator)
			if err != nil {
				return err
			}
			defer im.Close()
			for i := range im.Describe().Layers {
				if blob, err := im.Layer(t.Context(), i); err == nil {
					blob.Close()
				}
			}
			return nil
		})
		if landwaiter.KindOf(err) == landwaiter.Internal {
			t.Errorf("an error without a kind: %v", err)
		}
	})
}

// TestManyOfOne: a manifest.json may name one config, or one image, in
// thousands of ways; what that costs must not be their product.
func TestManyOfOne(t *testing.T) {
	im := testImage()
	im.Layers = im.Layers[:1]
	config := imagetest.Text("c.json", string(im.RawConfig()))
	layer := imagetest.Text("l.tar", string(im.Layers[0].Tar()))
	huge := imagetest.Text("huge.json", strings.Repeat(" ", 4<<20+1))
	entries := []string{`{"Config":"c.json","RepoTags":["x:1"],"Layers":["l.tar"]}`}
	for range 5000 { // 20 GiB if each was read
		entries = append(entries, `{"Config":"huge.json","Layers":[]}`)
	}
	var tags []string
	for i := range 300_000 {
		tags = append(tags, fmt.Sprintf("%q", fmt.Sprint(i)))
	}
	for _, c := range []struct {
		name, manifest string
		names          int
		skipped        bool
	}{
		{"one broken config", strings.Join(entries, ","), 1, true},
		{"many names", `{"Config":"c.json","RepoTags":[` + strings.Join(tags, ",") + `],"Layers":["l.tar"]}`, 10_000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			skipped := 0
			got, err := images(t,
				write(t, t.TempDir()+"/x.tar", tarOf(config, layer, huge, imagetest.Text("manifest.json", "["+c.manifest+"]"))),
				archive.Options{Skipped: func(string, error) { skipped++ }})
			if err != nil || len(got) != 1 {
				t.Fatalf("%d images, %v", len(got), err)
			}
			for _, im := range got {
				if n := len(im.Names); n != c.names || skipped > 0 != c.skipped {
					t.Errorf("%d names, %d skipped", n, skipped)
				}
			}
		})
	}
}

// TestLinkedBlob: a blob that is a link out of the layout, or in a circle, is
// missing, which costs no other layer.
func TestLinkedBlob(t *testing.T) {
	im := testImage()
	for _, target := range []string{"/etc/passwd", "../../../../../../../etc/passwd", "loop"} {
		dir := t.TempDir()
		if err := imagetest.WriteOCILayout(dir, im); err != nil {
			t.Fatal(err)
		}
		digest := source.Digest(im.Layers[0].Blob())
		blob := filepath.Join(dir, "blobs/sha256", strings.TrimPrefix(digest, "sha256:"))
		if target == "loop" {
			target = blob
		}
		if err := os.Remove(blob); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, blob); err != nil {
			t.Fatal(err)
		}
		s, err := archive.New(dir, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.List(t.Context(), func(r source.Ref) error {
			img, err := s.Open(t.Context(), r.Locator)
			if err != nil {
				return err
			}
			defer img.Close()
			if _, err := img.Layer(t.Context(), 0); landwaiter.KindOf(err) != landwaiter.NotFound {
				t.Errorf("link to %s: %v (%s)", target, err, landwaiter.KindOf(err))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
