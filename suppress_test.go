package landwaiter

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCoversPackage(t *testing.T) {
	libc := Package{
		Type: "deb", Ecosystem: "Debian:12", Name: "libc6", Version: "2.36-9+deb12u4", Arch: "amd64", SourceName: "glibc",
		SourceVersion: "2.36-9+deb12u4",
		PURL:          "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12",
	}
	bash := Package{Type: "rpm", Ecosystem: "AlmaLinux:9", Name: "bash", Version: "1:5.1-2",
		PURL: "pkg:rpm/almalinux/bash@5.1-2?epoch=1"}
	ssl := Package{
		Type: "rpm", Ecosystem: "Red Hat:enterprise_linux:8", Name: "openssl-libs", Version: "1:1.1.1k-9.el8_7",
		Arch:       "x86_64",
		SourceName: "openssl", SourceVersion: "1:1.1.1k-9.el8_7",
		PURL: "pkg:rpm/rhel/openssl-libs@1.1.1k-9.el8_7?arch=x86_64&distro=rhel-8.7&epoch=1",
	}
	core := Package{Type: "npm", Name: "@babel/core", Version: "7.0.0", PURL: "pkg:npm/%40babel/core@7.0.0"}
	log4j := Package{Type: "maven", Name: "org.apache:log4j", Version: "1"}
	foo := Package{Type: "pypi", Name: "foo_bar", Version: "1", PURL: "pkg:pypi/foo-bar@1"}
	for _, c := range []struct {
		pkg     Package
		pattern string
		want    bool
	}{
		{libc, "", true},
		{libc, "libc6", true},
		{libc, "glibc", true},
		{libc, "libc", false},
		{libc, "pkg:deb/debian/libc6", true},
		{libc, "pkg:deb/debian/glibc", true},
		{libc, "pkg:deb/debian/glibc@2.36-9+deb12u4", true},
		{libc, "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4", true},
		{libc, "pkg:deb/debian/libc6@2.36-9", false},
		{libc, "pkg:deb/ubuntu/libc6", false},
		{libc, "pkg:deb/libc6", false},
		{libc, "pkg:apk/debian/libc6", false},
		{libc, "pkg:deb/debian/libc6?arch=amd64", true},
		{libc, "pkg:deb/debian/libc6?arch=arm64", false},
		{libc, "pkg:deb/debian/glibc?arch=source", true},
		{libc, "pkg:deb/debian/libc6?distro=debian-12", true},
		{libc, "pkg:deb/debian/libc6?distro=debian-12.5", true},
		{libc, "pkg:deb/debian/libc6?distro=debian-11", false},
		{libc, "pkg:deb/debian/libc6?distro=bookworm", true},
		{libc, "pkg:deb/debian/libc6?os_distro=trixie&os_name=debian&os_version=13", false},
		{libc, "pkg:deb/debian/libc6?os_distro=bookworm&os_name=debian&os_version=12", true},
		{bash, "pkg:rpm/almalinux/bash@5.1-2?epoch=1", true},
		{bash, "pkg:rpm/almalinux/bash@1:5.1-2", true},
		{bash, "pkg:rpm/almalinux/bash@5.1-2", false},
		{bash, "pkg:rpm/almalinux/bash@5.1-2?epoch=2", false},
		{ssl, "pkg:rpm/redhat/openssl?arch=src&distro=rhel-8", true},
		{ssl, "pkg:rpm/redhat/openssl-libs@1.1.1k-9.el8_7?arch=x86_64&epoch=1", true},
		{ssl, "pkg:rpm/redhat/openssl?arch=src&distro=rhel-6", false},
		{ssl, "pkg:rpm/redhat/openssl?arch=src&distro=sles-8", false},
		{ssl, "pkg:rpm/suse/openssl?arch=src", false},
		{core, "pkg:npm/%40babel/core", true},
		{core, "pkg:npm/@babel/core@7.0.0", true},
		{core, "pkg:npm/core", false},
		{log4j, "pkg:maven/org.apache/log4j@1", true},
		{foo, "pkg:pypi/Foo_Bar", true},
		{foo, "pkg:%zz", false},
	} {
		if got := (Suppression{Package: c.pattern}).CoversPackage(c.pkg); got != c.want {
			t.Errorf("%s covers %s: %v, want %v", c.pattern, c.pkg.Name, got, c.want)
		}
	}
}

