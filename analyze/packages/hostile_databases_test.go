package packages

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// part is a block that comes so many times.
type part struct {
	block string
	times int
}

// content is a file of parts, of which only the blocks are in memory.
type content struct {
	parts []part
	size  int64
}

func contentOf(parts ...part) *content {
	c := &content{}
	for _, p := range parts {
		if step := max(1, 64<<10/len(p.block)); p.times >= step { // longer blocks are copied faster
			c.parts = append(c.parts, part{strings.Repeat(p.block, step), p.times / step})
			p.times %= step
		}
		c.parts = append(c.parts, p)
	}
	for _, p := range c.parts {
		c.size += int64(len(p.block)) * int64(p.times)
	}
	return c
}

func (c *content) ReadAt(b []byte, at int64) (int, error) {
	n := 0
	for _, p := range c.parts {
		length := int64(len(p.block)) * int64(p.times)
		for ; at < length && n < len(b); at = max(at, 0) {
			m := copy(b[n:], p.block[at%int64(len(p.block)):])
			n, at = n+m, at+int64(m)
		}
		at -= length
		at = max(at, 0)
		if n == len(b) {
			return n, nil
		}
	}
	return n, io.EOF
}

// readContent reads a file that is not in memory, and returns the bytes that it
// took.
func readContent(t *testing.T, path string, c *content) ([]string, uint64, error) {
	t.Helper()
	col := NewCollector()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := col.File(t.Context(), FormatOf(path), &File{Path: path, Size: c.size, Data: c})
	runtime.ReadMemStats(&after)
	return lines(col.Packages()), after.TotalAlloc - before.TotalAlloc, err
}

const (
	apkFirst, apkLast   = "P:first\nV:1\nA:x\n\n", "P:last\nV:1\nA:x\n\n"
	dpkgFirst, dpkgLast = "Package: first\nStatus: install ok installed\nVersion: 1\n\n",
		"Package: last\nStatus: install ok installed\nVersion: 1\n\n"
)

// TestMillionsOfRecords: records that come again cost nothing, nor do lines
// without an end; what lies before and behind them is found.
func TestMillionsOfRecords(t *testing.T) {
	long := part{strings.Repeat("x", 1<<16), 500}
	for name, c := range map[string]struct {
		path  string
		c     *content
		found int
		told  string // "" means that all was read
	}{
		"apk, the same record": {
			"lib/apk/db/installed", contentOf(part{apkFirst, 1}, part{"P:a\nV:1\n\n", 1 << 20}, part{apkLast, 1}), 3, "",
		},
		"apk, a record without an end": {"lib/apk/db/installed",
			contentOf(part{apkFirst, 1}, part{"D:a\n", 2 << 20}, part{"\n" + apkLast, 1}), 2, "no name and version"},
		"apk, a long line": {
			"lib/apk/db/installed", contentOf(part{apkFirst + "P:", 1}, long, part{"\n\n" + apkLast, 1}), 2, "longer",
		},
		"apk, a long line of no interest": {"lib/apk/db/installed",
			contentOf(part{"D:", 1}, long, part{"\n" + apkFirst + apkLast, 1}), 2, ""},
		"apk, empty lines": {
			"lib/apk/db/installed", contentOf(part{apkFirst, 1}, part{"\n", 8 << 20}, part{apkLast, 1}), 2, "",
		},
		"dpkg, the same stanza": {"var/lib/dpkg/status",
			contentOf(part{dpkgFirst, 1}, part{strings.Replace(dpkgFirst, "first", "a", 1), 1 << 19}, part{dpkgLast, 1}), 3, ""},
		"dpkg, a stanza without an end": {"var/lib/dpkg/status",
			contentOf(part{dpkgFirst, 1}, part{"Version: 1\n", 1 << 20}, part{"\n" + dpkgLast, 1}), 2, ""},
		"dpkg, a long line": {"var/lib/dpkg/status",
			contentOf(part{dpkgFirst + "Package: ", 1}, long, part{"\n\n" + dpkgLast, 1}), 2, "longer"},
		"pacman, a long line": {"var/lib/pacman/local/a/desc",
			contentOf(part{"%NAME%\nfirst\n\n%VERSION%\n1\n\n%DESC%\n", 1}, long, part{"\n", 1}), 1, ""},
		"python, a long line": {
			"a.dist-info/METADATA", contentOf(part{"Name: first\nVersion: 1\nSummary: ", 1}, long), 1, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, bytes, err := readContent(t, c.path, c.c)
			if len(got) != c.found || c.told == "" && err != nil || c.told != "" && !strings.Contains(fmt.Sprint(err), c.told) {
				t.Errorf("%v, %v", got, err)
			}
			if bytes > 4<<20+2*uint64(c.c.size) {
				t.Errorf("%d bytes allocated for %d", bytes, c.c.size)
			}
		})
	}
}

