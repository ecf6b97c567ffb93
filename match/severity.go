package match

import "github.com/landwaiter/landwaiter"

// grade is the severity and the CVSS score of a flaw.
type grade struct {
	severity landwaiter.Severity
	origin   origin // of the severity
	score    Score  // zero when no vector is known
	scoredBy origin // of the score
}

// origin says where a severity or score comes from.
type origin string

// The origins, by precedence; see [severity].
const (
	ownVector    origin = "CVSS vector of a record about this flaw alone"
	ownWord      origin = "the publisher's rating in a record about this flaw alone"
	cveVector    origin = "CVSS vector of the enrichment data for the CVE"
	otherVector  origin = "CVSS vector of another record of the CVE (fallback)"
	sharedVector origin = "CVSS vector of a record about several flaws"
	sharedWord   origin = "the publisher's rating in a record about several flaws"
)

// severity grades a flaw by the first of these that is known:
//
//  1. the CVSS vectors of the matching records that are about this flaw alone
//  2. the urgency in the same records, as distributions publish it
//  3. the CVSS vector known for the CVE, from other records or enrichment data
//  4. the CVSS vectors, then the urgency, of records about several flaws, which
//     grade the worst of them
//
// If none is known, the severity is unknown. The score is that of the first
// vector in this order, even if an urgency decided the severity.
func severity(hits []hit, cve landwaiter.Enrichment) grade {
	var own, shared []landwaiter.Vector
	var word, commonWord landwaiter.Severity
	for _, h := range hits {
		if h.several {
			shared = append(shared, h.vectors()...)
			commonWord = max(commonWord, h.urgency())
		} else {
			own = append(own, h.vectors()...)
			word = max(word, h.urgency())
		}
	}
	var g grade
	g.addVectors(own, ownVector)
	g.addWord(word, ownWord)
	if cve.CVSSVector != "" {
		from := cveVector
		if cve.CVSSFrom != "" {
			from = otherVector
		}
		g.addVectors([]landwaiter.Vector{{Score: cve.CVSSVector}}, from)
	}
	g.addVectors(shared, sharedVector)
	g.addWord(commonWord, sharedWord)
	return g
}

func (g *grade) addVectors(vectors []landwaiter.Vector, from origin) {
	if g.score.Base > 0 {
		return
	}
	if s, ok := bestScore(vectors); ok {
		g.score, g.scoredBy = s, from
		g.addWord(s.Severity, from)
	}
}

func (g *grade) addWord(s landwaiter.Severity, from origin) {
	if g.severity == landwaiter.Unknown && s != landwaiter.Unknown {
		g.severity, g.origin = s, from
	}
}

// vectors returns the vectors of the entry or, if it has none, of the record.
func (h *hit) vectors() []landwaiter.Vector {
	if len(h.entry.Severity) > 0 {
		return h.entry.Severity
	}
	return h.advisory.Severity
}

func (h *hit) urgency() landwaiter.Severity {
	for _, word := range []string{h.entry.Urgency, h.advisory.Urgency} {
		if s, ok := landwaiter.ParseSeverity(word); ok && s != landwaiter.Unknown {
			return s
		}
	}
	return landwaiter.Unknown
}
