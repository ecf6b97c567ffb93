package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

func TestMedian(t *testing.T) {
	c := func(cpu, wall, rss int) cost { return cost{time.Duration(cpu), time.Duration(wall), int64(rss)} }
	tests := []struct {
		name string
		in   []cost
		want cost
	}{
		{"none", nil, cost{}},
		{"one", []cost{c(3, 4, 5)}, c(3, 4, 5)},
		{"each figure for itself", []cost{c(1, 9, 5), c(3, 1, 4), c(2, 5, 6)}, c(2, 5, 5)},
		{"the lower of two", []cost{c(4, 1, 1), c(2, 3, 2)}, c(2, 1, 1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := median(test.in); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPeers(t *testing.T) {
	var b bench
	for _, bad := range []string{"syft", "=syft {oci}", "syft=syft scan", "syft=syft {}"} {
		if b.addPeer(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	for _, good := range []string{"syft=syft oci-dir:{oci} -o json", "osv=osv --archive {tar} --db={work}/db"} {
		if err := b.addPeer(good); err != nil {
			t.Fatal(err)
		}
	}
	commands := func(im image) map[string][][]string {
		out := map[string][][]string{}
		for _, s := range b.subjects(im) {
			out[s.name] = s.commands
		}
		return out
	}
	fleet := commands(image{layouts: []string{"a", "b"}, archives: []string{"a.tar", "b.tar"}})
	want := [][]string{{"syft", "oci-dir:a", "-o", "json"}, {"syft", "oci-dir:b", "-o", "json"}}
	if d := cmp.Diff(want, fleet["syft"]); d != "" {
		t.Error(d)
	}
	want = [][]string{{"osv", "--archive", "a.tar", "--db={work}/db"}, {"osv", "--archive", "b.tar", "--db={work}/db"}}
	if d := cmp.Diff(want, fleet["osv"]); d != "" {
		t.Error(d)
	}
	if got := commands(image{layouts: []string{"a"}}); got["osv"] != nil || got["landwaiter, archive"] != nil {
		t.Errorf("without an archive: %v", got)
	}
}

func TestFindImages(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"oci/a/oci-layout", "oci/g-1/oci-layout", "oci/g-2/oci-layout", "docker/g-1.tar",
		"docker/g-2.tar", "oci/none/x"} {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	oci := func(name string) string { return filepath.Join(dir, "oci", name) }
	docker := func(name string) string { return filepath.Join(dir, "docker", name) }
	got, err := findImages(dir, "*", "g-*")
	want := []image{
		{name: "a", layouts: []string{oci("a")}},
		{name: "g-*", layouts: []string{oci("g-1"), oci("g-2")},
			archives: []string{docker("g-1.tar"), docker("g-2.tar")}},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(image{})); d != "" || err != nil {
		t.Error(err, d)
	}
	if _, err := findImages(dir, "x", ""); err == nil {
		t.Error("no images, and no error")
	}
}

func TestRows(t *testing.T) {
	s := func(name, form string, seeded bool, cpu time.Duration) *subject {
		return &subject{name: name, form: form, seeded: seeded, costs: []cost{{cpu: cpu, wall: cpu, rss: 5 << 20}}}
	}
	broken := s("other", archiveForm, false, time.Second)
	broken.failed = true
	got := rows(image{name: "a"}, []*subject{
		s("floor", layoutForm, false, 2*time.Second), s("ours", layoutForm, true, 3*time.Second),
		s("ours, archive", archiveForm, true, time.Second), s("peer", archiveForm, false, 4*time.Second), broken,
	})
	want := []string{
		"| a | floor | 2.00 | 1.00 |  | 2.00 | 1.00 | 5 |",
		"| a | ours | 3.00 | 1.50 |  | 3.00 | 1.50 | 5 |",
		"| a | ours, archive | 1.00 | 0.50 |  | 1.00 | 0.50 | 5 |",
		"| a | peer | 4.00 | 2.00 | 0.25 | 4.00 | 2.00 | 5 |",
		"| a | other | failed | | | | | |",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestGaps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	report := `{"images":[{"coverage":[{"analyser":"files","state":"scanned"},{"analyser":"secrets",
		"state":"partial","reason":"too large"},
		{"analyser":"secrets","state":"partial","reason":"too large"}]}]}`
	if err := os.WriteFile(path, []byte(report), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := readGaps(path)
	if d := cmp.Diff(map[string]int{"secrets: partial: too large": 2}, got); d != "" || err != nil {
		t.Error(err, d)
	}
}

// TestHugeLayer reads a generated layer: it must be complete and as long as
// requested.
func TestHugeLayer(t *testing.T) {
	dir := t.TempDir()
	const size = 1 << 20
	if err := generateHuge(dir, "small", size); err != nil {
		t.Fatal(err)
	}
	layout := filepath.Join(dir, "oci", "huge-small")
	if err := floor([]string{layout}); err != nil {
		t.Error(err)
	}
	layers, err := filepath.Glob(filepath.Join(layout, "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, path := range layers {
		files += countFiles(t, path)
	}
	if want := size / (1024 + 512/8); files < want || files > want+1 {
		t.Errorf("%d files of 512 bytes, as much header, and a block more in each eighth, want %d", files, want)
	}
}

func countFiles(t *testing.T, path string) (n int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return 0 // a document
	}
	for r := tar.NewReader(z); ; n++ {
		if _, err := r.Next(); err == io.EOF {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
