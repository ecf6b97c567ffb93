package layer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
)

// read walks a blob to its end and returns its entries, contents and sum.
func read(
	t *testing.T, blob []byte, limits layer.Limits,
) (entries []layer.Entry, contents map[string]string, sum layer.Sum, err error) {
	t.Helper()
	r, err := layer.NewReader(bytes.NewReader(blob), limits)
	if err != nil {
		return nil, nil, sum, err
	}
	defer r.Close()
	contents = map[string]string{}
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return entries, contents, sum, err
		}
		entries = append(entries, kept(e))
		if e.Type == tar.TypeReg {
			b, err := io.ReadAll(r)
			if err != nil {
				return entries, contents, sum, err
			}
			contents[string(e.Path)] = string(b)
		}
	}
	sum, err = r.Finish()
	return entries, contents, sum, err
}

// kept returns a copy that remains valid after the next call of Next.
func kept(e *layer.Entry) layer.Entry {
	c := *e
	c.Path, c.Linkname = bytes.Clone(e.Path), bytes.Clone(e.Linkname)
	return c
}

func paths(entries []layer.Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, string(e.Path))
	}
	return out
}

func TestReaderReadsEveryCompression(t *testing.T) {
	files := []imagetest.File{
		imagetest.Dir("./"),
		imagetest.Dir("usr/bin"),
		{Path: "./usr/bin/su", Content: []byte("program"), Mode: 0o4755, UID: 1, GID: 2},
		imagetest.Symlink("bin", "usr/bin"),
		imagetest.Hardlink("usr/bin/sudo", "/usr/bin/su"),
		imagetest.Text("empty", ""),
		{Path: "dev/console", Type: tar.TypeFifo},
	}
	want := []layer.Entry{
		{Path: []byte("usr/bin"), Type: tar.TypeDir, Mode: 0o755},
		{Path: []byte("usr/bin/su"), Type: tar.TypeReg, Mode: 0o755 | fs.ModeSetuid, Size: 7, UID: 1, GID: 2},
		{Path: []byte("bin"), Type: tar.TypeSymlink, Mode: 0o777, Linkname: []byte("usr/bin")},
		{Path: []byte("usr/bin/sudo"), Type: tar.TypeLink, Mode: 0o644, Linkname: []byte("usr/bin/su")},
		{Path: []byte("empty"), Type: tar.TypeReg, Mode: 0o644},
		{Path: []byte("dev/console"), Type: tar.TypeFifo, Mode: 0o644},
	}
	for _, c := range []imagetest.Compression{imagetest.Gzip, imagetest.Zstd, imagetest.Uncompressed,
		imagetest.Estargz} {
		l := imagetest.Layer{Files: files, Compression: c}
		entries, contents, sum, err := read(t, l.Blob(), layer.Limits{})
		if err != nil {
			t.Fatalf("compression %d: %v", c, err)
		}
		if d := cmp.Diff(want, entries); d != "" {
			t.Errorf("compression %d: entries (-want +got):\n%s", c, d)
		}
		if contents["usr/bin/su"] != "program" {
			t.Errorf("compression %d: contents %q", c, contents)
		}
		wantSum := layer.Sum{
			Digest: source.Digest(l.Blob()), DiffID: l.DiffID(),
			Compressed: int64(len(l.Blob())), Size: int64(len(l.Tar())), Entries: 7,
		}
		if d := cmp.Diff(wantSum, sum); d != "" {
			t.Errorf("compression %d: sum (-want +got):\n%s", c, d)
		}
	}
}

func TestReaderKeepsWhiteoutsOutOfEntries(t *testing.T) {
	opaqueByXattr := imagetest.File{Path: "x", Type: tar.TypeDir,
		Xattrs: map[string]string{"trusted.overlay.opaque": "y"}}
	l := imagetest.NewLayer(
		imagetest.Whiteout("etc/passwd"), imagetest.Opaque("var/lib"), imagetest.Opaque(""),
		imagetest.Text(".wh..wh.aufs", ""), imagetest.Dir(".wh..wh.plnk"),
		imagetest.File{Path: "gone", Type: tar.TypeChar}, opaqueByXattr,
		imagetest.Text("a/.wh.", ""), imagetest.Text("a/.wh...", ""), imagetest.Text("kept", ""),
	)
	entries, _, sum, err := read(t, l.Blob(), layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"x", "kept"}, paths(entries)); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if sum.Entries != 10 || sum.Skipped != 2 {
		t.Errorf("entries %d, skipped %d: want 10, and the two whiteouts without a name skipped",
			sum.Entries, sum.Skipped)
	}
}

// TestFinishDrains checks that the digests cover what the walk did not read.
func TestFinishDrains(t *testing.T) {
	l := imagetest.NewLayer(imagetest.Text("a", strings.Repeat("x", 1<<20)), imagetest.Text("b", "y"))
	r, err := layer.NewReader(iotest.OneByteReader(bytes.NewReader(l.Blob())), layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	sum, err := r.Finish()
	if err != nil || sum.DiffID != l.DiffID() || sum.Digest != source.Digest(l.Blob()) {
		t.Errorf("Finish = %+v, %v", sum, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("Next after Finish = %v, want io.EOF", err)
	}
}

// TestErrorOfBlobIsKept checks that a broken connection is not reported as a
// corrupt layer.
func TestErrorOfBlobIsKept(t *testing.T) {
	denied := landwaiter.Errorf(landwaiter.Denied, "no")
	for _, c := range []struct {
		err  error
		want landwaiter.ErrorKind
	}{{errors.New("reset"), landwaiter.Unavailable}, {io.ErrUnexpectedEOF, landwaiter.Unavailable},
		{denied, landwaiter.Denied}, {context.Canceled, landwaiter.Unavailable}} {
		for _, compression := range []imagetest.Compression{imagetest.Gzip, imagetest.Zstd, imagetest.Uncompressed} {
			blob := imagetest.Layer{Files: []imagetest.File{{Path: "noise", Content: noise(1 << 20)}},
				Compression: compression}.Blob()
			for _, after := range []int{0, 3, len(blob) / 2} {
				err := walkAll(io.MultiReader(bytes.NewReader(blob[:after]), iotest.ErrReader(c.err)))
				if landwaiter.KindOf(err) != c.want || !errors.Is(err, c.err) {
					t.Errorf("compression %d, after %d bytes: %v (%s), want %v (%s)", compression, after, err,
						landwaiter.KindOf(err), c.err, c.want)
				}
			}
		}
	}
}

func walkAll(blob io.Reader) error {
	r, err := layer.NewReader(blob, layer.Limits{})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	_, err = r.Finish()
	return err
}

// TestCloseEndsGoroutines closes the reader at every stage of reading.
func TestCloseEndsGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	blob := imagetest.NewLayer(
		imagetest.File{Path: "a", Content: noise(1 << 20)}, imagetest.File{Path: "b", Content: noise(1 << 20)}).Blob()
	for steps := range 4 {
		r, err := layer.NewReader(bytes.NewReader(blob), layer.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for range steps {
			_, _ = r.Next()
			_, _ = io.CopyN(io.Discard, r, 1000)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := r.Next(); err == nil || err == io.EOF {
			t.Errorf("Next after Close = %v", err)
		}
		if _, err := r.Finish(); err == nil {
			t.Error("Finish after Close succeeded")
		}
	}
	// Close waits for the reader's goroutines; the runtime may start and end others.
	if after := runtime.NumGoroutine(); after > before+1 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

// noise returns n incompressible bytes.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}
