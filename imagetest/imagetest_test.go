package imagetest_test

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/imagetest"
)

func TestSameInputSameBytes(t *testing.T) {
	write := func() []byte {
		im := imagetest.Image{Names: []string{"a:1"}}
		for _, c := range []imagetest.Compression{imagetest.Gzip, imagetest.Zstd, imagetest.Uncompressed,
			imagetest.Estargz} {
			im.Layers = append(im.Layers, imagetest.Layer{
				Files: []imagetest.File{{Path: "f", Xattrs: map[string]string{"user.a": "1", "user.b": "2",
					"user.c": "3"}}},
				Compression: c,
			})
		}
		var b bytes.Buffer
		if err := imagetest.WriteOCIArchive(&b, im); err != nil {
			t.Fatal(err)
		}
		if err := imagetest.WriteDockerArchive(&b, im); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := write()
	for range 5 {
		if !bytes.Equal(first, write()) {
			t.Fatal("two writes differ")
		}
	}
}

func TestFiles(t *testing.T) {
	l := imagetest.NewLayer(
		imagetest.Dir("d"), imagetest.Text("d/f", "x"), imagetest.Symlink("s", "d/f"), imagetest.Hardlink("h", "d/f"),
		imagetest.Whiteout("d/gone"), imagetest.Whiteout("gone"), imagetest.Opaque("d"), imagetest.Opaque(""),
	)
	var got []string
	for r := tar.NewReader(bytes.NewReader(l.Tar())); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(h.Typeflag)+" "+h.Name+" "+h.Linkname)
	}
	want := []string{"5 d/ ", "0 d/f ", "2 s d/f", "1 h d/f", "0 d/.wh.gone ", "0 .wh.gone ", "0 d/.wh..wh..opq ",
		"0 .wh..wh..opq "}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
