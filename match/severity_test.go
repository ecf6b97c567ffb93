package match

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

const (
	v2High     = "AV:N/AC:L/Au:N/C:C/I:C/A:C"                                      // 10.0
	v3Medium   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"                    // 5.3
	v3Critical = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"                    // 9.8
	v30High    = "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"                    // 7.8
	v3None     = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"                    // 0
	v4Critical = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N" // 9.3
)

func TestParseCVSS(t *testing.T) {
	for vector, want := range map[string]Score{
		v2High:               {v2High, 10, landwaiter.High},
		"(" + v2High + ")":   {"(" + v2High + ")", 10, landwaiter.High},
		v3Medium:             {v3Medium, 5.3, landwaiter.Medium},
		v3Critical:           {v3Critical, 9.8, landwaiter.Critical},
		v30High:              {v30High, 7.8, landwaiter.High},
		v4Critical:           {v4Critical, 9.3, landwaiter.Critical},
		v3None:               {},
		"CVSS:3.1/AV:N":      {},
		"CVSS:9.9/AV:N/AC:L": {},
		"high":               {},
		"":                   {},
	} {
		if got, ok := ParseCVSS(vector); got != want || ok != (want != Score{}) {
			t.Errorf("%q: %+v, %v; want %+v", vector, got, ok, want)
		}
	}
}

func FuzzParseCVSS(f *testing.F) {
	for _, v := range []string{v2High, v3Medium, v30High, v4Critical, "(" + v2High + ")"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, vector string) {
		s, ok := ParseCVSS(vector)
		if ok && (s.Base <= 0 || s.Base > 10 || s.Severity == landwaiter.Unknown) {
			t.Fatalf("%+v", s)
		}
	})
}

// TestSeverity follows the order of precedence, one source at a time.
func TestSeverity(t *testing.T) {
	own := func(word string, vectors ...string) hit {
		h := hit{advisory: &landwaiter.Advisory{Urgency: word}, entry: &landwaiter.Affected{}}
		for _, v := range vectors {
			h.advisory.Severity = append(h.advisory.Severity, landwaiter.Vector{Score: v})
		}
		return h
	}
	several := func(h hit) hit { h.several = true; return h }
	onEntry := own("low", v3Critical)
	onEntry.entry = &landwaiter.Affected{Severity: []landwaiter.Vector{{Score: v3Medium}}, Urgency: "high"}
	for name, c := range map[string]struct {
		hits     []hit
		cve      string
		severity landwaiter.Severity
		score    float64
	}{
		"vector before word":            {[]hit{own("low", v3Critical)}, v3Medium, landwaiter.Critical, 9.8},
		"entry before record":           {[]hit{onEntry}, "", landwaiter.Medium, 5.3},
		"version 3 before 4 and 2":      {[]hit{own("", v2High, v4Critical, v3Medium)}, "", landwaiter.Medium, 5.3},
		"version 4 before 2":            {[]hit{own("", v2High, v4Critical)}, "", landwaiter.Critical, 9.3},
		"highest of version 3":          {[]hit{own("", v3Medium), own("", v30High)}, "", landwaiter.High, 7.8},
		"score 0 says nothing":          {[]hit{own("high", v3None)}, "", landwaiter.High, 0},
		"word before the CVE's vector":  {[]hit{own("unimportant")}, v3Critical, landwaiter.Low, 9.8},
		"unknown word":                  {[]hit{own("not yet assigned")}, v3Critical, landwaiter.Critical, 9.8},
		"the CVE before a shared word":  {[]hit{several(own("critical"))}, v3Medium, landwaiter.Medium, 5.3},
		"shared vector before its word": {[]hit{several(own("low", v30High))}, "", landwaiter.High, 7.8},
		"shared word":                   {[]hit{several(own("important"))}, "", landwaiter.High, 0},
		"nothing":                       {[]hit{own("")}, "", landwaiter.Unknown, 0},
	} {
		g := severity(c.hits, landwaiter.Enrichment{CVSSVector: c.cve})
		if g.severity != c.severity || g.score.Base != c.score {
			t.Errorf("%s: %v %v, want %v %v", name, g.severity, g.score.Base, c.severity, c.score)
		}
	}
}
