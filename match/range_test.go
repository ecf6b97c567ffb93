package match

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestStreams has records of each kind of distribution and release as they are
// published, with packages that they do and do not apply to.
func TestStreams(t *testing.T) {
	deb := func(ecosystem, version string) landwaiter.Package {
		return landwaiter.Package{Type: "deb", Ecosystem: ecosystem, Name: "libx1", Version: version, SourceName: "x"}
	}
	rpm := func(ecosystem, version string) landwaiter.Package {
		return landwaiter.Package{Type: "rpm", Ecosystem: ecosystem, Name: "x", Version: version, SourceName: "x",
			SourceVersion: strings.TrimPrefix(version, "1:")}
	}
	apk := func(ecosystem, version string) landwaiter.Package {
		return landwaiter.Package{Type: "apk", Ecosystem: ecosystem, Name: "libx", Version: version, SourceName: "x",
			SourceVersion: version}
	}
	for _, c := range []struct {
		pkg       landwaiter.Package
		ecosystem string // of the record
		ranges    string
		fixed     string // "-": not affected
	}{
		{deb("Debian:12", "1.0-1"), "Debian:12", "introduced=0 fixed=1.0-2", "1.0-2"},
		{deb("Debian:12", "1.0-1"), "Debian:11", "introduced=0 fixed=1.0-2", "-"},
		{deb("Debian:12", "1.0-1"), "Debian:12", "introduced=0", ""}, // unfixed
		{deb("Debian:12", "1.0-2+b1"), "Debian:12", "introduced=0 fixed=1.0-2", "-"},
		{deb("Debian:12", "1.0-1+b7"), "Debian:12", "introduced=0 fixed=1.0-1+deb12u1", "1.0-1+deb12u1"},
		{deb("Debian:12", "1:1.0-1"), "Debian:12", "introduced=0 fixed=9.0-1", "-"}, // the epoch wins
		{deb("Ubuntu:22.04:LTS", "1.0-1"), "Ubuntu:22.04:LTS", "introduced=0 fixed=1.0-2", "1.0-2"},
		{deb("Ubuntu:22.04:LTS", "1.0-1"), "Ubuntu:Pro:22.04:LTS", "introduced=0 fixed=1.0-1+esm1", "1.0-1+esm1"},
		{deb("Ubuntu:22.04:LTS", "1.0-1"), "Ubuntu:Pro:Realtime:22.04:LTS", "introduced=0", "-"},
		{deb("Ubuntu:24.10", "1.0-1"), "Ubuntu:24.04:LTS", "introduced=0", "-"},
		{apk("Alpine:v3.17", "1.0-r1"), "Alpine:v3.17", "introduced=0 fixed=1.0-r2", "1.0-r2"},
		{apk("Alpine:v3.17", "1.0-r1"), "Alpine:v3.18", "introduced=0 fixed=1.0-r2", "-"},
		{apk("Wolfi", "1.0-r1"), "Wolfi", "introduced=0 fixed=1.0-r2", "1.0-r2"},
		{apk("Chainguard", "1.0-r1"), "Chainguard", "introduced=0 fixed=1.0-r2", "1.0-r2"},
		{apk("Chainguard", "1.0-r1"), "Wolfi", "introduced=0 fixed=1.0-r2", "-"},
		{rpm("AlmaLinux:9", "1:1.0-1.el9"), "AlmaLinux:9", "introduced=0 fixed=1:1.0-2.el9", "1:1.0-2.el9"},
		{rpm("AlmaLinux:9", "1:1.0-1.el9"), "AlmaLinux:8", "introduced=0 fixed=1:1.0-2.el8", "-"},
		{rpm("Rocky Linux:9", "0:1.0-1.el9"), "Rocky Linux:9", "introduced=0 fixed=0:1.0-2.el9", "0:1.0-2.el9"},
		{rpm("Red Hat:enterprise_linux:9", "0:1.0-1.el9"), "Red Hat:enterprise_linux:9::appstream",
			"introduced=0 fixed=0:1.0-2.el9", "0:1.0-2.el9"},
		{rpm("Red Hat:enterprise_linux:9", "0:1.0-1.el9"), "Red Hat:rhel_eus:9.2::appstream",
			"introduced=0 fixed=0:1.0-2.el9", "-"},
		{rpm("SUSE:Linux Enterprise Server 15 SP6", "1.0-1"), "SUSE:Linux Enterprise Module for Basesystem 15 SP6",
			"introduced=0 fixed=1.0-2", "1.0-2"},
		{rpm("SUSE:Linux Enterprise Server 15 SP6", "1.0-1"), "SUSE:Linux Enterprise Server 15 SP5",
			"introduced=0 fixed=1.0-2", "-"},
		{rpm("openSUSE:Leap 15.6", "1.0-1"), "openSUSE:Leap 15.6", "introduced=0 fixed=1.0-2", "1.0-2"},
		{rpm("openSUSE:Tumbleweed", "1.0-1"), "openSUSE:Tumbleweed", "introduced=0 fixed=1.0-2", "1.0-2"},
		{rpm("Photon OS:4.0", "1.0-1.ph4"), "Photon OS:4.0", "introduced=0 fixed=1.0-10.ph4", "1.0-10.ph4"},
		{rpm("Photon OS:4.0", "1.0-1.ph4"), "Photon OS:5.0", "introduced=0 fixed=1.0-10.ph5", "-"},
		{rpm("Azure Linux:3", "1.0-1.azl3"), "Azure Linux:3", "introduced=0 fixed=1.0-2.azl3", "1.0-2.azl3"},
		{rpm("Azure Linux:3", "1.0-1.azl3"), "Azure Linux:2", "introduced=0 fixed=1.0-2.cm2", "-"},
		{rpm("openEuler:24.03-LTS-SP1", "1.0-1.oe2403"), "openEuler:24.03-LTS-SP1", "introduced=0 fixed=1.0-2.oe2403",
			"1.0-2.oe2403"},
		{rpm("openEuler:24.03-LTS-SP1", "1.0-1.oe2403"), "openEuler:24.03-LTS", "introduced=0 fixed=1.0-2.oe2403", "-"},
		{rpm("Mageia:9", "1.0-1.mga9"), "Mageia:9", "introduced=0 fixed=1.0-2.mga9", "1.0-2.mga9"},
		{landwaiter.Package{Type: "bitnami", Ecosystem: "Bitnami", Name: "x", Version: "1.25.3-4"}, "Bitnami",
			"introduced=1.25.0 fixed=1.25.3", "-"},
		{landwaiter.Package{Type: "bitnami", Ecosystem: "Bitnami", Name: "x", Version: "1.25.2-9"}, "Bitnami",
			"introduced=1.25.0 fixed=1.25.3", "1.25.3"},
		{landwaiter.Package{Type: "composer", Ecosystem: "Packagist", Name: "x", Version: "v6.0"}, "Packagist",
			"introduced=5.0.0 fixed=6.0.0", "-"},
	} {
		a := advisory("A-1", "", entry(c.ecosystem, "x", c.ranges))
		got, _ := Package(c.pkg, []*landwaiter.Advisory{a}, nil)
		name := c.pkg.Ecosystem + " " + c.pkg.Version + " by " + c.ecosystem + " " + c.ranges
		switch {
		case c.fixed == "-" && len(got) > 0:
			t.Errorf("%s: a false positive", name)
		case c.fixed != "-" && len(got) == 0:
			t.Errorf("%s: missed", name)
		case c.fixed != "-" && got[0].Fixed != c.fixed:
			t.Errorf("%s: fixed in %q, want %q", name, got[0].Fixed, c.fixed)
		}
	}
}