// TestTooManyRecords: the limit loses the rest, not what was before it.
func TestTooManyRecords(t *testing.T) {
	names := strings.Repeat("n", maxField-20)
	for name, c := range map[string]struct {
		path, record string
		n, atLeast   int
	}{
		"apk": {"lib/apk/db/installed", "P:a%d\nV:1\n\n", maxFound + 1000, maxFound},
		"dpkg": {
			"var/lib/dpkg/status", "Package: a%d\nStatus: install ok installed\nVersion: 1\n\n", maxFound + 1000, maxFound,
		},
		"apk, long names": {"lib/apk/db/installed", "P:a%d" + names + "\nV:1\n\n", 40_000, 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readSample(t, c.path, repeated(c.record)(t, c.n))
			if !errors.Is(err, errFound) || len(got) < c.atLeast || len(got) > maxFound {
				t.Errorf("%d packages, %v", len(got), err)
			}
		})
	}
}

// TestBadRecordCostsItself, wherever it is.
func TestBadRecordCostsItself(t *testing.T) {
	for _, c := range []struct {
		path         string
		records, bad []string
	}{
		{"lib/apk/db/installed", []string{"P:a\nV:1\n\n", "P:b\nV:2\n\n", "P:c\nV:3\n\n"},
			[]string{"GARBAGE\n\n", "P:x\n\n", "V:1\n\n", ":\n\n", "P:\x1b[31m\nV:1\n\n",
				"P:" + strings.Repeat("x", 2000) + "\nV:1\n\n",
				"P:" + strings.Repeat("x", 5000) + "\nV:1\n\n", "\x00\n\n"}},
		{"var/lib/dpkg/status", []string{dpkgFirst, "Package: b\nStatus: hold ok unpacked\nVersion: 1\n\n", dpkgLast},
			[]string{"garbage line without colon\n\n", "Package: x\nStatus: installed\nVersion: 1\n\n",
				"Package: x\nStatus: install ok installed\n\n", "Package: x\nStatus: install ok installed\nVersion: \x1b\n\n",
				"\x00\n\n"}},
	} {
		want, err := readSample(t, c.path, strings.Join(c.records, ""))
		if err != nil || len(want) != 3 {
			t.Fatalf("%s: %v, %v", c.path, want, err)
		}
		for _, bad := range c.bad {
			for at := range 4 {
				got, err := readSample(t, c.path, strings.Join(slices.Insert(slices.Clone(c.records), at, bad), ""))
				if err == nil || !strings.HasPrefix(err.Error(), "1 entries could not be read") {
					t.Errorf("%s, %.40q: %v", c.path, bad, err)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s, %.40q: %s", c.path, bad, d)
				}
			}
		}
	}
	got, err := readSample(t, "var/lib/dpkg/status", strings.Replace(dpkgFirst, "Version", "Source: b (1\nVersion", 1))
	if len(got) != 1 || err == nil {
		t.Errorf("a broken source costs the package: %v, %v", got, err)
	}
}

