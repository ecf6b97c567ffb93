package match

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestCategory(t *testing.T) {
	weak := func(cwes ...string) hit { return hit{advisory: &landwaiter.Advisory{ID: "GHSA-1", CWEs: cwes}} }
	shared := weak("CWE-94")
	shared.several = true
	for name, c := range map[string]struct {
		hits     []hit
		known    []string
		fallback string // the record that known is from
		want     string
		from     string
	}{
		"code injection":             {[]hit{weak("CWE-94")}, nil, "", "CODE_INJECTION", "CWE-94 of GHSA-1"},
		"heap overflow":              {[]hit{weak("CWE-122")}, nil, "", "BUFFER_OVERFLOW", "CWE-122 of GHSA-1"},
		"write":                      {[]hit{weak("CWE-787")}, nil, "", "OUT_OF_BOUNDS_WRITE", "CWE-787 of GHSA-1"},
		"time of check, time of use": {[]hit{weak("CWE-367")}, nil, "", "RACE_CONDITION", "CWE-367 of GHSA-1"},
		"external entity":            {[]hit{weak("CWE-611")}, nil, "", "XML_INJECTION", "CWE-611 of GHSA-1"},
		"the first with a class": {[]hit{weak("CWE-20", "CWE-787", "CWE-94")}, nil, "", "OUT_OF_BOUNDS_WRITE",
			"CWE-787 of GHSA-1"},
		"the record before the CVE": {[]hit{weak("CWE-94")}, []string{"CWE-787"}, "", "CODE_INJECTION",
			"CWE-94 of GHSA-1"},
		"the CVE where no record is": {[]hit{weak("CWE-79")}, []string{"CWE-20", "CWE-787"}, "",
			"OUT_OF_BOUNDS_WRITE", "CWE-787 of the enrichment data"},
		"the CVE, from a fallback": {[]hit{weak("CWE-79")}, []string{"CWE-787"}, "NVD-1", "OUT_OF_BOUNDS_WRITE",
			"CWE-787 of NVD-1 (fallback)"},
		"not of a record of several":    {[]hit{shared}, nil, "", "", ""},
		"another weakness has no class": {[]hit{weak("CWE-79")}, nil, "", "", ""},
		"nothing known":                 {[]hit{weak()}, nil, "", "", ""},
	} {
		got, from := category(c.hits, landwaiter.Enrichment{CWEs: c.known, CWEsFrom: c.fallback})
		if got != c.want || from != c.from {
			t.Errorf("%s: %q from %q, want %q from %q", name, got, from, c.want, c.from)
		}
	}
}
