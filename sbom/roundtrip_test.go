package sbom_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/sbom"
)

var writers = map[string]func(io.Writer, *landwaiter.Report, string) error{
	"CycloneDX": sbom.WriteCycloneDX, "SPDX": sbom.WriteSPDX,
}

// again writes a report and reads it back.
func again(t testing.TB, write func(io.Writer, *landwaiter.Report, string) error, r *landwaiter.Report) *sbom.Document {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r, "1.0"); err != nil {
		t.Fatal(err)
	}
	doc, err := sbom.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func digest(letter string) string { return "sha256:" + strings.Repeat(letter, 64) }

func debian() *landwaiter.Report {
	return &landwaiter.Report{
		Image: landwaiter.Image{
			ID: digest("c"), Names: []string{"shop/web:1", "shop/web:latest"}, ManifestDigest: digest("d"),
			RepoDigests: []string{"shop/web@" + digest("d")},
			Layers:      []landwaiter.LayerRef{{DiffID: digest("a")}, {DiffID: digest("b")}},
			Config: landwaiter.ImageConfig{History: []landwaiter.History{{CreatedBy: "RUN apt-get install x=1"},
				{CreatedBy: "COPY app ."}}},
		},
		Base:   landwaiter.Base{ImageID: digest("e"), Names: []string{"debian:12"}, Layers: 1},
		Target: "web.tar", ScanTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Distro: landwaiter.OSRelease{ID: "debian", Version: "12", Codename: "bookworm",
			Name: "Debian GNU/Linux 12 (bookworm)"},
		Packages: []landwaiter.ImagePackage{
			in("a", "var/lib/dpkg/status", deb("bash", "5.2.15-2+b2", "bash", "5.2.15-2")),
			in("a", "var/lib/dpkg/status", deb("libssl3", "3.0.11-1~deb12u2", "openssl", "3.0.11-1~deb12u2")),
			in("a", "var/lib/dpkg/status", deb("vim", "2:9.0.1378-2", "vim", "2:9.0.1378-2")),
			in("b", "app/package-lock.json", landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "@scope/left",
				Version: "1.0.0-rc.1", Dev: true}),
			in("b", "app/go", landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "github.com/BurntSushi/toml",
				Version: "1.2.3"}),
			in("b", "app/go", landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "stdlib", Version: "1.22.1"}),
			in("b", "app/a b/x.jar", landwaiter.Package{Type: "maven", Ecosystem: "Maven", Name: "org.Example:core",
				Version: "1.0"}),
			in("b", "app/a", landwaiter.Package{Type: "pypi", Ecosystem: "PyPI", Name: "foo-bar", Version: "1!2.0+local"}),
			in("b", "app/b", landwaiter.Package{Type: "composer", Ecosystem: "Packagist", Name: "symfony/http",
				Version: "v6.0"}),
			in("b", "app/c", landwaiter.Package{Type: "nuget", Ecosystem: "NuGet", Name: "Newtonsoft.Json", Version: "13.0"}),
			in("a", "usr/lib/python3/six", landwaiter.Package{Type: "pypi", Name: "six", Version: "1.16", Owner: "python3-six"}),
			in("b", "app/d", landwaiter.Package{Type: "conda", Name: "numpy", Version: "1"}),
		},
	}
}

func deb(name, version, source, sourceVersion string) landwaiter.Package {
	return landwaiter.Package{
		Type: "deb", Ecosystem: "Debian:12", Name: name, Version: version, Arch: "amd64", SourceName: source,
		SourceVersion: sourceVersion,
	}
}

func in(layer, path string, p landwaiter.Package) landwaiter.ImagePackage {
	p.Path = path
	return landwaiter.ImagePackage{Package: p, Layer: digest(layer)}
}

func TestRoundTrip(t *testing.T) {
	for format, write := range writers {
		want := debian()
		doc := again(t, write, want)
		if diff := cmp.Diff(want.Packages, doc.Packages, cmpopts.IgnoreFields(landwaiter.Package{}, "PURL")); diff != "" {
			t.Errorf("%s: packages: %s", format, diff)
		}
		if diff := cmp.Diff(want.Distro, doc.Distro); diff != "" {
			t.Errorf("%s: distribution: %s", format, diff)
		}
		if diff := cmp.Diff(want.Image, doc.Image); diff != "" {
			t.Errorf("%s: image: %s", format, diff)
		}
		if diff := cmp.Diff(want.Base, doc.Base); diff != "" {
			t.Errorf("%s: base image: %s", format, diff)
		}
		unused := `1 of 12 packages could not be compared with advisories: 1 of a type without advisories (such as "numpy")`
		if got := doc.Unused(); got != unused {
			t.Errorf("%s: unused: %s, want %s", format, got, unused)
		}
	}
}

