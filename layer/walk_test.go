package layer_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/landwaiter/landwaiter/layer"
)

// tinyFiles returns an uncompressed layer of tiny files, a hundred in each
// directory, with all kinds of headers that real layers have.
func tinyFiles(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := range n {
		dir := fmt.Sprintf("usr/lib/node_modules/some-package-%d/dist/", i/100)
		h := &tar.Header{Name: fmt.Sprintf("%sfile-%d.js", dir, i), Mode: 0o644, Size: 100, Typeflag: tar.TypeReg}
		switch i % 100 {
		case 0:
			h.Name, h.Typeflag, h.Size = dir, tar.TypeDir, 0
		case 1:
			h.Linkname, h.Typeflag, h.Size = "../target", tar.TypeSymlink, 0
		case 2:
			h.Linkname, h.Typeflag, h.Size = "./"+dir+"other", tar.TypeLink, 0
		case 3:
			h.Format, h.Name = tar.FormatGNU, fmt.Sprintf("%s%0200d", dir, i)
		case 4:
			h.Format, h.Name = tar.FormatPAX, fmt.Sprintf("%sé%0200d", dir, i)
		case 5:
			h.Name, h.Size = fmt.Sprintf("%s.wh.gone-%d", dir, i), 0
		case 6:
			h.Name = fmt.Sprintf("/%s/../dist/not-clean-%d", dir, i)
		case 7:
			h.Name = fmt.Sprintf("%snot-utf-8-\xff-%d", dir, i)
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, h.Size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func walk(t testing.TB, blob []byte) (entries int) {
	t.Helper()
	r, err := layer.NewReader(bytes.NewReader(blob), layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		_, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		entries++
	}
	if _, err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	return entries
}

// TestWalkAllocatesNothingPerEntry checks that ten times as many entries take no
// more allocations, except the few by which the index and the pool of chunks
// grow.
func TestWalkAllocatesNothingPerEntry(t *testing.T) {
	const entries, more = 2000, 20000
	few, many := tinyFiles(t, entries), tinyFiles(t, more)
	base := testing.AllocsPerRun(5, func() { walk(t, few) })
	n := testing.AllocsPerRun(5, func() { walk(t, many) })
	if perEntry := (n - base) / (more - entries); perEntry > 0.01 {
		t.Errorf("%v allocations for %d entries, %v for %d: %v for each", base, entries, n, more, perEntry)
	}
}

// BenchmarkWalk walks over 100,000 tiny files without reading them. Allocations
// are those of a whole walk; "allocs/entry" is the average per entry.
func BenchmarkWalk(b *testing.B) {
	const entries = 100_000
	blob := tinyFiles(b, entries)
	b.SetBytes(int64(len(blob)))
	b.ReportAllocs()
	for b.Loop() {
		walk(b, blob)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
	b.ReportMetric(testing.AllocsPerRun(1, func() { walk(b, blob) })/entries, "allocs/entry")
}
