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
			Package: landwaiter.Package{Type: typ, Ecosystem: ecosystem, Name: name, Version: "1", Path: name, Owner: owner},
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
