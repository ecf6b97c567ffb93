package packages

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

const (
	// growth is what twice the input may take more: twice, and the roundings of
	// slices and maps that grow.
	growth = 2.4
	// maxMultiple bounds what is allocated in all for a byte of the file, and
	// maxEntry for one of its packages: 240 bytes here and in the collector, 200
	// in package manifest, and what slices and maps leave behind when they grow.
	maxMultiple = 24
	maxEntry    = 1400
	// overhead is what a reader may allocate for an empty file: windows of zstd.
	overhead = 4 << 20
)

// withoutRaceDetector skips a test that measures allocations; `make test` runs
// it without the detector.
func withoutRaceDetector(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector changes what is allocated")
	}
}

// allocated reads a file as a scan does and returns the bytes that it took.
func allocated(path, content string) uint64 {
	f := fileOf(path, content)
	f.Whole = []byte(content)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_ = NewCollector().File(context.Background(), FormatOf(path), f)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// checkGrowth reads files of n, 2n and 4n and holds them against the limits.
func checkGrowth(t *testing.T, path string, n int, file func(n int) string) {
	t.Helper()
	last := uint64(0)
	for i := range 3 {
		content := file(n << i)
		got := allocated(path, content)
		if limit := uint64(maxMultiple*len(content) + maxEntry*n<<i + overhead); got > limit {
			t.Errorf("%s: %d bytes allocated for %d", path, got, len(content))
		}
		if i > 0 && float64(got) > growth*float64(max(last, 1<<20)) {
			t.Errorf("%s: %d bytes allocated for %d, %d for half of it", path, got, len(content), last)
		}
		last = got
	}
}

// binaryFormats are no text: growth_databases_test.go has their generators.
var binaryFormats = []string{
	"dpkg-files", "dpkg", "apk", "rpm", "rpm-log", "pacman", "java-archive", "python-archive",
	"python-metadata", "executable", "yarn-cache", "zipapp",
}

// startFormats are read up to a fixed size: 32 bytes, maxOTPApp, maxPEAR or
// maxVersionFile.
var startFormats = []string{
	"go-version", "otp-app", "pear", "ebuild", "java-release", "otp-version", "wordpress", "wordpress-plugin",
	"wordpress-theme", "tomcat",
}

// pathFormats are those whose files are not read: TestByPath has their paths.
var pathFormats = []string{"nix", "kernel", "luarocks", "brew"}

// boundedFormats are read up to a fixed size: os-release up to maxOSRelease, what
// says where a Python package is from up to maxDirectURL.
var boundedFormats = []string{"os-release", "python-origin"}

// TestEveryFormatHasASample: a format that is added to the table needs one, so
// that its growth is known.
func TestEveryFormatHasASample(t *testing.T) {
	var have []string
	for _, s := range samples {
		have = append(have, FormatOf(s.path).name)
	}
	have = slices.Concat(have, binaryFormats, boundedFormats, pathFormats)
	for _, f := range formats {
		if !slices.Contains(have, f.name) {
			t.Errorf("no sample of %s: add one", f)
		}
	}
}

// TestGrowth: many entries cost no more each than few, nor does a file nested deep.
func TestGrowth(t *testing.T) {
	withoutRaceDetector(t)
	for _, s := range samples {
		checkGrowth(t, s.path, 4000, func(n int) string { return s.file(t, n) })
		if s.open != "" {
			checkGrowth(t, s.path, 50_000, func(n int) string { return s.pre(t, s.deep+strings.Repeat(s.open, n)) })
		}
	}
}

func (s sample) pre(t testing.TB, text string) string {
	if s.pack != nil {
		return s.pack(t, text)
	}
	return text
}

// TestGrowthOfNonsense repeats what makes readers go over the same bytes again.
func TestGrowthOfNonsense(t *testing.T) {
	withoutRaceDetector(t)
	for _, s := range samples {
		for _, unit := range []string{
			"[", "{", "\"", "'", "\\", "a", " ", "\n", ",", ":", "#", "a\\\n", "a=[\n", "a=['''\n",
			"a=\"\"\"\n", "[[package]]\n",
			"a: {\n", "- a\n", "? a\n", "<a ", "<!--", "a=\"\" ", "{pkg,", "(", "    a (1)\n", "{\"a\":",
			"a@npm:", "==1,", "  version ", "/a@1: {}\n",
		} {
			checkGrowth(t, s.path, 1000, func(n int) string { return s.pre(t, s.head+strings.Repeat(unit, n)) })
		}
	}
}

// TestAllEntries: an entry that is none costs itself and is told; all others are
// found, in the middle of nonsense, too.
func TestAllEntries(t *testing.T) {
	for _, s := range samples {
		want := 3
		if s.one {
			want = 1
		}
		entries := s.entries(3)
		if strings.Contains(s.path, "shrinkwrap") {
			want = 6
		}
		pkgs, err := readSample(t, s.path, s.join(t, entries))
		if err != nil || len(pkgs) != want {
			t.Errorf("%s: %d packages, %v", s.path, len(pkgs), err)
		}
		if s.bad == "" {
			continue
		}
		for at := range 4 {
			pkgs, err := readSample(t, s.path, s.join(t, slices.Insert(slices.Clone(entries), at, s.bad)))
			if err == nil || len(pkgs) != want {
				t.Errorf("%s, wrong entry %d: %d packages (%v), %v", s.path, at, len(pkgs), lines(pkgs), err)
			}
		}
	}
}

// TestDepthIsTold: what is nested too deep is told, and what stands before is kept.
func TestDepthIsTold(t *testing.T) {
	for _, s := range samples {
		if s.open == "" || s.path == "app/pnpm-lock.yaml" { // indentation is no nesting for a reader of lines
			continue
		}
		pkgs, err := readSample(t, s.path, s.pre(t, s.deep+strings.Repeat(s.open, 200_000)))
		before := strings.Contains(s.deep, "1")
		if err == nil || before != (len(pkgs) > 0) {
			t.Errorf("%s: %d packages, %v", s.path, len(pkgs), err)
		}
	}
}

// TestTruncated: of a file that ends too soon the entries before are kept, and
// nothing else is found.
func TestTruncated(t *testing.T) {
	for _, s := range samples {
		if s.pack != nil {
			continue
		}
		whole := s.file(t, 3)
		full, _ := readSample(t, s.path, whole)
		for n := range len(whole) {
			pkgs, err := readSample(t, s.path, whole[:n])
			if len(pkgs) > len(full) {
				t.Errorf("%s, %d bytes: %d packages, %v", s.path, n, len(pkgs), err)
			}
		}
	}
}

// ending is a context that ends after so many looks.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestContextEndsEveryReader: wherever the context ends, so does the reader, with
// its error.
func TestContextEndsEveryReader(t *testing.T) {
	for _, s := range samples {
		f := FormatOf(s.path)
		if slices.Contains(startFormats, f.name) {
			continue
		}
		content := s.file(t, 20_000)
		for left := range 3 {
			in := input{File: fileOf(s.path, content), collector: NewCollector()}
			ctx := &ending{t.Context(), left}
			if _, err := f.read(ctx, in); err == nil || !strings.Contains(fmt.Sprint(err), context.Canceled.Error()) {
				t.Errorf("%s, %d looks: %v", s.path, left, err)
			}
		}
	}
}

func readSample(t testing.TB, path, content string) ([]landwaiter.Package, error) {
	t.Helper()
	col := NewCollector()
	err := col.File(context.Background(), FormatOf(path), fileOf(path, content))
	return col.Packages(), err
}

// FuzzText: whatever the bytes, the readers of text return, and packages have
// plausible names.
func FuzzText(f *testing.F) {
	for _, s := range samples {
		f.Add(s.path, []byte(s.file(f, 3)))
		if s.bad != "" {
			f.Add(s.path, []byte(s.join(f, []string{s.bad})))
		}
	}
	f.Fuzz(func(t *testing.T, path string, b []byte) {
		if !slices.ContainsFunc(samples, func(s sample) bool { return s.path == path }) {
			path = samples[len(path)%len(samples)].path
		}
		pkgs, _ := readSample(t, path, string(b))
		for _, p := range pkgs {
			if !plausible(p.Name) || !plausible(p.Version) || p.Path != path {
				t.Errorf("%s: %+v", path, p)
			}
		}
	})
}
