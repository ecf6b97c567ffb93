package confine

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // writes an rpm database

	"github.com/landwaiter/landwaiter/analyze"
)

// sampleLayer is a layer with files for every way of reading: in memory, by
// random access, from the spool, by a library, and by all analysers.
func sampleLayer(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	add := func(name string, mode int64, content []byte) {
		h := &tar.Header{Name: name, Mode: mode, Typeflag: tar.TypeReg, Size: int64(len(content))}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.ReadFile("/proc/self/exe") // a Go program of 40 MB, which goes to the spool
	if err != nil {
		self, err = os.ReadFile(os.Args[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	add("usr/bin/self", 0o755, self)
	add("etc/os-release", 0o644, []byte("ID=debian\nVERSION_ID=\"12\"\n"))
	add("var/lib/dpkg/status", 0o644, []byte("Package: bash\nStatus: install ok installed\nArchitecture: "+
		"amd64\nVersion: 5.2.15-2+b2\n\n"))
	add("lib/apk/db/installed", 0o644, []byte("P:musl\nV:1.2.3-r4\nA:x86_64\no:musl\n\n"))
	add("app/Cargo.lock", 0o644, []byte("[[package]]\nname = \"time\"\nversion = \"0.1.42\"\nsource = "+
		"\"registry+https://github.com/rust-lang/crates.io-index\"\n"))
	add("app/package-lock.json", 0o644, []byte(`{"lockfileVersion":3,`+
		`"packages":{"node_modules/lodash":{"version":"4.17.20"}}}`))
	add("app/pnpm-lock.yaml", 0o644, []byte("lockfileVersion: '6.0'\npackages:\n  /left-pad@1.3.0:\n    resolution: "+
		"{integrity: x}\n"))
	add("app/requirements.txt", 0o644, []byte("jinja2==2.11.1\n"))
	add("app/lib/x.jar", 0o644, jar(t, true))
	add("app/token.txt", 0o644, []byte("token: ghp_"+"a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL\n"))
	add("app/broken.jar", 0o644, []byte("PK\x03\x04 no more"))
	add("usr/bin/su", 0o4755, []byte("x"))
	add("usr/lib/sysimage/rpm/rpmdb.sqlite", 0o644, emptyRPM(t))
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		content := make([]byte, noise.IntN(2000))
		for j := range content {
			content[j] = byte('a' + noise.IntN(26))
		}
		add(fmt.Sprintf("usr/share/%d/%d.txt", i%50, i), 0o644, content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// jar has a pom, and in it another jar.
func jar(t testing.TB, nested bool) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(name string, content []byte) {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	name := "inner"
	if nested {
		name = "outer"
		put("BOOT-INF/lib/inner.jar", jar(t, false))
	}
	put("META-INF/maven/g/"+name+"/pom.properties", fmt.Appendf(nil, "groupId=g\nartifactId=%s\nversion=1.0\n", name))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func emptyRPM(t testing.TB) []byte {
	path := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, "+
		"blob BLOB NOT NULL)")
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSameAsInProcess: confinement changes nothing of what is found, by pipe
// and by file.
func TestSameAsInProcess(t *testing.T) {
	blob := sampleLayer(t)
	e, err := analyze.New(analyze.Options{Spool: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	want, err := e.Layer(t.Context(), bytes.NewReader(blob), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Packages) < 8 || len(want.Risks) == 0 || len(want.Index) < 2000 {
		t.Fatalf("%d packages, %d risks: the layer is too plain", len(want.Packages), len(want.Risks))
	}
	var names []string
	for _, a := range e.Analysers() {
		names = append(names, a.Name)
	}
	path := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(path, blob, 0o600); err != nil {
		t.Fatal(err)
	}
	pool := newReader(t, Options{Config: []byte("engine")}).NewPool()
	defer pool.Close()
	for name, open := range map[string]Open{
		"pipe": func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(blob)), nil },
		"file": func(context.Context) (io.ReadCloser, error) {
			f, err := os.Open(path)
			return section{f, f, 0, int64(len(blob))}, err
		},
	} {
		res, err := pool.Layer(t.Context(), open, names, nil)
		if err != nil || res.Culprits != nil {
			t.Fatal(name, err, res.Culprits)
		}
		if d := cmp.Diff(want, res.Report); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	t.Logf("%+v", pool.Status())
}
