package match

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Explanation says why a package version does or does not have a flaw.
type Explanation struct {
	// Vulnerability is the finding, as [Package] returns it. Its ID is "" when
	// the package version does not have the flaw.
	Vulnerability landwaiter.Vulnerability
	Records       []Record    // the records that cover the version; the finding is named after the first
	Dismissed     []Dismissal // records of the flaw that do not cover the version, sorted by ID
	// Order names the rules by which versions were compared: "dpkg", "SemVer".
	Order string
	// SeverityFrom, ScoreFrom and CategoryFrom say what decided the severity,
	// the CVSS score and the category, and which record or data set it comes
	// from. They are "" when the finding has none.
	SeverityFrom, ScoreFrom, CategoryFrom string
}

// Record is an advisory record that covers the package version.
type Record struct {
	Advisory  *landwaiter.Advisory
	Publisher string // e.g. "Debian security tracker"; "" when the ID does not reveal it
	Ecosystem string // of the entry that covers the version, as published
	Name      string // of the package in that entry, as published
	Version   string // the version compared: the source package's if Name is a source package
	Why       string // the range or list that covers the version: "in [0, 1.2)", "listed"
	Fixed     string // the lowest fix by this record alone; "" when it has none
	Flaws     int    // how many CVEs the record names
}

// Dismissal is a record that names the flaw but gives no finding.
type Dismissal struct {
	Advisory *landwaiter.Advisory
	Why      string
}

// Explain repeats what [Package] does for the same arguments and reports how
// it came to its result for one flaw, given by any of its IDs. It returns false
// when none of the advisories names the flaw.
func Explain(
	pkg landwaiter.Package, advisories []*landwaiter.Advisory, enrich map[string]landwaiter.Enrichment, id string,
) (Explanation, bool) {
	t := newTarget(pkg)
	advisories = slices.SortedFunc(slices.Values(advisories), func(a, b *landwaiter.Advisory) int {
		return strings.Compare(a.ID, b.ID)
	})
	e := Explanation{Order: orderName(pkg.Ecosystem)}
	vulns, _ := Package(pkg, advisories, enrich)
	for _, v := range vulns {
		if v.ID == id || e.Vulnerability.ID == "" && slices.Contains(v.Aliases, id) {
			e.Vulnerability = v
		}
	}
	hits, _, _ := t.hits(advisories)
	covering := map[string]bool{}
	for _, f := range flaws(hits) {
		if f.id == e.Vulnerability.ID {
			f.rank()
			e.found(f, enrich[f.id])
			for _, h := range f.hits {
				covering[h.advisory.ID] = true
			}
		}
	}
	for _, a := range advisories {
		names := slices.Concat(ids(a), CVEs(a))
		if !covering[a.ID] && (slices.Contains(names, id) || slices.Contains(names, e.Vulnerability.ID)) {
			e.Dismissed = append(e.Dismissed, Dismissal{a, t.dismissal(a)})
		}
	}
	return e, len(e.Records)+len(e.Dismissed) > 0
}

func (e *Explanation) found(f flaw, cve landwaiter.Enrichment) {
	for _, h := range f.hits {
		why, _ := covers(h.entry, h.version)
		e.Records = append(e.Records, Record{
			Advisory: h.advisory, Publisher: publisher(h.advisory.ID), Ecosystem: h.entry.Ecosystem, Name: h.entry.Name,
			Version: h.version.text, Why: why, Fixed: lowestFix(h.version, h.entries), Flaws: len(CVEs(h.advisory)),
		})
	}
	g := severity(f.hits, cve)
	e.SeverityFrom, e.ScoreFrom = f.saidBy(g.origin, g, cve), f.saidBy(g.scoredBy, g, cve)
	_, e.CategoryFrom = category(f.hits, cve)
}

// saidBy formats an origin with the record that it comes from.
func (f flaw) saidBy(o origin, g grade, cve landwaiter.Enrichment) string {
	if o == otherVector {
		return string(o) + ": " + cve.CVSSFrom
	}
	for _, h := range f.hits {
		if h.gives(o, g) {
			return string(o) + ": " + h.advisory.ID
		}
	}
	return string(o)
}

// gives reports whether the grade could come from this record.
func (h *hit) gives(o origin, g grade) bool {
	switch o {
	case ownWord, sharedWord:
		return h.several == (o == sharedWord) && h.urgency() == g.severity
	case ownVector, sharedVector:
		return h.several == (o == sharedVector) && slices.ContainsFunc(h.vectors(), func(v landwaiter.Vector) bool {
			return v.Score == g.score.Vector
		})
	}
	return false
}
