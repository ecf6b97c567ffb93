package storetest

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// putFlawed stores images 1 and 2 with one package of two flaws, CVE-1 (also
// known as GHSA-1) and CVE-2.
func putFlawed(t *testing.T, s *db) store.Matcher {
	t.Helper()
	first := record("CVE-1", "npm", "left")
	first.Aliases = []string{"GHSA-1"}
	_, err := s.Advisories().Put(ctx, []store.NewAdvisory{first, record("CVE-2", "npm", "left")})
	check(t, err)
	m := wordMatcher
	m.Match = func(p landwaiter.Package, list []*landwaiter.Advisory,
		enrich map[string]landwaiter.Enrichment) ([]landwaiter.Vulnerability, []landwaiter.Malware) {
		vulns, malware := wordMatcher.Match(p, list, enrich)
		for i := range vulns {
			vulns[i].Upgrade = "2"
			if vulns[i].ID == "CVE-1" {
				vulns[i].Aliases = []string{"GHSA-1"}
			}
		}
		return vulns, malware
	}
	for n, name := range map[int]string{1: "shop/web:1", 2: "shop_web:1"} {
		putPackages(t, s, m, image(n, name), "1")
	}
	return m
}

func putPackages(t *testing.T, s *db, m store.Matcher, img landwaiter.Image, versions ...string) {
	t.Helper()
	img.ManifestDigest, img.RepoDigests = digest(int(img.Size)+500), []string{"x@" + digest(int(img.Size)+600)}
	check(t, s.Images().Put(ctx, img, store.Place{}))
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul}
	for _, v := range versions {
		rep.Packages = append(rep.Packages, landwaiter.ImagePackage{Package: landwaiter.Package{
			Type: "npm", Ecosystem: "npm", Name: "left", Version: v, Path: "p" + v, PURL: "pkg:npm/left@" + v,
		}})
	}
	check(t, s.Reports().Commit(ctx, rep, m, nil))
}

func ignore(vulnerability, pkg, image string) landwaiter.Suppression {
	return landwaiter.Suppression{
		Vulnerability: vulnerability, Package: pkg, Image: image, Status: landwaiter.NotAffected, Reason: "why",
		Source: "ignore", Created: time.UnixMilli(5).UTC(),
	}
}

// verdictsOf counts what counts and what is suppressed, in every place that
// counts.
func verdictsOf(t *testing.T, s *db, n int) (counted, suppressed int) {
	t.Helper()
	rep, err := s.Reports().Get(ctx, digest(n), nil)
	check(t, err)
	counted = len(rep.Vulnerabilities)
	for _, v := range rep.Vulnerabilities {
		same(t, v.Upgrade, "2")
	}
	_, total, err := s.Findings().Vulnerabilities(ctx, digest(n), store.Page{Limit: 9})
	check(t, err)
	same(t, total, counted)
	sum, err := s.Images().Summary(ctx, digest(n))
	check(t, err)
	same(t, sum.Vulns[landwaiter.High], counted)
	parts, _, err := s.Findings().Components(ctx, digest(n), store.Page{Limit: 9})
	check(t, err)
	same(t, parts[0].Vulns, counted)
	for value, want := range map[string]bool{store.Yes: counted > 0, store.No: counted == 0} {
		_, total, err = s.Findings().Components(ctx, digest(n), store.Page{
			Limit: 9, Filters: []landwaiter.Filter{{By: store.ByVulnerable, Values: []string{value}}},
		})
		check(t, err)
		same(t, total == 1, want)
	}
	for _, risk := range []string{store.HasVulnerability, store.HasHigh} {
		_, total, err = s.Images().List(ctx, store.Page{Limit: 9, Filters: []landwaiter.Filter{
			{By: store.ByID, Values: []string{digest(n)}}, {By: store.BySecurity, Values: []string{risk}},
		}})
		check(t, err)
		same(t, total == 1, counted > 0)
	}
	return counted, len(rep.Suppressed)
}

