package match

import "github.com/landwaiter/landwaiter"

// grade is what is known of how grave a flaw is.
type grade struct {
	severity landwaiter.Severity
	score    Score // zero when no vector is known
}

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
	var ownWord, sharedWord landwaiter.Severity
	for _, h := range hits {
		if h.several {
			shared = append(shared, h.vectors()...)
			sharedWord = max(sharedWord, h.urgency())
		} else {
			own = append(own, h.vectors()...)
			ownWord = max(ownWord, h.urgency())
		}
	}
	var g grade
	g.addVectors(own)
	g.addWord(ownWord)
	if cve.CVSSVector != "" {
		g.addVectors([]landwaiter.Vector{{Score: cve.CVSSVector}})
	}
	g.addVectors(shared)
	g.addWord(sharedWord)
	return g
}

func (g *grade) addVectors(vectors []landwaiter.Vector) {
	if g.score.Base > 0 {
		return
	}
	if s, ok := bestScore(vectors); ok {
		g.score = s
		g.addWord(s.Severity)
	}
}

func (g *grade) addWord(s landwaiter.Severity) {
	if g.severity == landwaiter.Unknown {
		g.severity = s
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
