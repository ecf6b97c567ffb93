package match

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestCategory(t *testing.T) {
	weak := func(cwes ...string) hit { return hit{advisory: &landwaiter.Advisory{CWEs: cwes}} }
	shared := weak("CWE-94")
	shared.several = true
	for name, c := range map[string]struct {
		hits  []hit
		known []string
		want  string
	}{
		"code injection":                {[]hit{weak("CWE-94")}, nil, "CODE_INJECTION"},
		"heap overflow":                 {[]hit{weak("CWE-122")}, nil, "BUFFER_OVERFLOW"},
		"write":                         {[]hit{weak("CWE-787")}, nil, "OUT_OF_BOUNDS_WRITE"},
		"time of check, time of use":    {[]hit{weak("CWE-367")}, nil, "RACE_CONDITION"},
		"external entity":               {[]hit{weak("CWE-611")}, nil, "XML_INJECTION"},
		"the first with a class":        {[]hit{weak("CWE-20", "CWE-787", "CWE-94")}, nil, "OUT_OF_BOUNDS_WRITE"},
		"the record before the CVE":     {[]hit{weak("CWE-94")}, []string{"CWE-787"}, "CODE_INJECTION"},
		"the CVE where no record is":    {[]hit{weak("CWE-79")}, []string{"CWE-20", "CWE-787"}, "OUT_OF_BOUNDS_WRITE"},
		"not of a record of several":    {[]hit{shared}, nil, ""},
		"another weakness has no class": {[]hit{weak("CWE-79")}, nil, ""},
		"nothing known":                 {[]hit{weak()}, nil, ""},
	} {
		if got := category(c.hits, c.known); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