// TestBranches checks that the fix is on the installed branch as long as this
// branch has one.
func TestBranches(t *testing.T) {
	branches := entry("npm", "x", "introduced=1.0.0 fixed=1.4.2", "introduced=2.0.0 fixed=2.1.0",
		"introduced=3.0.0 last=3.2.0", "introduced=4.0.0")
	for version, want := range map[string]string{
		"1.3.0": "1.4.2", "2.0.5": "2.1.0", "1.4.2": "-", "2.1.0": "-", "3.1.0": "", "3.2.1": "-", "4.0.0": "",
		"0.9.0": "-", "2.0.0-rc.1": "-",
	} {
		v, err := Affects(&branches, "npm", version)
		if err != nil || v.Affected != (want != "-") || v.Affected && v.Fixed != want {
			t.Errorf("%s: %+v, %v; want %q", version, v, err, want)
		}
	}
}

// TestGoToolchain has the forms in which binaries record their Go version.
func TestGoToolchain(t *testing.T) {
	stdlib := advisory("GO-1", "CVE-2024-1", entry("Go", "stdlib", "introduced=0 fixed=1.21.8",
		"introduced=1.22.0-0 fixed=1.22.1"))
	command := advisory("GO-2", "CVE-2024-2", entry("Go", "toolchain", "introduced=0"))
	for version, want := range map[string]string{
		"go1.21.7": "1.21.8", "go1.21.8": "-", "go1.22rc1": "1.22.1", "go1.22": "1.22.1", "go1.22.0": "1.22.1",
		"go1.22.1":                "-",
		"go1.22.1 X:boringcrypto": "-", "go1.22.1-vendor": "-", "1.22.0-rc.2": "1.22.1", "go1.21": "1.21.8",
		"devel go1.23-abc": "-", "go1.9.2rc2": "1.21.8",
	} {
		pkg := landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "stdlib", Version: version}
		got, _ := Package(pkg, []*landwaiter.Advisory{stdlib, command}, nil)
		switch {
		case want == "-" && len(got) > 0:
			t.Errorf("%s: %v", version, lines(got))
		case want != "-" && (len(got) != 1 || got[0].Fixed != want):
			t.Errorf("%s: %v, want a fix in %s", version, lines(got), want)
		}
	}
}

