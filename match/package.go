package match

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Engine is the value of landwaiter.Malware.Engine for malware that an
// advisory reports.
const Engine = "osv"

// Package matches one package version with the advisories that have one of its
// [Keys], in any order, and with the enrichment of their CVEs, by CVE. It
// ignores withdrawn records and records of other packages. Versions and ranges
// that cannot be parsed give no finding.
//
// Each flaw becomes one vulnerability, however many records it has. The
// vulnerabilities are sorted by KEV, exploits, severity, score and ID. Records
// of malicious packages become malware, named after the record. The results do
// not share memory with pkg, but they do share the lists of references with the
// advisories, which the caller must not change.
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

// hits returns the records that cover the target, those of flaws in hits and
// those of malicious packages in evil. Others are about the package but do not
// cover the version.
func (t *target) hits(advisories []*landwaiter.Advisory) (hits, evil, others []hit) {
	cleared := newCleared()
	for _, a := range advisories {
		malicious := Malicious(a)
		if !isFlaw(a) {
			continue
		}
		h, covered := t.judge(a)
		switch {
		case covered && malicious && elsewhere(t.pkg):
			// What the record is about was published under the same name.
		case covered && malicious:
			evil = append(evil, h)
		case covered:
			hits = append(hits, h)
		case len(h.entries) > 0:
			others = append(others, h)
			cleared.add(t, h)
		}
	}
	return cleared.without(t.minor, hits), evil, others
}

// elsewhere reports whether a language package is known to come from somewhere
// else than the public registry, which records of malicious packages are about.
func elsewhere(pkg landwaiter.Package) bool {
	return pkg.Origin != "" && !landwaiter.IsDistribution(pkg.Type)
}

// trackedCVE returns the CVE if the record is a security tracker's entry for
// one ("DEBIAN-CVE-2024-1"), "" for other records.
func trackedCVE(a *landwaiter.Advisory) string {
	if i := strings.Index(a.ID, "CVE-"); i >= 0 {
		return a.ID[i:]
	}
	return ""
}

// vulnerability returns the finding for one flaw. The flaw must be ranked: the
// finding is named after its first record.
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

// aliases returns the other IDs of the flaw, sorted. A record of several flaws
// contributes its own ID only, since it does not say which flaw its aliases
// belong to.
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

// rank sorts the records by how well the finding is named after them: those
// about this flaw alone first, and among these the ones with a fix.
func (f flaw) rank() {
	slices.SortStableFunc(f.hits, func(a, b hit) int {
		return cmp.Or(compareBool(a.several, b.several), compareBool(!a.fixable(), !b.fixable()))
	})
}

func (h *hit) fixable() bool { return lowestFix(h.version, h.entries) != "" }

// malware returns one finding for each group of records that are aliases of
// each other.
func malware(pkg landwaiter.Package, evil []hit) []landwaiter.Malware {
	for i := range evil {
		evil[i].cves = nil // aliasGroups skips records with CVEs
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
