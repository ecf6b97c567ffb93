package match

import "github.com/landwaiter/landwaiter"

// grade is what is known of how grave a flaw is.
type grade struct {
	severity landwaiter.Severity
	origin   origin // of the severity
	score    Score  // zero when no vector is known
	scoredBy origin // where the score is from
}

// origin says what decided a severity.
type origin string

// The origins, in the order of [severity].
const (
	ownVector    origin = "CVSS vector of a record about this flaw alone"
	ownWord      origin = "the publisher's word in a record about this flaw alone"
	cveVector    origin = "CVSS vector of the enrichment data for the CVE"
	lentVector   origin = "CVSS vector that another record of the CVE lends"
	sharedVector origin = "CVSS vector of a record that closes several flaws"
	sharedWord   origin = "the publisher's word in a record that closes several flaws"
)

// severity grades a flaw. The first that says something decides:
//
//  1. CVSS vectors of the records that matched and name this flaw alone
//  2. the urgency word of the same records, as distributions give
//  3. the vector known for the CVE: from its aliases or enrichment data
//  4. vectors, then urgency, of records that close several flaws at once,
//     whose grade is that of the worst of them
//
// else it is unknown. The score shown is the first vector in that order, even
// when a word decided.
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
			from = lentVector
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

// vectors returns the entry's own vectors, else the record's.
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
