package layer_test

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
)

// zeros writes n zero bytes to w and closes it.
func zeros(t testing.TB, w io.WriteCloser, n int64) {
	t.Helper()
	if _, err := io.CopyN(w, zeroReader{}, n); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func gzipBomb(t testing.TB, n int64) []byte {
	var out bytes.Buffer
	zeros(t, gzip.NewWriter(&out), n)
	return out.Bytes()
}

func zstdBomb(t testing.TB, n int64) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	zeros(t, w, n)
	return out.Bytes()
}

// rawHeader returns a ustar header with the given size field and a valid
// checksum.
func rawHeader(name string, size []byte, typeflag byte) []byte {
	h := make([]byte, 512)
	copy(h, name)
	copy(h[100:], "0000644\x00")
	copy(h[108:], "0000000\x00")
	copy(h[116:], "0000000\x00")
	copy(h[124:136], size)
	copy(h[136:], "00000000000\x00")
	h[156] = typeflag
	copy(h[257:], "ustar\x0000")
	copy(h[148:156], "        ")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// base256 returns a number field in binary.
func base256(n int64) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint64(b[4:], uint64(n))
	if n < 0 {
		copy(b, "\xff\xff\xff\xff")
	}
	b[0] |= 0x80
	return b
}

func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 0xff
	return b
}

func TestHostileLayersAreRefused(t *testing.T) {
	small := layer.Limits{Bytes: 64 << 20, RatioFrom: 1 << 20, Entries: 100}
	good := imagetest.NewLayer(imagetest.File{Path: "f", Content: noise(1 << 18)}).Blob()
	manyFiles := make([]imagetest.File, 101)
	for i := range manyFiles {
		manyFiles[i] = imagetest.Text(fmt.Sprint(i), "")
	}
	for _, c := range []struct {
		name string
		blob []byte
		want landwaiter.ErrorKind
	}{
		{"gzip bomb by ratio", gzipBomb(t, 32<<20), landwaiter.TooLarge},
		// A frame with a window and one block that repeats a byte (RFC 8878, 3.1.1).
		{"zstd window of 64 MiB", []byte("\x28\xb5\x2f\xfd\x00\x80\x03\x00\x10\x00"), landwaiter.TooLarge},
		{"zstd bomb by ratio", zstdBomb(t, 32<<20), landwaiter.TooLarge},
		{"bomb by size", imagetest.Layer{Files: []imagetest.File{{Path: "f", Content: noise(65 << 20)}},
			Compression: imagetest.Uncompressed}.Blob(), landwaiter.TooLarge},
		{"too many entries", imagetest.NewLayer(manyFiles...).Blob(), landwaiter.TooLarge},
		{"giant PAX header", rawPAXName(strings.Repeat("x", 2<<20)), landwaiter.Corrupt},
		{"truncated gzip", good[:len(good)/2], landwaiter.Corrupt},
		{"damaged gzip", flipped(good), landwaiter.Corrupt},
		{"garbage after gzip", append(bytes.Clone(good), "garbage"...), landwaiter.Corrupt},
		{"gzip header alone", good[:10], landwaiter.Corrupt},
		{"negative size", rawHeader("f", base256(-1), '0'), landwaiter.Corrupt},
		{"huge size", rawHeader("f", base256(1<<62), '0'), landwaiter.Corrupt},
		{"no tar", []byte(strings.Repeat("plain text ", 100)), landwaiter.Corrupt},
		{"xz", []byte("\xfd7zXZ\x00rest"), landwaiter.Unsupported},
		{"bzip2", []byte("BZh9rest"), landwaiter.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, _, err := read(t, c.blob, small)
			if landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
			if err != nil && strings.Count(err.Error(), "layer:") != 1 {
				t.Errorf("message %q does not name its subject once", err)
			}
		})
	}
}

// TestSparseHoleCountsAsContent has a hole of terabytes, which takes a few bytes
// of a header.
func TestSparseHoleCountsAsContent(t *testing.T) {
	records := paxRecord("GNU.sparse.major", "1") + paxRecord("GNU.sparse.minor", "0") +
		paxRecord("GNU.sparse.realsize", "1000000000")
	body := make([]byte, 512)
	copy(body, "0\n")
	var blob bytes.Buffer
	blob.Write(rawHeader("pax", fmt.Appendf(nil, "%011o\x00", len(records)), 'x'))
	blob.Write(append([]byte(records), make([]byte, 512-len(records))...))
	blob.Write(rawHeader("hole", fmt.Appendf(nil, "%011o\x00", 512), '0'))
	blob.Write(body)
	blob.Write(make([]byte, 1024))
	_, _, _, err := read(t, blob.Bytes(), layer.Limits{Bytes: 1 << 20})
	if landwaiter.KindOf(err) != landwaiter.TooLarge {
		t.Errorf("error %v, want TooLarge", err)
	}
}

func paxRecord(key, value string) string {
	n := len(key) + len(value) + 3
	for len(fmt.Sprintf("%d %s=%s\n", n, key, value)) != n {
		n++
	}
	return fmt.Sprintf("%d %s=%s\n", n, key, value)
}

// TestSparseMapOfMillions checks the bound on sparse maps that archive/tar has
// since CVE-2025-58183.
func TestSparseMapOfMillions(t *testing.T) {
	records := paxRecord("GNU.sparse.major", "1") + paxRecord("GNU.sparse.minor", "0") +
		paxRecord("GNU.sparse.realsize", "99999999999")
	var sparse bytes.Buffer
	sparse.WriteString("1200000\n")
	for i := range 1_200_000 {
		fmt.Fprintf(&sparse, "%d\n0\n", i)
	}
	size := (sparse.Len() + 511) / 512 * 512
	var blob bytes.Buffer
	blob.Write(rawHeader("pax", fmt.Appendf(nil, "%011o\x00", len(records)), 'x'))
	blob.Write(append([]byte(records), make([]byte, 512-len(records))...))
	blob.Write(rawHeader("map", fmt.Appendf(nil, "%011o\x00", size), '0'))
	blob.Write(sparse.Bytes())
	blob.Write(make([]byte, size-sparse.Len()+1024))
	_, _, _, err := read(t, blob.Bytes(), layer.Limits{})
	if landwaiter.KindOf(err) != landwaiter.Corrupt {
		t.Errorf("error %v, want Corrupt", err)
	}
}

