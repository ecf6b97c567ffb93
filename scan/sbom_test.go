package scan_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/sbom"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// The findings of an image scanned from its SBOM are those of the image.
func TestImageAndItsSBOMAreJudgedAlike(t *testing.T) {
	writers := map[string]func(io.Writer, *landwaiter.Report, string) error{"CycloneDX": sbom.WriteCycloneDX,
		"SPDX": sbom.WriteSPDX}
	eachStore(t, func(t *testing.T, s *store.DB) {
		importRecords(t, s)
		analysers, err := analyze.New(analyze.Options{Spool: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		scanner := &scan.Scanner{Store: scan.StoreOf(s), Suite: analysers}
		for name, img := range map[string]imagetest.Image{"debian": manyImage(), "rpm-less": nodeImage(1),
			"alpine": alpineImage()} {
			fromImage := scanImage(t, s, scanner, img)
			if name == "debian" && len(fromImage.Vulnerabilities) != 8 {
				t.Errorf("%s: %d vulnerabilities, want 8: %v", name, len(fromImage.Vulnerabilities), fromImage.Vulnerabilities)
			}
			for format, write := range writers {
				var b bytes.Buffer
				if err := write(&b, fromImage, "1"); err != nil {
					t.Fatal(err)
				}
				doc, err := sbom.Read(&b)
				if err != nil {
					t.Fatal(err)
				}
				fromSBOM, err := scanner.SBOM(t.Context(), doc)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(fromImage.Vulnerabilities, fromSBOM.Vulnerabilities); diff != "" {
					t.Errorf("%s, %s: vulnerabilities, image against SBOM: %s", name, format, diff)
				}
				if diff := cmp.Diff(fromImage.Malware, fromSBOM.Malware, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s, %s: malicious packages: %s", name, format, diff)
				}
				ignored := cmpopts.IgnoreFields(landwaiter.Package{}, "PURL")
				sorted := cmpopts.SortSlices(func(a, b landwaiter.ImagePackage) bool {
					return a.Type+a.Name+a.Path < b.Type+b.Name+b.Path
				})
				if diff := cmp.Diff(fromImage.Packages, fromSBOM.Packages, ignored, sorted); diff != "" {
					t.Errorf("%s, %s: packages: %s", name, format, diff)
				}
				if fromSBOM.ID != fromImage.ID || fromSBOM.Distro.ID != fromImage.Distro.ID {
					t.Errorf("%s, %s: image %s, system %v", name, format, fromSBOM.ID, fromSBOM.Distro)
				}
			}
		}
	})
}

func scanImage(t *testing.T, s *store.DB, scanner *scan.Scanner, img imagetest.Image) *landwaiter.Report {
	t.Helper()
	opened := layouts(t, s, img)[0]
	if _, err := scanner.Scan(t.Context(), opened,
		scan.Options{Kinds: landwaiter.ScanVul | landwaiter.ScanVirus}); err != nil {
		t.Fatal(err)
	}
	rep, err := s.Reports().Get(t.Context(), img.ID(), scanner.Suite.Analysers())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// manyImage has packages of many kinds, one of them at two paths and one that
// is malicious.
func manyImage() imagetest.Image {
	base := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"),
		imagetest.Text("var/lib/dpkg/status", strings.Join([]string{
			"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2+b2\n",
			"Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.11-1~deb12u2\n",
			"Package: libgcc-s1\nStatus: install ok installed\nArchitecture: amd64\nSource: gcc-12 (12.2.0-14)\nVersion: " +
				"12.2.0-14+b7\n",
			"Package: python3-six\nMaintainer: Debian Python Team <team+python@tracker.debian.org>\nStatus: install ok " +
				"installed\nArchitecture: all\nSource: six\nVersion: 1.16.0-4\n",
			"Package: vim\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2:9.0.1378-2\n",
		}, "\n")),
		imagetest.Text("var/lib/dpkg/info/python3-six.list",
			"/.\n/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA\n"),
		imagetest.Text("usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA",
			"Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n"))
	app := imagetest.NewLayer(
		imagetest.Text("app/node_modules/left/package.json", `{"name":"left","version":"1.0.1"}`),
		imagetest.Text("old/node_modules/left/package.json", `{"name":"left","version":"1.0.1"}`),
		imagetest.Text("app/node_modules/@scope/evil/package.json", `{"name":"@scope/evil","version":"6.6.6"}`),
		imagetest.Text("app/lib/python3.11/site-packages/Foo_Bar-1.0.dist-info/METADATA",
			"Metadata-Version: 2.1\nName: Foo_Bar\nVersion: 1.0\n"),
		imagetest.File{Path: "app/core.jar", Content: jar("org.example", "core", "1.2.3")},
		imagetest.Text("app/composer.lock", `{"packages":[{"name":"Vendor/Lib","version":"1.0.0"}],"packages-dev":[]}`),
	)
	return imagetest.Image{Names: []string{"many:1"}, Layers: []imagetest.Layer{base, app}}
}

func alpineImage() imagetest.Image {
	return imagetest.Image{Names: []string{"alpine:1"}, Layers: []imagetest.Layer{imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n"),
		imagetest.Text("lib/apk/db/installed", "P:libcrypto3\nV:3.3.0-r0\nA:x86_64\no:openssl\n\nP:musl\nV:1.2.5-r0\n"+
			"A:x86_64\no:musl\n\n"),
	)}}
}

func jar(group, artifact, version string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("META-INF/maven/" + group + "/" + artifact + "/pom.properties")
	if err == nil {
		_, err = io.WriteString(f, "groupId="+group+"\nartifactId="+artifact+"\nversion="+version+"\n")
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return b.Bytes()
}

// importRecords imports an advisory for each package of the images.
func importRecords(t *testing.T, s *store.DB) {
	t.Helper()
	dir := t.TempDir()
	for _, r := range []struct{ id, ecosystem, name, typ, fixed string }{
		{"CVE-2099-1", "Debian:12", "openssl", "ECOSYSTEM", "3.0.12-1"},
		{"CVE-2099-2", "Debian:12", "gcc-12", "ECOSYSTEM", "12.2.0-15"},
		{"CVE-2099-3", "Debian:12", "vim", "ECOSYSTEM", "2:9.1-1"},
		{"CVE-2099-4", "Debian:12", "bash", "ECOSYSTEM", "5.2.15-2"}, // fixed: a rebuild is no other version
		{"CVE-2099-5", "npm", "left", "SEMVER", "1.0.5"},
		{"CVE-2099-6", "PyPI", "foo-bar", "ECOSYSTEM", "2.0"},
		{"CVE-2099-7", "Maven", "org.example:core", "ECOSYSTEM", "2.0"},
		{"CVE-2099-8", "Packagist", "vendor/lib", "ECOSYSTEM", "1.0.1"},
		{"CVE-2099-9", "Debian:12", "openssl", "ECOSYSTEM", "3.1-1"},
		{"CVE-2099-11", "PyPI", "six", "ECOSYSTEM", "2.0"}, // Debian's package says nothing of it
		{"CVE-2099-10", "Alpine:v3.20", "openssl", "ECOSYSTEM", "3.3.1-r0"},
		{"MAL-2099-1", "npm", "@scope/evil", "SEMVER", "99.0.0"},
	} {
		record := `{"schema_version":"1.6.0","id":"` + r.id +
			`","modified":"2026-01-01T00:00:00Z","summary":"A flaw.","aliases":["GHSA-` + r.id + `"],` +
			`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}],` +
			`"affected":[{"package":{"ecosystem":"` + r.ecosystem +
			`","name":"` + r.name + `"},"ranges":[{"type":"` + r.typ + `","events":[{"introduced":"0"},{"fixed":"` + r.fixed +
			`"}]}]}]}`
		if err := os.WriteFile(filepath.Join(dir, r.id+".json"), []byte(record), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := feed.Import(t.Context(), s, scan.Matcher, []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
}
