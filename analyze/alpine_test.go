package analyze

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
)

// layersOf returns the layers of a docker archive that is packed by gzip.
func layersOf(t testing.TB, path string) [][]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var layers [][]byte
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return layers
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, "layer.tar") || strings.HasSuffix(h.Name, ".tar.gz") {
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			layers = append(layers, b)
		}
	}
}

func TestAlpine(t *testing.T) {
	layers := layersOf(t, realtest.Shared(t, "data", "images", "alpine-311.tar.gz"))
	if len(layers) != 1 {
		t.Fatalf("%d layers", len(layers))
	}
	r := analyse(t, newEngine(t, Options{}), layers[0])
	var got []string
	for _, p := range r.Packages {
		got = append(got, p.Name+" "+p.Version+" "+p.SourceName)
		if p.Type != "apk" || p.Arch != "x86_64" || p.SourceVersion != p.Version || p.Path != "lib/apk/db/installed" {
			t.Errorf("%+v", p)
		}
	}
	want := []string{
		"musl 1.1.24-r2 musl", "busybox 1.31.1-r9 busybox", "alpine-baselayout 3.2.0-r3 alpine-baselayout",
		"alpine-keys 2.1-r2 alpine-keys", "libcrypto1.1 1.1.1d-r3 openssl", "libssl1.1 1.1.1d-r3 openssl",
		"ca-certificates-cacert 20191127-r1 ca-certificates", "libtls-standalone 2.9.1-r0 libtls-standalone",
		"ssl_client 1.31.1-r9 busybox", "zlib 1.2.11-r3 zlib", "apk-tools 2.10.4-r3 apk-tools",
		"scanelf 1.2.4-r0 pax-utils", "musl-utils 1.1.24-r2 musl", "libc-utils 0.7.2-r0 libc-dev",
	}
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.OS.ID != "alpine" || r.OS.Version != "3.11.5" || len(r.Malware) != 0 || len(r.Risks) != 0 {
		t.Errorf("%+v %+v %+v", r.OS, r.Malware, r.Risks)
	}
	for _, c := range r.Coverage {
		if c.State != landwaiter.Scanned {
			t.Errorf("%+v", c)
		}
	}
}

// BenchmarkAlpine measures a whole, real layer.
func BenchmarkAlpine(b *testing.B) {
	blob := layersOf(b, realtest.Shared(b, "data", "images", "alpine-311.tar.gz"))[0]
	e := newEngine(b, Options{})
	b.SetBytes(int64(len(blob)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Layer(b.Context(), bytes.NewReader(blob), nil); err != nil {
			b.Fatal(err)
		}
	}
}
