package match

import (
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/landwaiter/landwaiter"
)

// maxVector bounds the length of a CVSS vector in bytes. A version 4 vector
// with all 32 metrics has 190.
const maxVector = 512

// Score is a CVSS vector with its base score and severity.
type Score struct {
	Vector   string
	Base     float64 // 0.1 to 10; 0 means no score
	Severity landwaiter.Severity
}

// ParseCVSS parses a CVSS vector of version 2, 3.0, 3.1 or 4.0. It returns
// false when the text is not such a vector or scores 0. The severity follows
// FIRST's rating scale
// (https://www.first.org/cvss/v3-1/specification-document, section 5; version 4
// has the same one); version 2 has no "critical"
// (https://nvd.nist.gov/vuln-metrics/cvss).
func ParseCVSS(vector string) (s Score, ok bool) {
	defer func() { // a panic in the library must not lose the other findings
		if recover() != nil {
			s, ok = Score{}, false
		}
	}()
	if len(vector) > maxVector {
		return Score{}, false
	}
	base, isV2 := baseScore(vector)
	if base <= 0 {
		return Score{}, false
	}
	return Score{Vector: vector, Base: base, Severity: rate(base, isV2)}, true
}

func baseScore(vector string) (base float64, isV2 bool) {
	version, _, _ := strings.Cut(vector, "/")
	switch version {
	case "CVSS:3.1":
		if v, err := gocvss31.ParseVector(vector); err == nil {
			return v.BaseScore(), false
		}
	case "CVSS:3.0":
		if v, err := gocvss30.ParseVector(vector); err == nil {
			return v.BaseScore(), false
		}
	case "CVSS:4.0":
		if v, err := gocvss40.ParseVector(vector); err == nil {
			return v.Score(), false
		}
	default:
		plain := strings.TrimPrefix(strings.Trim(vector, "()"), "CVSS:2.0/")
		if v, err := gocvss20.ParseVector(plain); err == nil {
			return v.BaseScore(), true
		}
	}
	return 0, false
}

func rate(base float64, isV2 bool) landwaiter.Severity {
	switch {
	case base >= 9 && !isV2:
		return landwaiter.Critical
	case base >= 7:
		return landwaiter.High
	case base >= 4:
		return landwaiter.Medium
	}
	return landwaiter.Low
}

// bestScore chooses among the vectors of one flaw: version 3 before 4 before
// 2, and within a version the highest score. Version 3 comes first because the
// API's score field and most publishers use it, so that the scores of
// different flaws can be compared.
func bestScore(vectors []landwaiter.Vector) (best Score, ok bool) {
	for _, v := range vectors {
		s, valid := ParseCVSS(v.Score)
		if !valid {
			continue
		}
		rank, bestRank := vectorRank(s.Vector), vectorRank(best.Vector)
		if !ok || rank > bestRank || rank == bestRank && s.Base > best.Base {
			best, ok = s, true
		}
	}
	return best, ok
}

func vectorRank(vector string) int {
	switch {
	case strings.HasPrefix(vector, "CVSS:3"):
		return 3
	case strings.HasPrefix(vector, "CVSS:4"):
		return 2
	}
	return 1
}
