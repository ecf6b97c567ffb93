package storetest

import (
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// unjudged: packages without advisories to compare them with are told apart
// from packages without flaws, in a stored report and in one that is judged in
// passing.
func unjudged(t *testing.T, s *db) {
	_, err := s.Advisories().Put(ctx, []store.NewAdvisory{
		record("CVE-1", "npm", "left"), record("CVE-2", "Debian", "tar"),
	})
	check(t, err)
	pkg := func(typ, ecosystem, name, owner string) landwaiter.ImagePackage {
		return landwaiter.ImagePackage{
			Package: landwaiter.Package{
				Type:      typ,
				Ecosystem: ecosystem,
				Name:      name,
				Version:   "1",
				Path:      name,
				Owner:     owner,
			},
		}
	}
	img := image(1)
	check(t, s.Images().Put(ctx, img, store.Place{}))
	none := func(kinds landwaiter.ScanKind, pkgs ...landwaiter.ImagePackage) (stored, judged []landwaiter.Coverage) {
		rep := &landwaiter.Report{Image: img, Kinds: kinds, Packages: pkgs}
		inPassing := *rep
		check(t, s.Verdicts().Judge(ctx, &inPassing, wordMatcher))
		check(t, s.Reports().Commit(ctx, rep, wordMatcher, nil))
		found, err := s.Reports().Get(ctx, img.ID, nil)
		check(t, err)
		return found.Coverage, inPassing.Coverage
	}
	advisories := func(state landwaiter.CoverageState, reason string) []landwaiter.Coverage {
		return []landwaiter.Coverage{{Analyser: "advisories", State: state, Reason: reason}}
	}
	const load = "; load them with 'landwaiter db update' or 'landwaiter db import'"

	stored, judged := none(landwaiter.ScanVul, pkg("npm", "npm", "left", ""), pkg("deb", "Debian:12", "tar", ""),
		pkg("golang", "", "m", "tar"))
	same(t, len(stored)+len(judged), 0) // a base ecosystem speaks for its releases, an owner for what it owns

	stored, judged = none(landwaiter.ScanVul, pkg("npm", "npm", "left", ""), pkg("apk", "Alpine:v3.20", "a", ""),
		pkg("apk", "Alpine:v3.20", "b", ""), pkg("gem", "RubyGems", "c", ""))
	same(t, stored, advisories(landwaiter.Partial,
		"no advisories for Alpine:v3.20 (2 packages), RubyGems (1 package)"+load))
	same(t, judged, stored)

	stored, judged = none(landwaiter.ScanVul, pkg("rpm", "", "bash", ""))
	same(t, stored, advisories(landwaiter.Skipped,
		"no advisories for packages of the type rpm (1 package); OSV has none for their distribution, "+
			"or the image does not name it"))
	same(t, len(judged), 0) // told by whoever read the SBOM
}

// unjudgedFamilies holds both directions for every family of distributions:
// where advisories of the release are there, none are reported missing, whatever
// product or archive they name; where only those of another release are there,
// they are.
func unjudgedFamilies(t *testing.T, s *db) {
	for _, c := range []struct{ typ, ecosystem, published, other string }{
		{"deb", "Debian:12", "Debian:12", "Debian:13"},
		{"deb", "Ubuntu:22.04:LTS", "Ubuntu:22.04:LTS", "Ubuntu:24.04:LTS"},
		{"deb", "Ubuntu:20.04:LTS", "Ubuntu:Pro:20.04:LTS", "Ubuntu:18.04:LTS"},
		{"deb", "Ubuntu:25.10", "Ubuntu:25.10", "Ubuntu:25.04"},
		{"deb", "Echo", "Echo", "Debian:12"},
		{"apk", "Alpine:v3.20", "Alpine:v3.20", "Alpine:v3.19"},
		{"apk", "Wolfi", "Wolfi", "Chainguard"},
		{"apk", "Alpaquita:stream", "Alpaquita:stream", "Alpaquita:23"},
		{"rpm", "Red Hat:enterprise_linux:9", "Red Hat:enterprise_linux:9::baseos",
			"Red Hat:enterprise_linux:8::baseos"},
		{"rpm", "AlmaLinux:9", "AlmaLinux:9", "AlmaLinux:8"},
		{"rpm", "Rocky Linux:9", "Rocky Linux:9", "Rocky Linux:8"},
		{"rpm", "SUSE:Linux Enterprise Server 15 SP6", "SUSE:Linux Enterprise Module for Basesystem 15 SP6",
			"SUSE:Linux Enterprise Server 15 SP5-LTSS"},
		{"rpm", "SUSE:Linux Enterprise Server 15 SP4", "SUSE:Linux Enterprise Server 15 SP4-LTSS",
			"SUSE:Linux Enterprise Server 12 SP5"},
		{"rpm", "SUSE:Linux Micro 6.0", "SUSE:Linux Micro 6.0", "SUSE:Linux Micro 6.1"},
		{"rpm", "openSUSE:Leap 15.6", "openSUSE:Leap 15.6", "openSUSE:Leap 15.5"},
		{"rpm", "Photon OS:5.0", "Photon OS:5.0", "Photon OS:4.0"},
		{"rpm", "Azure Linux:3", "Azure Linux:3", "Azure Linux:2"},
		{"rpm", "Mageia:9", "Mageia:9", "Mageia:8"},
		{"rpm", "openEuler:24.03-LTS-SP1", "openEuler:24.03-LTS-SP1", "openEuler:22.03-LTS"},
	} {
		for published, missing := range map[string]bool{c.published: false, c.other: true} {
			_, err := s.Advisories().Put(ctx, []store.NewAdvisory{
				record("CVE-1", landwaiter.Stream(published), "openssl"),
			})
			check(t, err)
			rep := &landwaiter.Report{Kinds: landwaiter.ScanVul, Packages: []landwaiter.ImagePackage{{
				Package: landwaiter.Package{Type: c.typ, Ecosystem: c.ecosystem, Name: "openssl", Version: "1"},
			}}}
			check(t, s.Verdicts().Judge(ctx, rep, wordMatcher))
			if got := len(rep.Coverage) > 0; got != missing {
				t.Errorf("%s, advisories of %s: reported missing %t, want %t", c.ecosystem, published, got, missing)
			}
		}
	}
}

// otherNames: new rules may look stored packages up under other names.
func otherNames(t *testing.T, s *db) {
	img := image(1)
	check(t, s.Images().Put(ctx, img, store.Place{}))
	_, err := s.Advisories().Put(ctx, []store.NewAdvisory{record("CVE-1", "Root:Debian:12", "tar")})
	check(t, err)
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul, Packages: []landwaiter.ImagePackage{{
		Package: landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "tar", Version: "1", Path: "tar"},
	}}}
	check(t, s.Reports().Commit(ctx, rep, wordMatcher, nil))
	newer := wordMatcher
	newer.Keys = func(p landwaiter.Package) []landwaiter.PackageKey {
		return []landwaiter.PackageKey{{Ecosystem: "Root:Debian:12", Name: p.Name}}
	}
	for range 2 { // the second time, nothing differs
		n, err := s.Verdicts().Rematch(ctx, store.Stale{All: true}, newer)
		check(t, err)
		same(t, n, 1)
		got, err := s.Reports().Get(ctx, img.ID, nil)
		check(t, err)
		same(t, len(got.Vulnerabilities), 1)
	}
}

