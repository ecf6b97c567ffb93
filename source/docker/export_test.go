package docker

import (
	"bytes"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/source"
)

// FuzzExport: any export has the image that was asked for, whole, or is an
// error with a kind.
func FuzzExport(f *testing.F) {
	im := imagetest.Image{Layers: []imagetest.Layer{imagetest.NewLayer(imagetest.Text("a", "1"))}}
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return imagetest.WriteDockerArchive(b, im) },
		func(b *bytes.Buffer) error { return imagetest.WriteOCIArchive(b, im) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, id := range []string{im.ID(), im.ManifestDigest()} {
			e, err := readExport(t.Context(), t.TempDir(), bytes.NewReader(data), id, source.Platform{})
			if landwaiter.KindOf(err) == landwaiter.Internal {
				t.Errorf("an error without a kind: %v", err)
			}
			if err != nil {
				continue
			}
			if e.about.ID != im.ID() || len(e.layers) != len(e.about.Layers) {
				t.Errorf("image %s with %d files for layers", e.about.ID, len(e.layers))
			}
			e.tar.Close()
		}
	})
}