// A base of more layers than there are is none.
func TestBaseHasNoMoreLayers(t *testing.T) {
	for format, write := range writers {
		r := debian()
		r.Base.Layers = len(r.Layers) + 1
		if doc := again(t, write, r); doc.Base.Layers != 0 || doc.Base.ImageID != "" {
			t.Errorf("%s: %+v", format, doc.Base)
		}
	}
}

// A report of an SBOM is written as the SBOM was.
func TestSecondGeneration(t *testing.T) {
	for format, write := range writers {
		first := again(t, write, debian())
		second := again(t, write, &landwaiter.Report{Image: first.Image, Base: first.Base, Distro: first.Distro,
			Packages: first.Packages, ScanTime: debian().ScanTime})
		if diff := cmp.Diff(first, second, cmp.AllowUnexported(sbom.Document{}),
			cmpopts.IgnoreFields(sbom.Document{}, "unused")); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
}

// What does not count is written, with the reason, in the terms of the format.
func TestSuppressedIsWritten(t *testing.T) {
	r := debian()
	for i, status := range []landwaiter.SuppressionStatus{landwaiter.NotAffected, landwaiter.AlreadyFixed,
		landwaiter.RiskAccepted} {
		r.Suppressed = append(r.Suppressed, landwaiter.SuppressedVulnerability{
			ImageVulnerability: landwaiter.ImageVulnerability{Vulnerability: landwaiter.Vulnerability{
				ID: "CVE-2099-" + strconv.Itoa(i), Type: "deb", Ecosystem: "Debian:12", Package: "bash", Version: "5.2.15-2+b2",
			}},
			By: landwaiter.Suppression{Status: status, Reason: "because", Source: "list.txt"},
		})
	}
	for format, wants := range map[string][]string{
		"CycloneDX": {`"state": "not_affected"`, `"state": "resolved"`, `"state": "exploitable"`, `"will_not_fix"`,
			`"because (list.txt)"`, `"status": "unaffected"`},
		"SPDX": {"CVE-2099-2", "suppressed, not_affected: because (list.txt)",
			"suppressed, accepted: because (list.txt)"},
	} {
		var b bytes.Buffer
		if err := writers[format](&b, r, "1"); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %s", format, want)
			}
		}
	}
}

// A score that says otherwise than the severity is a rating of its own.
func TestRatings(t *testing.T) {
	for severity, want := range map[landwaiter.Severity]int{landwaiter.Critical: 1, landwaiter.Low: 2} {
		r := debian()
		r.Vulnerabilities = []landwaiter.ImageVulnerability{{Vulnerability: landwaiter.Vulnerability{
			ID: "CVE-2099-1", Severity: severity, CVSS: 9.8, CVSSVector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		}}}
		var b bytes.Buffer
		if err := sbom.WriteCycloneDX(&b, r, "1"); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Vulnerabilities []struct{ Ratings []struct{ Severity string } }
		}
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		got := doc.Vulnerabilities[0].Ratings
		if len(got) != want || got[0].Severity != severity.String() || got[len(got)-1].Severity != "critical" {
			t.Errorf("%s: %+v", severity, got)
		}
	}
}

func TestSameReportSameBytes(t *testing.T) {
	for format, write := range writers {
		var a, b bytes.Buffer
		if err := write(&a, debian(), "1"); err != nil {
			t.Fatal(err)
		}
		if err := write(&b, debian(), "1"); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two writings differ", format)
		}
	}
}

