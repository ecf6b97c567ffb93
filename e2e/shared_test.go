package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
)

// TestSharedData scans real archives with the real advisories of the shared test
// data, which it imports once.
func TestSharedData(t *testing.T) {
	if testing.Short() {
		t.Skip("imports 87,000 advisories")
	}
	t.Parallel()
	s := newStore(t)
	var imported struct{ Records, Changed, Skipped int }
	s.decode(t, &imported, "db", "import", "--output", "json", realtest.Shared(t, "data", "osv"))
	if imported.Records < 80_000 || imported.Skipped > imported.Records/1000 {
		t.Errorf("import: %+v", imported)
	}
	t.Run("alpine", func(t *testing.T) { scanAlpine(t, s) })
	t.Run("known flaws", func(t *testing.T) { scanOld(t, s) })
	t.Run("oci", func(t *testing.T) { scanCompressions(t, s) })
	for name, layers := range map[string]int{"test-docker-image.tar": 14, "test-kaniko-image.tar": 14} {
		t.Run(name, func(t *testing.T) {
			images := s.scan(t, realtest.Shared(t, "data", "images", name))
			if len(images) != 1 || len(images[0].Layers) != layers {
				t.Fatalf("images %+v", images)
			}
			checkCoverage(t, images[0])
		})
	}
}

// alpine311 are the packages of Alpine 3.11.5: name, version, source.
var alpine311 = []string{
	"alpine-baselayout 3.2.0-r3 alpine-baselayout",
	"alpine-keys 2.1-r2 alpine-keys",
	"apk-tools 2.10.4-r3 apk-tools",
	"busybox 1.31.1-r9 busybox",
	"ca-certificates-cacert 20191127-r1 ca-certificates",
	"libc-utils 0.7.2-r0 libc-dev",
	"libcrypto1.1 1.1.1d-r3 openssl",
	"libssl1.1 1.1.1d-r3 openssl",
	"libtls-standalone 2.9.1-r0 libtls-standalone",
	"musl 1.1.24-r2 musl",
	"musl-utils 1.1.24-r2 musl",
	"scanelf 1.2.4-r0 pax-utils",
	"ssl_client 1.31.1-r9 busybox",
	"zlib 1.2.11-r3 zlib",
}

// scanAlpine scans a real image. The advisories for Alpine 3.11 in the test data
// are as old as the image, which has all fixes: the newest flaw of OpenSSL,
// CVE-2019-1551, is fixed in the installed version.
func scanAlpine(t *testing.T, s store) {
	images := s.scan(t, realtest.Shared(t, "data", "images", "alpine-311.tar.gz"))
	if len(images) != 1 {
		t.Fatalf("%d images", len(images))
	}
	im := images[0]
	if im.OS.ID != "alpine" || im.OS.Version != "3.11.5" ||
		im.ImageID != "sha256:a187dde48cd289ac374ad8539930628314bc581a481cdb41409c9289419ddb72" {
		t.Errorf("image %s, distribution %+v", im.ImageID, im.OS)
	}
	var got []string
	for _, p := range im.Packages {
		got = append(got, p.Name+" "+p.Version+" "+p.Source)
		if p.Ecosystem != "Alpine:v3.11" || !strings.HasPrefix(p.PURL, "pkg:apk/alpine/") {
			t.Errorf("package %+v", p)
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(alpine311, got); d != "" {
		t.Errorf("packages -want +got:\n%s", d)
	}
	if d := cmp.Diff([]string{}, findings(im)); d != "" {
		t.Errorf("vulnerabilities -want +got:\n%s", d)
	}
	checkCoverage(t, im)
}

// oldPackages have flaws in the shared advisories.
var oldPackages = imagetest.NewLayer(
	imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.11.0\n"),
	imagetest.Text("lib/apk/db/installed", apk("busybox", "1.29.3-r9", "busybox")+apk("libssl1.1", "1.1.1d-r2",
		"openssl")+apk("musl", "1.1.23-r1", "musl")),
)

func apk(name, version, source string) string {
	return fmt.Sprintf("P:%s\nV:%s\nA:x86_64\no:%s\n\n", name, version, source)
}

// scanOld scans the next older versions of the same packages, which have the
// flaws that were fixed last.
func scanOld(t *testing.T, s store) {
	dir := t.TempDir()
	writeFleet(t, dir, []imagetest.Image{{Names: []string{"old:1"}, Layers: []imagetest.Layer{oldPackages}}})
	images := s.scan(t, dir)
	if len(images) != 1 {
		t.Fatalf("%d images", len(images))
	}
	want := []string{
		"CVE-2018-20679 busybox 1.29.3-r9 fixed 1.29.3-r10",
		"CVE-2019-14697 musl 1.1.23-r1 fixed 1.1.23-r2",
		"CVE-2019-1551 libssl1.1 1.1.1d-r2 fixed 1.1.1d-r3",
		"CVE-2019-5747 busybox 1.29.3-r9 fixed 1.29.3-r10",
	}
	if d := cmp.Diff(want, findings(images[0])); d != "" {
		t.Errorf("vulnerabilities -want +got:\n%s", d)
	}
}

func findings(im scanImage) []string {
	out := []string{}
	for _, v := range im.Vulnerabilities {
		out = append(out, v.ID+" "+v.Package+" "+v.Version+" fixed "+v.Fixed)
	}
	slices.Sort(out)
	return out
}

// scanCompressions scans the same files in layers with each compression. The
// results must be equal.
func scanCompressions(t *testing.T, s store) {
	var first scanImage
	for _, compression := range []string{"uncompressed", "gzip", "zstd", "estargz"} {
		images := s.scan(t, realtest.Shared(t, "data", "images", "test-oci-"+compression+"-image.tar"))
		if len(images) != 1 || len(images[0].Layers) == 0 {
			t.Fatalf("%s: images %+v", compression, images)
		}
		im := images[0]
		checkCoverage(t, im)
		if compression == "uncompressed" {
			first = im
			continue
		}
		// Estargz adds a table of contents to the tar archive, so diffIDs differ.
		// Nobody needs a confined child for layers that are known.
		ignored := cmpopts.IgnoreFields(scanImage{}, "Target", "ImageID", "Names", "Layers", "Coverage",
			"Confinement", "Reason")
		places := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Layer" }, cmp.Ignore())
		if d := cmp.Diff(first, im, ignored, places); d != "" {
			t.Errorf("uncompressed - %s +:\n%s", compression, d)
		}
	}
}

// checkCoverage checks that every analyser scanned every layer.
func checkCoverage(t *testing.T, im scanImage) {
	t.Helper()
	seen := map[string]int{}
	for _, c := range im.Coverage {
		seen[c.Layer]++
		if c.State != "scanned" && c.State != "noted" && c.Analyser != "malware lists" {
			t.Errorf("%s: coverage %+v", im.Target, c)
		}
	}
	for _, l := range im.Layers {
		if seen[l.DiffID] == 0 {
			t.Errorf("%s: no analyser scanned layer %s", im.Target, l.DiffID)
		}
	}
}