func TestCoversImage(t *testing.T) {
	digest := func(s string) string { return "sha256:" + strings.Repeat(s, 64) }
	img := Image{ID: digest("a"), Names: []string{"Shop/web:1.4", "localhost:5000/x"}, ManifestDigest: digest("b"),
		RepoDigests: []string{"shop/web@" + digest("c")}}
	for pattern, want := range map[string]bool{
		"": true, digest("a"): true, digest("b"): true, digest("c"): true, digest("d"): false,
		"shop/web": true, "shop/web:1.4": true, "shop/web:1": false, "shop/web:1*": true, "shop/*": true, "*web": true,
		"*":    true,
		"shop": false, "web": false, "*/web": true, "s*p/*:1.*": true, "s*p/*:2.*": false, "localhost:5000/*": true,
	} {
		if got := (Suppression{Image: pattern}).CoversImage(img); got != want {
			t.Errorf("%q: %v, want %v", pattern, got, want)
		}
	}
}

func TestSuppress(t *testing.T) {
	now := time.Unix(1000, 0)
	pkg := func(name, version string) ImagePackage {
		return ImagePackage{Package: Package{Type: "npm", Name: name, Version: version}}
	}
	finding := func(id, name, version string, aliases ...string) ImageVulnerability {
		return ImageVulnerability{Vulnerability: Vulnerability{ID: id, Aliases: aliases, Type: "npm", Package: name,
			Version: version, Severity: High}}
	}
	r := &Report{Packages: []ImagePackage{pkg("left", "1"), pkg("right", "1")}, Vulnerabilities: []ImageVulnerability{
		finding("CVE-1", "left", "1", "GHSA-1"), finding("CVE-1", "right", "1", "GHSA-1"), finding("CVE-2", "left", "1"),
		finding("CVE-3", "left", "1"),
	}}
	r.Suppress([]Suppression{
		{ID: "a", Vulnerability: "GHSA-1", Package: "left"},
		{ID: "b", Vulnerability: "CVE-2", Expires: now},
		{ID: "c", Vulnerability: "CVE-3", Image: "shop/*"},
	}, now)
	var got, gone []string
	for _, v := range r.Vulnerabilities {
		got = append(got, v.ID+" "+v.Package)
	}
	for _, v := range r.Suppressed {
		gone = append(gone, v.ID+" "+v.Package+" by "+v.By.ID)
	}
	if d := cmp.Diff([][]string{{"CVE-1 right", "CVE-2 left", "CVE-3 left"}, {"CVE-1 left by a"}},
		[][]string{got, gone}); d != "" {
		t.Error(d)
	}
	r.Suppress([]Suppression{{Vulnerability: "CVE-1"}, {Vulnerability: "CVE-2"}, {Vulnerability: "CVE-3"}}, now)
	if r.Worst() != Unknown || r.Findings() != 0 || len(r.Suppressed) != 4 {
		t.Errorf("all suppressed: worst %v, %d findings, %d suppressed", r.Worst(), r.Findings(), len(r.Suppressed))
	}
}

func TestSuppressionCheck(t *testing.T) {
	good := Suppression{Vulnerability: "CVE-1", Reason: "why", Status: NotAffected, Package: "pkg:npm/left"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Suppression){
		"no flaw":   func(s *Suppression) { s.Vulnerability = "" },
		"a pattern": func(s *Suppression) { s.Vulnerability = "CVE-*" },
		"no reason": func(s *Suppression) { s.Reason = "" },
		"no status": func(s *Suppression) { s.Status = "" },
		"no purl":   func(s *Suppression) { s.Package = "pkg:npm" },
	} {
		s := good
		change(&s)
		if err := s.Check(); KindOf(err) != Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := good
	other.Reason = "another"
	if SuppressionID(good) != SuppressionID(other) {
		t.Error("another reason made another suppression")
	}
	other.Image = "x"
	if SuppressionID(good) == SuppressionID(other) {
		t.Error("another image is the same suppression")
	}
}

func FuzzPURL(f *testing.F) {
	for _, s := range []string{"pkg:deb/debian/libc6@1%3A2?arch=amd64&distro=debian-12#x", "pkg:npm/%40a/b", "pkg:",
		"pkg:a/b?%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, ok := parsePURL(text)
		if ok && (u.name == "" || u.kind == "") {
			t.Errorf("%q: %+v", text, u)
		}
		p := Package{Type: u.kind, Name: u.name, Version: u.version, PURL: text}
		if ok && !u.covers(p) && u.version != "" && len(u.qualifiers) == 0 {
			t.Errorf("%q does not cover itself", text)
		}
	})
}
