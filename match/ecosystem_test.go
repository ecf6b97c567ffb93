package match

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func TestEcosystem(t *testing.T) {
	type os = landwaiter.OSRelease
	for _, c := range []struct {
		os       os
		purlType string
		want     string
	}{
		{os{ID: "debian", Version: "12"}, "deb", "Debian:12"},
		{os{ID: "debian", Version: "12.5"}, "deb", "Debian:12"},
		{os{ID: "debian", Codename: "forky"}, "deb", "Debian:14"},
		{os{ID: "debian", Codename: "sid"}, "deb", ""},
		{os{ID: "ubuntu", Version: "22.04"}, "deb", "Ubuntu:22.04:LTS"},
		{os{ID: "ubuntu", Version: "25.04"}, "deb", "Ubuntu:25.04"},
		{os{ID: "ubuntu", Version: "24.10"}, "deb", "Ubuntu:24.10"},
		{os{ID: "alpine", Version: "3.11.5"}, "apk", "Alpine:v3.11"},
		{os{ID: "alpine", Version: "3.24_alpha20260127"}, "apk", "Alpine:edge"},
		{os{ID: "wolfi", Version: "20230201"}, "apk", "Wolfi"},
		{os{ID: "chainguard"}, "apk", "Chainguard"},
		{os{ID: "almalinux", Version: "9.3"}, "rpm", "AlmaLinux:9"},
		{os{ID: "rocky", Version: "9.3"}, "rpm", "Rocky Linux:9"},
		{os{ID: "rhel", Version: "9.4"}, "rpm", "Red Hat:enterprise_linux:9"},
		{os{ID: "centos", Version: "8"}, "rpm", "Red Hat:enterprise_linux:8"},
		{os{ID: "opensuse-leap", Version: "15.6"}, "rpm", "openSUSE:Leap 15.6"},
		{os{ID: "opensuse-tumbleweed", Version: "20260101"}, "rpm", "openSUSE:Tumbleweed"},
		{os{ID: "sles", Version: "15.6"}, "rpm", "SUSE:Linux Enterprise Server 15 SP6"},
		{os{ID: "sles", Version: "16.0"}, "rpm", "SUSE:Linux Enterprise Server 16.0"},
		{os{ID: "photon", Version: "4.0"}, "rpm", "Photon OS:4.0"},
		{os{ID: "azurelinux", Version: "3.0"}, "rpm", "Azure Linux:3"},
		{os{ID: "mageia", Version: "9"}, "rpm", "Mageia:9"},
		{os{ID: "openEuler", Version: "24.03", Name: "openEuler 24.03 (LTS-SP1)"}, "rpm", "openEuler:24.03-LTS-SP1"},
		{os{ID: "amzn", Version: "2023"}, "rpm", ""},
		{os{}, "deb", ""},
		{os{ID: "debian", Version: "12"}, "npm", "npm"},
		{os{}, "golang", "Go"},
		{os{}, "conda", ""},
	} {
		if got := Ecosystem(c.os, c.purlType); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.os, c.purlType, got, c.want)
		}
	}
}

func TestNormalName(t *testing.T) {
	for _, c := range []struct{ ecosystem, name, want string }{
		{"PyPI", "Foo.-_Bar", "foo-bar"},
		{"PyPI", "foo_", "foo-"},
		{"NuGet", "Newtonsoft.Json", "newtonsoft.json"},
		{"Packagist:https://packages.drupal.org/8", "Drupal/X", "drupal/x"},
		{"SwiftURL", "https://github.com/Apple/swift-nio.git", "github.com/apple/swift-nio"},
		{"npm", "JSONStream", "JSONStream"},
		{"Maven", "Org:Art", "Org:Art"},
	} {
		if got := NormalName(c.ecosystem, c.name); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.ecosystem, c.name, got, c.want)
		}
	}
}