// TestHostileLayersAreRead has layers that runtimes accept, and that must
// therefore be read.
func TestHostileLayersAreRead(t *testing.T) {
	one := imagetest.Layer{Files: []imagetest.File{imagetest.Text("one", "1")},
		Compression: imagetest.Uncompressed}.Blob()
	two := imagetest.Layer{Files: []imagetest.File{imagetest.Text("two", "2")},
		Compression: imagetest.Uncompressed}.Blob()
	longName := strings.Repeat("x", 1<<19)
	oldGNU := rawHeader("old", fmt.Appendf(nil, "%011o\x00", 0), '0')
	for _, c := range []struct {
		name    string
		blob    []byte
		want    []string
		skipped int
	}{
		{"nothing at all", nil, nil, 0},
		{"gzip of nothing", imagetest.Layer{Raw: []byte{}}.Blob(), nil, 0},
		{"missing trailer", one[:1024], []string{"one"}, 0},
		{"concatenated tars: the first counts", append(bytes.Clone(one), two...), []string{"one"}, 0},
		{"no trailer and no content", oldGNU, []string{"old"}, 0},
		{"name of half a megabyte", rawPAXName(longName), []string{"after"}, 1},
		{"2000 levels deep", rawPAXName(strings.Repeat("d/", 2000)), []string{"after"}, 1},
		{"zip slip", imagetest.NewLayer(imagetest.Text("../../etc/passwd", ""), imagetest.Text("/abs//./x/../y", ""),
			imagetest.Text(`..\win`, "")).Blob(),
			[]string{"etc/passwd", "abs/y", `..\win`}, 0},
		{"the root under other names", imagetest.NewLayer(imagetest.Dir("."), imagetest.Dir("/"), imagetest.Dir("a/.."),
			imagetest.Text("b", "")).Blob(), []string{"b"}, 0},
		{"not UTF-8", imagetest.NewLayer(imagetest.Text("a\xff", ""), imagetest.Text("a\xfe", "")).Blob(),
			[]string{"a\U0010FFFF", "a\U0010FFFE"}, 0},
		{"NUL", rawPAXName("evil\x00.txt"), nil, -1},
		{"links out of the tree", imagetest.NewLayer(imagetest.Symlink("l", "/proc/self/environ"),
			imagetest.Hardlink("h", "../../etc/shadow"), imagetest.Text("l/x", "")).Blob(),
			[]string{"l", "h", "l/x"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, _, sum, err := read(t, c.blob, layer.Limits{})
			if c.skipped < 0 {
				if landwaiter.KindOf(err) != landwaiter.Corrupt {
					t.Errorf("error %v, want Corrupt", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, paths(entries)); d != "" {
				t.Errorf("entries (-want +got):\n%s", d)
			}
			if sum.Skipped != c.skipped {
				t.Errorf("%d skipped, want %d", sum.Skipped, c.skipped)
			}
			for _, e := range entries {
				if e.Type == tar.TypeLink && string(e.Linkname) != "etc/shadow" {
					t.Errorf("hard link to %q", e.Linkname)
				}
			}
		})
	}
}

// rawPAXName returns a tar archive of an empty file with any name, and of the
// file "after".
func rawPAXName(name string) []byte {
	record := paxRecord("path", name)
	var b bytes.Buffer
	b.Write(rawHeader("pax", fmt.Appendf(nil, "%011o\x00", len(record)), 'x'))
	b.WriteString(record)
	b.Write(make([]byte, (512-len(record)%512)%512))
	b.Write(rawHeader("x", fmt.Appendf(nil, "%011o\x00", 0), '0'))
	b.Write(rawHeader("after", fmt.Appendf(nil, "%011o\x00", 0), '0'))
	return b.Bytes()
}

// FuzzReader checks that any bytes give an error or a sum, within the limits.
func FuzzReader(f *testing.F) {
	for _, c := range []imagetest.Compression{imagetest.Gzip, imagetest.Zstd, imagetest.Uncompressed,
		imagetest.Estargz} {
		f.Add(imagetest.Layer{Compression: c, Files: []imagetest.File{
			imagetest.Text("etc/os-release", "ID=x"), imagetest.Whiteout("a/b"), imagetest.Symlink("l", "../.."),
		}}.Blob())
	}
	f.Add(rawPAXName("../x"))
	f.Add(rawHeader("f", base256(-1), 'S'))
	f.Fuzz(func(t *testing.T, blob []byte) {
		limits := layer.Limits{Bytes: 1 << 20, RatioFrom: 1 << 16, Entries: 1000}
		entries, contents, sum, err := read(t, blob, limits)
		if err == nil && sum.Compressed != int64(len(blob)) {
			t.Errorf("read %d bytes of %d", sum.Compressed, len(blob))
		}
		if sum.Size > limits.Bytes || len(entries) > limits.Entries {
			t.Errorf("limits exceeded: %+v", sum)
		}
		for p := range contents {
			if p == "" || p[0] == '/' || layer.CleanPath(p) != p &&
				!strings.ContainsFunc(p, func(r rune) bool { return r >= 0x10FF00 }) {
				t.Errorf("path %q is not clean", p)
			}
		}
	})
}