func suppressions(t *testing.T, s *db) {
	putFlawed(t, s)
	for name, c := range map[string]struct {
		suppression landwaiter.Suppression
		want        [2]int // suppressed in image 1 and 2
	}{
		"everywhere":            {ignore("CVE-1", "", ""), [2]int{1, 1}},
		"by an alias":           {ignore("GHSA-1", "", ""), [2]int{1, 1}},
		"another flaw":          {ignore("CVE-9", "", ""), [2]int{}},
		"a package":             {ignore("CVE-1", "left", ""), [2]int{1, 1}},
		"another package":       {ignore("CVE-1", "right", ""), [2]int{}},
		"a package URL":         {ignore("CVE-1", "pkg:npm/left", ""), [2]int{1, 1}},
		"another version":       {ignore("CVE-1", "pkg:npm/left@3", ""), [2]int{}},
		"an image":              {ignore("CVE-1", "", digest(1)), [2]int{1, 0}},
		"a manifest":            {ignore("CVE-1", "", digest(502)), [2]int{0, 1}},
		"a digest in a place":   {ignore("CVE-1", "", digest(601)), [2]int{1, 0}},
		"a name":                {ignore("CVE-1", "", "shop/web"), [2]int{1, 0}},
		"a name in other case":  {ignore("CVE-1", "", "Shop/*"), [2]int{1, 0}},
		"a name like another's": {ignore("CVE-1", "", "shop_web:1"), [2]int{0, 1}},
	} {
		t.Log(name)
		check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{c.suppression}, ""))
		for i, want := range c.want {
			counted, hidden := verdictsOf(t, s, i+1)
			same(t, []int{counted, hidden}, []int{2 - want, want})
		}
		grades, err := s.Findings().BySeverity(ctx)
		check(t, err)
		same(t, grades.Vulnerabilities[landwaiter.High], 4-c.want[0]-c.want[1])
		_, err = s.Suppressions().Remove(ctx, landwaiter.SuppressionID(c.suppression))
		check(t, err)
		counted, _ := verdictsOf(t, s, 1)
		same(t, counted, 2)
	}
	wantKind(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{{Vulnerability: "CVE-1"}}, ""), landwaiter.Invalid)
	_, err := s.Suppressions().Remove(ctx, "nothing")
	wantKind(t, err, landwaiter.NotFound)
}

// suppressionLife follows suppressions through new verdicts, images and
// documents, and to their end.
func suppressionLife(t *testing.T, s *db) {
	m := putFlawed(t, s)
	x := ignore("CVE-2", "left", "")
	check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{x}, ""))
	list, err := s.Suppressions().List(ctx)
	check(t, err)
	x.ID = landwaiter.SuppressionID(x)
	same(t, list, []store.StoredSuppression{{Suppression: x, Verdicts: 1}})
	rep, err := s.Reports().Get(ctx, digest(1), nil)
	check(t, err)
	same(t, rep.Suppressed[0].By, x)
	same(t, rep.Suppressed[0].ID, "CVE-2")

	// A package version that comes later is covered, and one that is re-matched.
	putPackages(t, s, m, image(3, "new:1"), "2")
	counted, hidden := verdictsOf(t, s, 3)
	same(t, []int{counted, hidden}, []int{1, 1})
	changed, err := s.Advisories().Put(ctx, []store.NewAdvisory{record("CVE-3", "npm", "left")})
	check(t, err)
	_, err = s.Verdicts().Rematch(ctx, changed, m)
	check(t, err)
	counted, hidden = verdictsOf(t, s, 3)
	same(t, []int{counted, hidden}, []int{2, 1})

	// A document replaces what it said before, and nothing else.
	fromVEX := ignore("CVE-1", "", "")
	fromVEX.Source = "vex"
	check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{fromVEX}, "vex"))
	counted, hidden = verdictsOf(t, s, 3)
	same(t, []int{counted, hidden}, []int{1, 2})
	fromVEX.Vulnerability = "CVE-3"
	check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{fromVEX}, "vex"))
	list, err = s.Suppressions().List(ctx)
	check(t, err)
	same(t, len(list), 2)
	n, err := s.Suppressions().Remove(ctx, "vex")
	check(t, err)
	same(t, n, 1)
	check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{fromVEX}, "vex"))
	check(t, s.Suppressions().Put(ctx, nil, "vex")) // which says nothing any more
	_, err = s.Suppressions().Remove(ctx, "vex")
	wantKind(t, err, landwaiter.NotFound)

	// One that has expired covers nothing, and is listed.
	x.Expires = time.Now().Add(-time.Second).Truncate(time.Millisecond)
	check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{x}, ""))
	counted, hidden = verdictsOf(t, s, 3)
	same(t, []int{counted, hidden}, []int{3, 0})
	active, err := s.Suppressions().Active(ctx)
	check(t, err)
	same(t, len(active), 0)
	list, err = s.Suppressions().List(ctx)
	check(t, err)
	same(t, len(list), 1)
}

