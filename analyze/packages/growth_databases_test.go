package packages

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// database is a generator of files of a format that is no text.
type database struct {
	format, path string
	file         func(t testing.TB, n int) string // of n entries
	// entries is how many to begin with; 0 means 4,000.
	entries int
	// empty says that the files hold no packages.
	empty bool
}

// databases has at least one for each of binaryFormats.
var databases = []database{
	{format: "apk", path: "lib/apk/db/installed", file: repeated("P:a%d\nV:1-r0\nA:x86_64\no:b\n\n")},
	{format: "apk", path: "lib/apk/db/installed", empty: true, file: repeated("GARBAGE %d\n\n")},
	{format: "apk", path: "lib/apk/db/installed", empty: true, file: repeated("F:usr/bin\nR:a%d\n")},
	{format: "dpkg", path: "var/lib/dpkg/status",
		file: repeated("Package: a%d\nStatus: install ok installed\nVersion: 1\nSource: b (2)\n\n")},
	{format: "dpkg", path: "var/lib/dpkg/status", empty: true, file: repeated("Description: %d\n more\n .\n more\n")},
	{format: "dpkg", path: "var/lib/dpkg/status.d/a", file: repeated("Package: a%d\nVersion: 1\n\n")},
	{format: "dpkg-files", path: "var/lib/dpkg/info/a.list", empty: true, file: repeated("/usr/bin/a%d\n")},
	{format: "dpkg-files", path: "var/lib/dpkg/status.d/a.md5sums", empty: true,
		file: repeated("d41d8cd98f00b204e9800998ecf8427e  usr/bin/a%d\n")},
	{format: "pacman", path: "var/lib/pacman/local/a-1/desc", empty: true, file: repeated("%%FILES%%\na%d\n\n")},
	{format: "python-metadata", path: "a-1.dist-info/METADATA", empty: true, file: repeated("Requires-Dist: a%d\n")},
	{
		format: "python-archive", path: "a.whl", entries: 500, file: zipped("a%d-1.dist-info/METADATA",
			"Name: a%d\nVersion: 1\n"),
	},
	{format: "python-archive", path: "a.whl", empty: true, file: zipped("a%d.py", "%d")},
	{format: "java-archive", path: "a.jar", entries: 500,
		file: zipped("META-INF/maven/g/a%d/pom.properties", "groupId=g\nartifactId=a%d\nversion=1\n")},
	{format: "java-archive", path: "a.jar", entries: 500,
		file: zipped("x%d/MANIFEST.MF", "Bundle-SymbolicName: g\nBundle-Name: a%d\nBundle-Version: 1\n")},
	{format: "java-archive", path: "a.jar", empty: true, file: zipped("a%d.class", "%d")},
	{format: "java-archive", path: "a.jar", empty: true, entries: 100, file: func(t testing.TB, n int) string {
		return zipped("lib/a%d.jar", zipOf(t, "A.class", "x"))(t, n)
	}},
	{format: "java-archive", path: "a.jar", entries: 500,
		file: zipped("META-INF/maven/g/a%d/pom.xml", "<project><groupId>g</groupId><artifactId>a%d</artifactId>"+
			"<version>1</version></project>")},
	{format: "yarn-cache", path: "a/.yarn/cache/a.zip", entries: 500,
		file: zipped("node_modules/a%d/package.json", `{"name":"a%d","version":"1"}`)},
	{format: "zipapp", path: "a.pyz", entries: 500, file: zipped("a%d-1.dist-info/METADATA", "Name: a%d\nVersion: 1\n")},
	{format: "executable", path: "usr/bin/node", empty: true, file: func(t testing.TB, n int) string {
		return elfOf(t, ".data", []byte(repeated("node.js/v%d")(t, n)))
	}},
	{format: "executable", path: "usr/bin/a", empty: true, file: func(t testing.TB, n int) string {
		return elfOf(t, ".data", []byte(repeated("%d"+bundleMark)(t, n)))
	}},
	{format: "rpm", path: "usr/lib/sysimage/rpm/Packages.db", entries: 50, file: ndb},
	{format: "rpm-log", path: "var/lib/rpm/rpmdb.sqlite-wal", empty: true, file: repeated("%d")},
	{format: "executable", path: "usr/bin/a", file: func(t testing.TB, n int) string {
		return goBinary(t, "go1.22.1", repeated("dep\ta%d\tv1.0.0\th1:x=\n")(t, n))
	}},
	{format: "executable", path: "usr/bin/a", file: func(t testing.TB, n int) string {
		return auditable(t, `{"packages":[`+strings.TrimSuffix(repeated(`{"name":"a%d","version":"1"},`)(t, n), ",")+"]}")
	}},
	{format: "executable", path: "usr/bin/a", empty: true, file: func(t testing.TB, n int) string {
		return elfOf(t, ".data", []byte(strings.Repeat(goMagic, n)))
	}},
	{format: "executable", path: "usr/bin/a", empty: true, file: func(t testing.TB, n int) string {
		return elfOf(t, ".data", []byte(repeated("%d"+rustSection)(t, n)))
	}},
}

func repeated(entry string) func(testing.TB, int) string {
	return func(_ testing.TB, n int) string {
		var b strings.Builder
		for i := range n {
			if strings.Contains(entry, "%d") {
				fmt.Fprintf(&b, entry, i)
			} else {
				b.WriteString(entry)
			}
		}
		return b.String()
	}
}

