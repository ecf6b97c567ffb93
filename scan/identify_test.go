package scan

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestOwnedIsJudgedOnce: by the distribution when its advisories judge the owner.
func TestOwnedIsJudgedOnce(t *testing.T) {
	for _, c := range []struct {
		os            landwaiter.OSRelease
		owner, want   string
		judged        bool
		wantOfTheDist string
	}{
		{landwaiter.OSRelease{ID: "debian", Version: "12"}, "git-lfs", "", true, "Debian:12"},
		{landwaiter.OSRelease{ID: "debian", Version: "12"}, "git-lfs", "Go", false, "Debian:12"},
		{landwaiter.OSRelease{ID: "debian", Version: "12"}, "", "Go", false, "Debian:12"},
		{landwaiter.OSRelease{ID: "fedora", Version: "40"}, "git-lfs", "Go", false, ""},
		{landwaiter.OSRelease{}, "git-lfs", "Go", false, ""},
	} {
		pkgs := new(Scanner).identify([]landwaiter.ImagePackage{
			{Package: landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "stdlib", Version: "1.19.8", Owner: c.owner}},
			{Package: landwaiter.Package{Type: "deb", Name: "git-lfs", Version: "3.3.0-1"}},
		}, c.os, map[string]bool{"git-lfs": c.judged})
		if got := pkgs[0]; got.Ecosystem != c.want || got.Owner != c.owner || got.PURL != "pkg:golang/stdlib@1.19.8" {
			t.Errorf("%s, owner %q: %+v", c.os, c.owner, got)
		}
		if got := pkgs[1].Ecosystem; got != c.wantOfTheDist {
			t.Errorf("%s: ecosystem %q, want %q", c.os, got, c.wantOfTheDist)
		}
	}
}

// TestWhose: a distribution's own packages are told from those of others in the
// same database.
func TestWhose(t *testing.T) {
	for _, c := range []struct {
		id, typ, vendor, version string
		want                     maker
	}{
		{"debian", "deb", "Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>", "3.0.11-1", ofDistribution},
		{"debian", "deb", "Matthias Klose <doko@debian.org>", "12.2.0-14", ofDistribution},
		{"debian", "deb", "Thomas Goirand <zigo@example.net>", "1.0-1", unknownMaker},
		{"debian", "deb", "", "1.0-1", unknownMaker},
		{"debian", "deb", "Mallory <m@notdebian.org>", "1.0-1", unknownMaker},
		{"debian", "deb", "Docker <support@docker.com>", "5:24.0.7-1~debian.12~bookworm", ofOthers},
		{"debian", "deb", "Ivan <ivan@nodesource.com>", "20.11.1-1nodesource1", ofOthers},
		{"debian", "deb", "Debian PostgreSQL Maintainers <team+postgresql@tracker.debian.org>", "16.2-1.pgdg120+2", ofOthers},
		{"debian", "deb", "Debian Go Team <team+pkg-go@tracker.debian.org>", "1.2-3~bpo12+1", ofDistribution},
		{"ubuntu", "deb", "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>", "24.0.7-0ubuntu2~22.04.1",
			ofDistribution},
		{"ubuntu", "deb", "Debian PHP Maintainers <team+pkg-php@tracker.debian.org>", "8.2.10-2", ofOthers},
		{"alpine", "apk", "Natanael Copa <ncopa@alpinelinux.org>", "1-r0", ofDistribution},
		{"alpine", "apk", "Somebody <me@example.org>", "1-r0", unknownMaker},
		{"wolfi", "apk", "", "1-r0", unknownMaker},
		{"rhel", "rpm", "Red Hat, Inc.", "1-1.el9", ofDistribution},
		{"rhel", "rpm", "Fedora Project", "1-1.el9", ofOthers},
		{"centos", "rpm", "CentOS", "1-1.el8", ofDistribution},
		{"almalinux", "rpm", "obs://build.opensuse.org/isv:kubernetes", "1-1", ofOthers},
		{"almalinux", "rpm", "", "1-1.el9", unknownMaker},
		{"rocky", "rpm", "Rocky Enterprise Software Foundation", "1-1.el9", ofDistribution},
		{"sles", "rpm", "SUSE LLC <https://www.suse.com/>", "1-1", ofDistribution},
		{"opensuse-leap", "rpm", "obs://build.opensuse.org/isv:kubernetes", "1-1", ofOthers},
		{"opensuse-tumbleweed", "rpm", "openSUSE", "1-1", ofDistribution},
		{"azurelinux", "rpm", "Microsoft Corporation", "8.0.1-1.azl3", ofDistribution},
		{"azurelinux", "rpm", "Microsoft Corporation", "8.0.1-1", ofOthers},
	} {
		p := landwaiter.Package{Type: c.typ, Vendor: c.vendor, Version: c.version}
		if got := whose(landwaiter.OSRelease{ID: c.id}, p); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