func verdictChanges(t *testing.T, s *db) {
	m := putFlawed(t, s)
	var changes []store.VerdictChange
	m.Changed = func(c store.VerdictChange) { changes = append(changes, c) }
	gone := record("CVE-1", "npm", "left")
	gone.Withdrawn = time.UnixMilli(9).UTC()
	keys, err := s.Advisories().Put(ctx, []store.NewAdvisory{
		gone, record("CVE-3", "npm", "left"), record("MAL-1", "npm", "left"),
	})
	check(t, err)
	for range 2 { // the second time nothing changes
		_, err = s.Verdicts().Rematch(ctx, keys, m)
		check(t, err)
	}
	same(t, len(changes), 3)
	images, err := s.Verdicts().ChangedImages(ctx, changes)
	check(t, err)
	same(t, len(images), 2)
	same(t, images[0].ID, digest(1))
	same(t, images[0].Names, []string{"shop/web:1"})
	added, removed := images[1].Added, images[1].Removed
	if len(added) != 2 || len(removed) != 1 || added[0].ID != "MAL-1" ||
		!added[0].Malware || added[1].ID != "CVE-3" || added[1].Severity != landwaiter.High ||
		added[1].Package.Name != "left" || removed[0].ID != "CVE-1" {
		t.Fatalf("changes of image 2: %+v", images[1])
	}

	// What is suppressed in an image is no news there.
	check(t, s.Suppressions().Put(ctx, []landwaiter.Suppression{ignore("CVE-3", "", "shop/*"),
		ignore("GHSA-1", "", "shop/*"), ignore("MAL-1", "", "shop/*")}, ""))
	images, err = s.Verdicts().ChangedImages(ctx, changes)
	check(t, err)
	same(t, []int{len(images), len(images[0].Added), len(images[0].Removed), len(images[1].Added)}, []int{2, 1, 0, 2})
}

func evidence(t *testing.T, s *db) {
	m := putFlawed(t, s)
	_, err := s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{{CVE: "CVE-1", Exploit: "poc"}})
	check(t, err)
	for _, id := range []string{"CVE-1", "GHSA-1"} {
		list, err := s.Verdicts().Evidence(ctx, digest(1), id, m)
		check(t, err)
		if len(list) != 1 || list[0].Package.Name != "left" || list[0].Package.Path != "p1" ||
			len(list[0].Advisories) != 2 || list[0].Enrichment["CVE-1"].Exploit != "poc" {
			t.Fatalf("%s: %+v", id, list)
		}
	}
	// A record that names the package and finds nothing in it is evidence, too.
	old := record("CVE-7", "npm", "left")
	old.Withdrawn = time.UnixMilli(9).UTC()
	_, err = s.Advisories().Put(ctx, []store.NewAdvisory{old, record("CVE-8", "npm", "right")})
	check(t, err)
	for id, want := range map[string]int{"CVE-7": 1, "CVE-8": 0, "CVE-9": 0} {
		list, err := s.Verdicts().Evidence(ctx, digest(1), id, m)
		check(t, err)
		same(t, len(list), want)
	}
}
