package analyze

import (
	"archive/tar"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// ordinaryFiles are so many files of the kinds that fill images and that nobody
// makes anything of: texts, pictures, archives, bytecode, scripts, links.
func ordinaryFiles(n int) []file {
	text := strings.Repeat("module.exports = function () { return 42; };\n", 20)
	binary := "\x1f\x8b\x08\x00" + strings.Repeat("x", 500)
	files := make([]file, n)
	for i := range files {
		dir := fmt.Sprintf("usr/lib/node_modules/some-package-%d/dist/", i/100)
		f := file{name: fmt.Sprintf("%sfile-%d.js", dir, i), content: text}
		switch i % 10 {
		case 0:
			f = file{name: dir, typ: tar.TypeDir, mode: 0o755}
		case 1:
			f = file{name: fmt.Sprintf("%slink-%d", dir, i), typ: tar.TypeSymlink, link: "../target-that-is-somewhere-else.js"}
		case 2:
			f.name, f.content = fmt.Sprintf("usr/share/doc/a-long-package-name-%d/changelog.Debian.gz", i), binary
		case 3:
			f.name = fmt.Sprintf("%stranslations-%d.json", dir, i)
		case 4:
			f.name = fmt.Sprintf("%snotes-%d.txt", dir, i)
		case 5:
			f.name = fmt.Sprintf("usr/lib/python3/dist-packages/module/__pycache__/name-%d.cpython-312.pyc", i)
			f.content = binary
		case 6:
			f.name, f.mode = fmt.Sprintf("%sbin/a-script-without-an-extension-%d", dir, i), 0o755
		case 7:
			f.content = text[:100] // may be as long as the EICAR test file
		}
		files[i] = f
	}
	return files
}

// TestWalkAllocatesNothingPerFile: with all analysers, ten times the files cost
// no more allocations but the few by which the index of paths grows.
func TestWalkAllocatesNothingPerFile(t *testing.T) {
	const files, more = 1000, 10000
	e := newEngine(t, Options{})
	few, many := tarOf(t, ordinaryFiles(files)...), tarOf(t, ordinaryFiles(more)...)
	count := func(blob []byte) float64 {
		return testing.AllocsPerRun(5, func() {
			if _, err := e.Layer(t.Context(), bytes.NewReader(blob), nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	base, n := count(few), count(many)
	if perFile := (n - base) / (more - files); perFile > 0.02 {
		t.Errorf("%v allocations for %d files, %v for %d: %v for each", base, files, n, more, perFile)
	}
}

// BenchmarkWalk walks over 100,000 ordinary files with all analysers.
// "allocs/file" is what one file costs.
func BenchmarkWalk(b *testing.B) {
	const files = 100_000
	blob := tarOf(b, ordinaryFiles(files)...)
	e := newEngine(b, Options{})
	walk := func() {
		if _, err := e.Layer(b.Context(), bytes.NewReader(blob), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(blob)))
	b.ReportAllocs()
	for b.Loop() {
		walk()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/files, "ns/file")
	b.ReportMetric(testing.AllocsPerRun(1, walk)/files, "allocs/file")
}