// zipped makes an archive of entries that are not packed.
func zipped(name, content string) func(testing.TB, int) string {
	return func(t testing.TB, n int) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			text := content
			if strings.Contains(content, "%d") {
				text = fmt.Sprintf(content, i)
			}
			w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf(name, i), Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(w, text)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
}

// ndb makes an RPM database of n packages in the container of SUSE.
func ndb(_ testing.TB, n int) string {
	order := binary.LittleEndian
	const page, block = 4096, 16
	pages := (n*block + 32 + page - 1) / page
	b := make([]byte, pages*page)
	copy(b, "RpmP")
	order.PutUint32(b[12:], uint32(pages))
	for at := 32; at < len(b); at += block {
		copy(b[at:], "Slot")
	}
	for i := range n {
		var index, data []byte
		for tag, value := range map[uint32]string{1000: fmt.Sprint("a", i), 1001: "1", 1002: "1"} {
			for _, v := range []uint32{tag, 6, uint32(len(data)), 1} {
				index = binary.BigEndian.AppendUint32(index, v)
			}
			data = append(append(data, value...), 0)
		}
		header := binary.BigEndian.AppendUint32(nil, uint32(len(index)/16))
		header = append(append(binary.BigEndian.AppendUint32(header, uint32(len(data))), index...), data...)
		slot := b[32+block*i:]
		order.PutUint32(slot[4:], uint32(i+1))
		order.PutUint32(slot[8:], uint32(len(b)/block))
		b = append(b, "BlbS"...)
		for _, v := range []uint32{uint32(i + 1), 0, uint32(len(header))} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, header...)
		b = append(b, make([]byte, (block-len(b)%block)%block)...)
	}
	return string(b)
}

// TestEveryDatabaseHasAGenerator: as every text format has a sample.
func TestEveryDatabaseHasAGenerator(t *testing.T) {
	for _, name := range binaryFormats {
		if !slices.ContainsFunc(databases, func(d database) bool { return d.format == name }) {
			t.Errorf("no generator of %s: add one", name)
		}
	}
	for _, d := range databases {
		if got := FormatOf(d.path); got.name != d.format {
			t.Errorf("%s is of the format %s, not %s", d.path, got, d.format)
		}
	}
}

// TestGrowthOfDatabases: many entries cost no more each than few, and are found.
func TestGrowthOfDatabases(t *testing.T) {
	withoutRaceDetector(t)
	for _, d := range databases {
		n := d.entries
		if n == 0 {
			n = 4000
		}
		checkGrowth(t, d.path, n, func(n int) string { return d.file(t, n) })
		pkgs, err := readSample(t, d.path, d.file(t, 100))
		if !d.empty && (len(pkgs) < 100 || err != nil) {
			t.Errorf("%s: %d packages, %v", d.path, len(pkgs), err)
		}
	}
}

// counted counts what is read of a file.
type counted struct {
	*strings.Reader
	bytes int64
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.Reader.ReadAt(b, at)
	c.bytes += int64(n)
	return n, err
}

// TestDatabasesAreReadOnce, or a few times: jars by their entries, executables
// for markers and then for what these mark.
func TestDatabasesAreReadOnce(t *testing.T) {
	for _, d := range databases {
		content := d.file(t, 2000)
		data := &counted{Reader: strings.NewReader(content)}
		f := &File{Path: d.path, Size: int64(len(content)), Data: data}
		_ = NewCollector().File(t.Context(), FormatOf(d.path), f)
		if data.bytes > 8*f.Size+1<<20 {
			t.Errorf("%s: %d bytes read of %d", d.path, data.bytes, f.Size)
		}
	}
}

// TestContextEndsEveryDatabase: wherever the context ends, so does the reader,
// with its error.
func TestContextEndsEveryDatabase(t *testing.T) {
	for _, d := range databases {
		if d.format == "rpm-log" || d.format == "executable" && d.empty {
			continue // nothing is read, or one window
		}
		content := d.file(t, 5000)
		for left := range 2 {
			in := input{File: fileOf(d.path, content), collector: NewCollector()}
			_, err := FormatOf(d.path).read(&ending{t.Context(), left}, in)
			if !strings.Contains(fmt.Sprint(err), context.Canceled.Error()) {
				t.Errorf("%s, %d looks: %v", d.path, left, err)
			}
		}
	}
}

// FuzzDatabases starts from whole files of each format.
func FuzzDatabases(f *testing.F) {
	for i, d := range databases {
		f.Add(i, []byte(d.file(f, 3)))
	}
	f.Fuzz(func(t *testing.T, i int, b []byte) {
		d := databases[uint(i)%uint(len(databases))]
		pkgs, err := readSample(t, d.path, string(b))
		for _, p := range pkgs {
			if !plausible(p.Name) || !plausible(p.Version) || p.Path != d.path {
				t.Errorf("%s: %+v", d.path, p)
			}
		}
		again, second := readSample(t, d.path, string(b))
		if diff := cmp.Diff(pkgs, again); diff != "" || (err == nil) != (second == nil) {
			t.Errorf("read twice: %s %v, %v", diff, err, second)
		}
	})
}