func TestKeys(t *testing.T) {
	for name, c := range map[string]struct {
		pkg  landwaiter.Package
		want []landwaiter.PackageKey
	}{
		"a Debian binary by its source": {
			landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "libc6", Version: "2.36-9",
				SourceName: "glibc"},
			keys("Debian:12", "glibc", "Debian", "glibc"),
		},
		"a Debian binary that is its own source": {
			landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "bash", Version: "1"},
			keys("Debian:12", "bash", "Debian", "bash"),
		},
		"AlmaLinux by binary": {
			landwaiter.Package{Type: "rpm", Ecosystem: "AlmaLinux:9", Name: "openssl-libs", Version: "1",
				SourceName: "openssl"},
			keys("AlmaLinux:9", "openssl-libs", "AlmaLinux", "openssl-libs"),
		},
		"Rocky by source": {
			landwaiter.Package{Type: "rpm", Ecosystem: "Rocky Linux:9", Name: "openssl-libs", Version: "1",
				SourceName: "openssl"},
			keys("Rocky Linux:9", "openssl", "Rocky Linux", "openssl"),
		},
		"Photon by both": {
			landwaiter.Package{Type: "rpm", Ecosystem: "Photon OS:4.0", Name: "openssl-libs", Version: "1",
				SourceName: "openssl"},
			keys("Photon OS:4.0", "openssl", "Photon OS", "openssl", "Photon OS:4.0", "openssl-libs", "Photon OS",
				"openssl-libs"),
		},
		"Ubuntu with FIPS": {
			landwaiter.Package{Type: "deb", Ecosystem: "Ubuntu:22.04:LTS", Name: "openssl",
				Version: "3.0.2-0ubuntu1.10+Fips1.fips"},
			keys("Ubuntu:22.04", "openssl", "Ubuntu", "openssl", "Ubuntu:22.04:FIPS", "openssl"),
		},
		"PyPI": {
			landwaiter.Package{Type: "pypi", Ecosystem: "PyPI", Name: "Foo_Bar", Version: "1"},
			keys("PyPI", "foo-bar"),
		},
		"no ecosystem": {landwaiter.Package{Type: "rpm", Name: "bash", Version: "1"}, nil},
	} {
		if diff := cmp.Diff(c.want, Keys(c.pkg)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAdvisoryKeys(t *testing.T) {
	a := &landwaiter.Advisory{Affected: []landwaiter.Affected{
		{Ecosystem: "Ubuntu:22.04:LTS", Name: "a"}, {Ecosystem: "Ubuntu:Pro:22.04:LTS", Name: "a"},
		{Ecosystem: "PyPI", Name: "B"},
	}}
	if diff := cmp.Diff(keys("Ubuntu:22.04", "a", "PyPI", "b"), AdvisoryKeys(a)); diff != "" {
		t.Error(diff)
	}
}

func TestSourceVersion(t *testing.T) {
	for name, c := range map[string]struct {
		pkg  landwaiter.Package
		want string
	}{
		"rebuild":             {landwaiter.Package{Type: "deb", Version: "1.0-1+b2"}, "1.0-1"},
		"no rebuild":          {landwaiter.Package{Type: "deb", Version: "1.0+b-1+deb12u1"}, "1.0+b-1+deb12u1"},
		"own source version":  {landwaiter.Package{Type: "deb", Version: "4:1", SourceVersion: "2"}, "2"},
		"epoch of the binary": {landwaiter.Package{Type: "rpm", Version: "1:3-1", SourceVersion: "3-1"}, "1:3-1"},
		"apk":                 {landwaiter.Package{Type: "apk", Version: "1-r0"}, "1-r0"},
	} {
		if got := sourceVersion(c.pkg); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// keys returns keys of alternating ecosystems and names.
func keys(list ...string) []landwaiter.PackageKey {
	var out []landwaiter.PackageKey
	for i := 0; i < len(list); i += 2 {
		out = append(out, landwaiter.PackageKey{Ecosystem: list[i], Name: list[i+1]})
	}
	return out
}