// knownNames: which packages advisories know, and from which source they say that
// a binary package is.
func knownNames(t *testing.T, s *db) {
	_, err := s.Advisories().Put(ctx, []store.NewAdvisory{record("CVE-1", "Ubuntu:24.04", "openssl")})
	check(t, err)
	for range 2 {
		check(t, s.Advisories().PutBinaries(ctx, []store.SourceBinary{
			{Ecosystem: "Ubuntu:24.04", Name: "libgcc-s1", Source: "gcc-13"},
			{Ecosystem: "Ubuntu:24.04", Name: "libgcc-s1", Source: "gcc-14"},
			{Ecosystem: "Ubuntu:22.04", Name: "libssl3", Source: "openssl"},
		}))
	}
	sources, err := s.Advisories().Sources(ctx, "Ubuntu:24.04:LTS", []string{"libgcc-s1", "libssl3", "x"})
	check(t, err)
	same(t, sources, map[string]string{"libgcc-s1": "gcc-14"})
	openssl := landwaiter.PackageKey{Ecosystem: "Ubuntu:24.04", Name: "openssl"}
	known, err := s.Advisories().
		Known(ctx, []landwaiter.PackageKey{
			openssl, {Ecosystem: "Ubuntu", Name: "openssl"}, {Ecosystem: "Ubuntu:24.04", Name: "bash"}})
	check(t, err)
	same(t, known, map[landwaiter.PackageKey]bool{openssl: true})
	for ecosystem, want := range map[string]bool{"Ubuntu:24.04:LTS": true, "Ubuntu:22.04:LTS": false} {
		got, err := s.Advisories().Present(ctx, ecosystem)
		check(t, err)
		same(t, got, want)
	}
}
