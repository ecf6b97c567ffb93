package packages

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func TestParseOSRelease(t *testing.T) {
	for _, c := range []struct {
		in   string
		want landwaiter.OSRelease
	}{
		{"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n",
			landwaiter.OSRelease{ID: "debian", Version: "12", Codename: "bookworm", Name: "Debian GNU/Linux 12 (bookworm)"}},
		{"# c\nID='opensuse-leap'\r\nID_LIKE=\"suse opensuse\"\nVARIANT_ID=container\nVERSION_ID=\"15.\\\"5\"",
			landwaiter.OSRelease{ID: "opensuse-leap", Version: `15."5`, IDLike: "suse opensuse", VariantID: "container"}},
		{"VERSION_ID=1", landwaiter.OSRelease{}},
		{"ID=\"\x1b[31m\"", landwaiter.OSRelease{}},
		{strings.Repeat("#\n", maxOSRelease) + "ID=late", landwaiter.OSRelease{}},
		{"ID=\"", landwaiter.OSRelease{ID: `"`}},
	} {
		if d := cmp.Diff(c.want, parseOSRelease([]byte(c.in))); d != "" {
			t.Errorf("%.40q: %s", c.in, d)
		}
	}
}

func TestParseLegacyRelease(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"alpine-release", "3.11.5\n", "alpine:3.11.5"},
		{"debian_version", "9.13\n", "debian:9"},
		{"debian_version", "bookworm/sid\n", ""},
		{"redhat-release", "CentOS release 6.10 (Final)\n", "centos:6.10"},
		{"redhat-release", "Red Hat Enterprise Linux Server release 6.9 (Santiago)\n", "rhel:6.9"},
		{"redhat-release", "release", ""},
		{"redhat-release", "Foo release 1", ""},
		{"alpine-release", "", ""},
	} {
		if got := parseLegacyRelease(c.name, []byte(c.in)).String(); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestOSFinderPrefersOSRelease(t *testing.T) {
	var o osFinder
	o.file("etc/debian_version", []byte("9.13"))
	if os, p := o.find(); os.String() != "debian:9" || p != "etc/debian_version" {
		t.Errorf("%v %s", os, p)
	}
	o.file("usr/lib/os-release", []byte("ID=ubuntu\nVERSION_ID=22.04"))
	o.link("etc/os-release", "etc/loop")
	o.link("etc/loop", "etc/os-release")
	if os, p := o.find(); os.String() != "ubuntu:22.04" || p != "usr/lib/os-release" {
		t.Errorf("%v %s", os, p)
	}
}

func TestSplitSourceRPM(t *testing.T) {
	for in, want := range map[string][2]string{
		"bash-5.1.8-6.el9.src.rpm":         {"bash", "5.1.8-6.el9"},
		"java-1.8.0-openjdk-1-2.nosrc.rpm": {"java-1.8.0-openjdk", "1-2"},
		"":                                 {}, "x": {}, "a-b": {}, "-1-2.src.rpm": {},
	} {
		if name, version := splitSourceRPM(in); name != want[0] || version != want[1] {
			t.Errorf("%q: %q %q", in, name, version)
		}
	}
}

func FuzzOSRelease(f *testing.F) {
	f.Add([]byte("ID=\"a\\\"b\"\nVERSION_ID='1'"))
	f.Add([]byte("CentOS release 6.10 (Final)"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, os := range []landwaiter.OSRelease{
			parseOSRelease(data), parseLegacyRelease("alpine-release", data),
			parseLegacyRelease("debian_version", data), parseLegacyRelease("redhat-release", data),
		} {
			for _, field := range []string{os.ID, os.Version, os.Codename, os.Name, os.IDLike, os.VariantID} {
				if field != "" && !plausible(field) && len(field) <= maxField {
					t.Errorf("field %q", field)
				}
			}
			if os.ID == "" && os != (landwaiter.OSRelease{}) {
				t.Errorf("no ID in %+v", os)
			}
		}
	})
}