// TestDpkgStates by dpkg(1): from "unpacked" on the files are there.
func TestDpkgStates(t *testing.T) {
	for status, there := range map[string]bool{
		"install ok installed": true, "hold ok installed": true, "install reinstreq installed": true,
		"deinstall ok installed": true,
		"install ok unpacked":    true, "install ok half-configured": true, "install ok triggers-awaited": true,
		"install ok triggers-pending": true, "deinstall ok config-files": false, "purge ok not-installed": false, "": false,
	} {
		got, err := readSample(t, "var/lib/dpkg/status", "Package: a\nStatus: "+status+"\nVersion: 1\n")
		if (len(got) == 1) != there || err != nil {
			t.Errorf("%s: %v, %v", status, got, err)
		}
	}
	for path, want := range map[string]string{
		"var/lib/dpkg/status": "deb", "usr/lib/opkg/status": "opkg", "var/lib/dpkg/status.d/x": "deb",
	} {
		text := "package: a\r\nVERSION:1\r\nStatus: install ok installed\r\n\r\n"
		if got, err := readSample(t, path, text); err != nil || len(got) != 1 || got[0].Type != want {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
}

// bomb is an archive of one entry that unpacks to a block again and again, and
// of the entries of another archive.
func bomb(t *testing.T, name, block string, times int) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat(block, 1<<20/len(block))
	for range times {
		_, _ = io.WriteString(w, many)
	}
	w, err = z.Create("META-INF/maven/g/a/pom.properties")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, pom("g", "a", "1"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sharing is an archive of n entries of one name that share their content.
func sharing(name, content string, n int) string {
	b := []byte("PK\x03\x04")
	b = append(b, make([]byte, 26)...)
	at := len(b) - 30
	binary.LittleEndian.PutUint16(b[at+26:], 1)
	b = append(append(b, 'x'), content...)
	central := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	binary.LittleEndian.PutUint32(central[16:], crc32.ChecksumIEEE([]byte(content)))
	binary.LittleEndian.PutUint32(central[20:], uint32(len(content)))
	binary.LittleEndian.PutUint32(central[24:], uint32(len(content)))
	binary.LittleEndian.PutUint16(central[28:], uint16(len(name)))
	directory := len(b)
	for range n {
		b = append(append(b, central...), name...)
	}
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	binary.LittleEndian.PutUint16(end[10:], uint16(n))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(b)-directory))
	binary.LittleEndian.PutUint32(end[16:], uint32(directory))
	return string(append(b, end...))
}

// TestArchivesAreBounded: entries that unpack to much, share their content, lie
// or are many cost no more than a budget, and what else there is is found.
func TestArchivesAreBounded(t *testing.T) {
	const found = "maven|Maven|g:a|1"
	big := zipOf(t, "A.class", strings.Repeat("x", 1000))
	for name, c := range map[string]struct {
		path, content string
		told          string
		want          []string
	}{
		"a manifest of 64 MB": {
			"x.jar", bomb(t, "META-INF/MANIFEST.MF", "A:b\n", 64), "more than 4194304 bytes", []string{found},
		},
		"a manifest that is one line": {
			"x.jar", bomb(t, "META-INF/MANIFEST.MF", "x", 64), "more than 4194304 bytes", []string{found},
		},
		"a manifest that continues": {"x.jar", bomb(t, "META-INF/MANIFEST.MF",
			"Bundle-Name: a\n"+strings.Repeat(" b\n", 20_000), 16),
			"more than 4194304 bytes", []string{found}},
		"a pom.properties of 64 MB": {
			"x.jar", bomb(t, "META-INF/maven/a/b/pom.properties", "a\n", 64), "more than 65536 bytes", []string{found},
		},
		"a nested archive of 64 MB": {"x.jar", bomb(t, "lib/b.jar", "\x00", 64), "exceed the limit", []string{found}},
		"metadata of 64 MB": {
			"x.whl", bomb(t, "a.dist-info/METADATA", "A:b\n", 64), "more than 1048576 bytes", nil,
		},
		"pom.properties that are shared": {
			"x.jar", sharing("pom.properties", pom("g", "a", "1"), 60_000), "more than 50000 manifests", []string{found},
		},
		"nested archives that are shared": {
			"x.jar", sharing("b-1.jar", big, 6000), "too many", []string{"maven|Maven|b:b|1"},
		},
		"metadata that is shared": {
			"x.whl", sharing("a.dist-info/METADATA", "Name: a\nVersion: 1\n", 60_000), "", []string{"pypi|PyPI|a|1"},
		},
		"a directory that is cut short": {"x.jar", strings.Replace(sharing("pom.properties", pom("g", "a", "1"), 2),
			"PK\x01\x02\x00", "XX\x01\x02\x00", 2)[:], "broken directory", nil},
		"no archive": {"x.jar", "no archive at all", "no zip archive", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, bytes, err := readContent(t, c.path, contentOf(part{c.content, 1}))
			if (err == nil) != (c.told == "") || !strings.Contains(fmt.Sprint(err), c.told) {
				t.Error(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if limit := uint64(32*len(c.content) + 64<<20); bytes > limit {
				t.Errorf("%d bytes allocated for %d", bytes, len(c.content))
			}
		})
	}
}

// TestNestedArchivesShareBudgets: an archive in an archive in an archive, each
// as large as one may be, are not all in memory, and a tree of them ends.
func TestNestedArchivesShareBudgets(t *testing.T) {
	leaf := zipOf(t, "META-INF/maven/g/a/pom.properties", pom("g", "leaf", "1"))
	wide := leaf
	for range maxZipDepth - 1 {
		var pairs []string
		for i := range 30 {
			pairs = append(pairs, fmt.Sprintf("%d.jar", i), wide)
		}
		wide = zipOf(t, pairs...)
	}
	got, err := read(t, "x.jar", wide)
	if err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a tree of 27,000: %v", err)
	}
	if d := cmp.Diff([]string{"maven|Maven|g:leaf|1"}, got); d != "" {
		t.Error(d)
	}
	w := &javaWalk{path: "x.jar", unpacker: unpacker{left: maxUnpacked}, bytes: maxNestedTotal, held: 100, archives: 5}
	err = w.archive(t.Context(), fileOf("x.jar", zipOf(t, "a.jar", wide)), 1)
	if err != nil || w.bad != 1 || w.held != 100 {
		t.Errorf("held: %v, %d bad, %d held", err, w.bad, w.held)
	}
	w = &javaWalk{
		path: "x.jar", unpacker: unpacker{left: 2 * entryCost}, bytes: maxNestedTotal, held: maxNestedHeld, archives: 5,
	}
	all := zipOf(t, "1/pom.properties", pom("g", "a", "1"), "2/pom.properties", pom("g", "b", "1"), "3/pom.properties",
		pom("g", "c", "1"))
	if err := w.archive(t.Context(), fileOf("x.jar", all), 1); err != errUnpacked {
		t.Errorf("unpacked: %v", err)
	}
}

// TestNestedArchiveIsReadInPlace: what is not packed is not copied.
func TestNestedArchiveIsReadInPlace(t *testing.T) {
	inner := zipOf(t, "META-INF/maven/g/a/pom.properties", pom("g", "a", "1"), "big", strings.Repeat("random", 4<<20))
	outer := zipped("lib/a%d.jar", strings.Repeat("\x00", 20<<20)+inner)(t, 2)
	got, bytes, err := readContent(t, "x.jar", contentOf(part{outer, 1}))
	if err != nil || len(got) != 1 || bytes > 8<<20 {
		t.Errorf("%v, %v, %d bytes", got, err, bytes)
	}
}

// TestJavaContextEnds in the middle of nested archives: what was found is kept.
func TestJavaContextEnds(t *testing.T) {
	jar := zipOf(t, "META-INF/maven/g/a/pom.properties", pom("g", "a", "1"), "x.jar", zipped("%d.class", "x")(t, 9000))
	ctx := &ending{t.Context(), 5}
	pkgs, err := readJava(ctx, input{File: fileOf("x.jar", jar), collector: NewCollector()})
	if !errors.Is(err, context.Canceled) || len(pkgs) != 1 {
		t.Errorf("%v, %v", pkgs, err)
	}
}
