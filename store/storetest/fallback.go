package storetest

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// other is a record of another package that is about CVE-1, too.
func other(id string, cwes []string, vectors ...landwaiter.Vector) store.NewAdvisory {
	r := record(id, "npm", "other")
	r.CVEs, r.CWEs, r.Severity = []string{"CVE-1"}, cwes, vectors
	return r
}

// fallbacks: what a record does not say is taken from others of its CVE, and
// follows them.
func fallbacks(t *testing.T, s *db) {
	const v2, v3, v4 = "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:3.1/AV:N", "CVSS:4.0/AV:N"
	plain := record("CVE-1", "npm", "left")
	plain.Severity = nil
	_, err := s.Advisories().Put(ctx, []store.NewAdvisory{plain})
	check(t, err)
	var known landwaiter.Enrichment
	m := wordMatcher
	m.Match = func(p landwaiter.Package, list []*landwaiter.Advisory,
		enrich map[string]landwaiter.Enrichment) ([]landwaiter.Vulnerability, []landwaiter.Malware) {
		known = enrich["CVE-1"]
		return wordMatcher.Match(p, list, enrich)
	}
	putPackages(t, s, m, image(1), "1")
	same(t, known, landwaiter.Enrichment{})

	several := other("DSA-1", []string{"CWE-9"})
	several.CVEs = []string{"CVE-1", "CVE-2"}
	gone := other("GHSA-0", []string{"CWE-8"})
	gone.Withdrawn = time.UnixMilli(9).UTC()
	both := other("GHSA-2", []string{"CWE-2", "CWE-3"}, landwaiter.Vector{Type: "CVSS_V4", Score: v4}, landwaiter.Vector{
		Type: "CVSS_V3", Score: v3,
	})
	for _, step := range []struct {
		name    string
		put     store.NewAdvisory
		changes bool // what is stale
		want    landwaiter.Enrichment
	}{
		{"of several flaws", several, false, landwaiter.Enrichment{}},
		{"withdrawn", gone, false, landwaiter.Enrichment{}},
		{
			"both", both, true,
			landwaiter.Enrichment{
				CVE: "CVE-1", CVSSVector: v3, CVSSFrom: "GHSA-2", CWEs: []string{"CWE-2", "CWE-3"}, CWEsFrom: "GHSA-2",
			},
		},
		{
			"the same again", both, false,
			landwaiter.Enrichment{
				CVE: "CVE-1", CVSSVector: v3, CVSSFrom: "GHSA-2", CWEs: []string{"CWE-2", "CWE-3"}, CWEsFrom: "GHSA-2",
			},
		},
		{"another, earlier by ID", other("GHSA-1", []string{"CWE-1"}, landwaiter.Vector{Type: "CVSS_V2", Score: v2}), true,
			landwaiter.Enrichment{CVE: "CVE-1", CVSSVector: v3, CVSSFrom: "GHSA-2", CWEs: []string{"CWE-1"},
				CWEsFrom: "GHSA-1"}},
		{"a changed one", other("GHSA-2", nil), true,
			landwaiter.Enrichment{CVE: "CVE-1", CVSSVector: v2, CVSSFrom: "GHSA-1", CWEs: []string{"CWE-1"},
				CWEsFrom: "GHSA-1"}},
	} {
		stale, err := s.Advisories().Put(ctx, []store.NewAdvisory{step.put})
		check(t, err)
		t.Log(step.name)
		same(t, stale.CVEs["CVE-1"], step.changes)
		stale.Keys = nil // the name of the lender is no package of ours
		known = landwaiter.Enrichment{}
		n, err := s.Verdicts().Rematch(ctx, stale, m)
		check(t, err)
		same(t, n == 1, step.changes)
		_, err = s.Verdicts().Rematch(ctx, store.Stale{All: true}, m)
		check(t, err)
		same(t, known, step.want)
	}

	// Data about the CVE itself goes before what is lent.
	_, err = s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{{CVE: "CVE-1", CWEs: []string{"CWE-5"}}})
	check(t, err)
	_, err = s.Verdicts().Rematch(ctx, store.Stale{CVEs: map[string]bool{"CVE-1": true}}, m)
	check(t, err)
	same(t, known, landwaiter.Enrichment{CVE: "CVE-1", CVSSVector: v2, CVSSFrom: "GHSA-1", CWEs: []string{"CWE-5"}})
}
