package scan

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestOwnedIsJudgedOnce: by the distribution when its advisories are known.
func TestOwnedIsJudgedOnce(t *testing.T) {
	for _, c := range []struct {
		os            landwaiter.OSRelease
		owner, want   string
		wantOfTheDist string
	}{
		{landwaiter.OSRelease{ID: "debian", Version: "12"}, "git-lfs", "", "Debian:12"},
		{landwaiter.OSRelease{ID: "debian", Version: "12"}, "", "Go", "Debian:12"},
		{landwaiter.OSRelease{ID: "fedora", Version: "40"}, "git-lfs", "Go", ""},
		{landwaiter.OSRelease{}, "git-lfs", "Go", ""},
	} {
		pkgs := new(Scanner).identify([]landwaiter.ImagePackage{
			{Package: landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "stdlib", Version: "1.19.8", Owner: c.owner}},
			{Package: landwaiter.Package{Type: "deb", Name: "git-lfs", Version: "3.3.0-1"}},
		}, c.os)
		if got := pkgs[0]; got.Ecosystem != c.want || got.Owner != c.owner || got.PURL != "pkg:golang/stdlib@1.19.8" {
			t.Errorf("%s, owner %q: %+v", c.os, c.owner, got)
		}
		if got := pkgs[1].Ecosystem; got != c.wantOfTheDist {
			t.Errorf("%s: ecosystem %q, want %q", c.os, got, c.wantOfTheDist)
		}
	}
}