// TestUbuntuPro has a flaw that each of the two archives fixes in its own
// builds.
func TestUbuntuPro(t *testing.T) {
	both := func(open, pro string) *landwaiter.Advisory {
		return advisory("UBUNTU-CVE-2024-1", "", entry("Ubuntu:18.04:LTS", "x", "introduced=0"+open),
			entry("Ubuntu:Pro:18.04:LTS", "x", "introduced=0"+pro))
	}
	for _, c := range []struct {
		version string
		record  *landwaiter.Advisory
		want    string
	}{
		{"1.0-1ubuntu0.1", both(" fixed=1.0-1ubuntu0.1", " fixed=1.0-1ubuntu0.1+esm2"), "-"},
		{"1.0-1", both(" fixed=1.0-1ubuntu0.1", " fixed=1.0-1ubuntu0.1+esm2"), "1.0-1ubuntu0.1"},
		{"1.0-1ubuntu0.1+esm2", both("", " fixed=1.0-1ubuntu0.1+esm2"), "-"},
		{"1.0-1ubuntu0.1+esm1", both("", " fixed=1.0-1ubuntu0.1+esm2"), "1.0-1ubuntu0.1+esm2"},
	} {
		pkg := landwaiter.Package{Type: "deb", Ecosystem: "Ubuntu:18.04:LTS", Name: "x", Version: c.version,
			SourceName: "x"}
		got, _ := Package(pkg, []*landwaiter.Advisory{c.record}, nil)
		if (len(got) > 0) != (c.want != "-") || len(got) > 0 && got[0].Fixed != c.want {
			t.Errorf("%s: %v, want %s", c.version, lines(got), c.want)
		}
	}
}