func TestPURL(t *testing.T) {
	alma := landwaiter.OSRelease{ID: "almalinux", Version: "9.3"}
	for _, c := range []struct {
		os   landwaiter.OSRelease
		pkg  landwaiter.Package
		want string
	}{
		{
			debian().Distro, deb("libssl3", "1:3.0~rc1-1+b1", "openssl", "1:3.0~rc1-1"),
			"pkg:deb/debian/libssl3@1:3.0~rc1-1%2Bb1?arch=amd64&distro=debian-12&upstream=openssl%401:3.0~rc1-1",
		},
		{debian().Distro, deb("bash", "5", "bash", "5"), "pkg:deb/debian/bash@5?arch=amd64&distro=debian-12"},
		{debian().Distro, deb("sh", "5", "bash", "5"), "pkg:deb/debian/sh@5?arch=amd64&distro=debian-12&upstream=bash"},
		{
			alma, landwaiter.Package{
				Type: "rpm", Name: "nodejs", Version: "1:18.12-2.el9", Arch: "x86_64", SourceName: "node",
				SourceVersion: "1:18.12-2.el9", Modularity: "nodejs:18",
			},
			"pkg:rpm/almalinux/nodejs@18.12-2.el9?arch=x86_64&distro=almalinux-9.3&epoch=1&rpmmod=nodejs:18" +
				"&upstream=node-18.12-2.el9.src.rpm",
		},
		{landwaiter.OSRelease{}, landwaiter.Package{Type: "golang", Name: "a.org/B/c", Version: "1.0"},
			"pkg:golang/a.org/B/c@v1.0"},
		{landwaiter.OSRelease{}, landwaiter.Package{Type: "npm", Name: "@a/b", Version: "1.0"}, "pkg:npm/%40a/b@1.0"},
		{landwaiter.OSRelease{}, landwaiter.Package{Type: "maven", Name: "g.r:a", Version: "1.0"}, "pkg:maven/g.r/a@1.0"},
	} {
		if got := sbom.PURL(c.pkg, c.os); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// Whatever an analyser may find comes back as it was.
func TestRoundTripOfAnyPackage(t *testing.T) {
	systems := []landwaiter.OSRelease{
		{ID: "debian", Version: "12"}, {ID: "debian", Codename: "forky"}, {ID: "alpine", Version: "3.19.1"},
		{ID: "rhel", Version: "9.4"},
		{ID: "openEuler", Version: "24.03", Name: "openEuler 24.03 (LTS-SP1)"}, {ID: "opensuse-leap", Version: "15.6"},
		{ID: "sles", Version: "15.6"},
	}
	rapid.Check(t, func(t *rapid.T) {
		os := rapid.SampledFrom(systems).Draw(t, "os")
		want := &landwaiter.Report{Image: landwaiter.Image{ID: digest("c")}, Distro: os}
		for range rapid.IntRange(1, 5).Draw(t, "packages") {
			want.Packages = append(want.Packages, landwaiter.ImagePackage{Package: drawPackage(t, os), Layer: digest("a")})
		}
		format := rapid.SampledFrom([]string{"CycloneDX", "SPDX"}).Draw(t, "format")
		var b bytes.Buffer
		if err := writers[format](&b, want, "1"); err != nil {
			t.Fatal(err)
		}
		doc, err := sbom.Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Packages, doc.Packages, cmpopts.IgnoreFields(landwaiter.Package{}, "PURL")); diff != "" {
			t.Fatalf("%s: %s", format, diff)
		}
	})
}

func drawPackage(t *rapid.T, os landwaiter.OSRelease) landwaiter.Package {
	name := rapid.StringMatching(`[@A-Za-z0-9ä][-_.+~@%/?#&= A-Za-z0-9ä]{0,12}[A-Za-z0-9]`)
	version := rapid.StringMatching(`([0-9]:)?[0-9][-.+~^A-Za-z0-9]{0,12}[0-9]`)
	p := landwaiter.Package{
		Type: rapid.SampledFrom([]string{"deb", "apk", "rpm", "npm", "golang", "maven", "cargo", "gem"}).Draw(t, "type"),
		Name: name.Draw(t, "name"), Version: version.Draw(t, "version"), Path: name.Draw(t, "path"),
		Dev: rapid.Bool().Draw(t, "dev"),
	}
	if p.Type == "deb" || p.Type == "apk" || p.Type == "rpm" {
		p.Arch = "amd64"
		p.SourceName, p.SourceVersion = rapid.StringMatching(`[a-z0-9][-+.a-z0-9]{0,8}[a-z]`).Draw(t, "source"),
			version.Draw(t, "source version")
	}
	if p.Type == "rpm" {
		p.Modularity = rapid.SampledFrom([]string{"", "nodejs:18:1:2"}).Draw(t, "module")
	}
	p.Ecosystem = match.Ecosystem(os, p.Type)
	return p
}
