package match

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Engine is the engine name of malware that an advisory reports.
const Engine = "osv"

// Package judges one package version by the advisories filed under its
// [Keys], in any order, and what is known of their CVEs. Withdrawn records and
// records of other packages are ignored. A version or range that cannot be
// read gives no finding.
//
// Each flaw is one vulnerability, whatever the number of its records; they are
// sorted by KEV, exploits, severity, score and ID. Records of malicious packages
// are malware, named for the record. Neither result shares memory with pkg; the
// reference lists are those of the advisories and must not be changed.
func Package(
	pkg landwaiter.Package, advisories []*landwaiter.Advisory, enrich map[string]landwaiter.Enrichment,
) ([]landwaiter.Vulnerability, []landwaiter.Malware) {
	t := newTarget(pkg)
	if len(t.candidates) == 0 || len(advisories) == 0 {
		return nil, nil
	}
	advisories = slices.SortedFunc(slices.Values(advisories), func(a, b *landwaiter.Advisory) int {
		return strings.Compare(a.ID, b.ID)
	})
	hits, evil, others := t.hits(advisories)
	elsewhere := byFlaw(others, hits)
	var vulns []landwaiter.Vulnerability
	var remedies []remedy
	for _, f := range flaws(hits) {
		f.rank()
		fix := f.remedy(elsewhere)
		vulns = append(vulns, t.vulnerability(f, fix.version, enrich[f.id]))
		if fix.version != "" {
			remedies = append(remedies, fix)
		}
	}
	upgrade := upgrade(remedies)
	for i := range vulns {
		if vulns[i].Fixed != "" {
			vulns[i].Upgrade = upgrade
		}
	}
	slices.SortFunc(vulns, func(a, b landwaiter.Vulnerability) int { return landwaiter.CompareVulnerabilities(&a, &b) })
	return vulns, malware(pkg, evil)
}

// hits sorts the records that cover the target into flaws and malware; others
// speak of the package, but not of this version.
func (t *target) hits(advisories []*landwaiter.Advisory) (hits, evil, others []hit) {
	cleared := map[string]bool{}
	for _, a := range advisories {
		malicious := Malicious(a)
		if !isFlaw(a) {
			continue
		}
		h, covered := t.judge(a)
		switch {
		case covered && malicious:
			evil = append(evil, h)
		case covered:
			hits = append(hits, h)
		case len(h.entries) > 0:
			others = append(others, h)
			if cve := trackedCVE(a); cve != "" {
				cleared[cve] = true
			}
		}
	}
	return withoutCleared(hits, cleared), evil, others
}

// trackedCVE returns the CVE of a record that is a security tracker's own
// entry for it ("DEBIAN-CVE-2024-1"), "" for other records.
func trackedCVE(a *landwaiter.Advisory) string {
	if i := strings.Index(a.ID, "CVE-"); i >= 0 {
		return a.ID[i:]
	}
	return ""
}

// withoutCleared takes from the notices of several flaws those that the
// tracker's own entry says the version does not have: an update may close
// again, in a later build, what an earlier one had closed.
func withoutCleared(hits []hit, cleared map[string]bool) []hit {
	kept := hits[:0]
	for _, h := range hits {
		if h.several {
			h.cves = slices.DeleteFunc(h.cves, func(cve string) bool { return cleared[cve] })
			if len(h.cves) == 0 {
				continue
			}
		}
		kept = append(kept, h)
	}
	return kept
}

// vulnerability writes the finding of one ranked flaw, named for its first
// record.
func (t *target) vulnerability(f flaw, fixed string, cve landwaiter.Enrichment) landwaiter.Vulnerability {
	best := f.hits[0]
	g := severity(f.hits, cve)
	class, _ := category(f.hits, cve)
	v := landwaiter.Vulnerability{
		ID: f.id, Aliases: f.aliases(), Advisory: best.advisory.ID,
		Ecosystem: t.pkg.Ecosystem, Type: t.pkg.Type, Package: t.pkg.Name, Version: t.pkg.Version,
		Fixed: fixed, Severity: g.severity, CVSS: g.score.Base, CVSSVector: g.score.Vector,
		KEV: !cve.KEV.IsZero(), Exploit: cve.Exploit, EPSS: cve.EPSS, Category: class,
	}
	for _, h := range f.hits {
		a := h.advisory
		v.Summary = cmp.Or(v.Summary, a.Summary)
		v.Details = cmp.Or(v.Details, a.Details)
		if len(v.References) == 0 {
			v.References = a.Refs
		}
		if v.Published.IsZero() {
			v.Published = a.Published
		}
	}
	return v
}

// aliases returns the other IDs of the flaw, sorted. Of a record of several
// flaws that is its own ID alone: whose its aliases are is not known.
func (f flaw) aliases() []string {
	var out []string
	for _, h := range f.hits {
		if h.several {
			out = append(out, h.advisory.ID)
		} else {
			out = append(out, ids(h.advisory)...)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(id string) bool { return id == f.id || id == "" })
}

// rank puts first the record that a flaw is named for: one that is about this
// flaw alone and knows a fix.
func (f flaw) rank() {
	slices.SortStableFunc(f.hits, func(a, b hit) int {
		return cmp.Or(compareBool(a.several, b.several), compareBool(!a.fixable(), !b.fixable()))
	})
}

func (h *hit) fixable() bool { return lowestFix(h.version, h.entries) != "" }

// malware reports the package once for each group of records that are aliases
// of each other.
func malware(pkg landwaiter.Package, evil []hit) []landwaiter.Malware {
	for i := range evil {
		evil[i].cves = nil // grouped by alias, whatever CVE a record names
	}
	var out []landwaiter.Malware
	for _, group := range aliasGroups(evil) {
		name := firstID(group)
		for _, h := range group {
			if h.advisory.Malicious() {
				name = h.advisory.ID
				break
			}
		}
		out = append(out, landwaiter.Malware{
			Path: pkg.Path, Name: name, Engine: Engine,
			Severity: landwaiter.Critical, State: landwaiter.Present,
		})
	}
	slices.SortFunc(out, func(a, b landwaiter.Malware) int { return strings.Compare(a.Name, b.Name) })
	return out
}
