package match

import "github.com/landwaiter/landwaiter"

// The classes of flaws that the TCSS API names. It calls all others "OTHER".
const (
	codeInjection    = "CODE_INJECTION"
	outOfBoundsWrite = "OUT_OF_BOUNDS_WRITE"
	bufferOverflow   = "BUFFER_OVERFLOW"
	raceCondition    = "RACE_CONDITION"
	xmlInjection     = "XML_INJECTION"
)

// categories maps weaknesses to classes: the weakness that a class is named
// after and its descendants in MITRE's list
// (https://cwe.mitre.org/data/definitions/1000.html).
var categories = map[string]string{
	"CWE-94": codeInjection, "CWE-95": codeInjection, "CWE-96": codeInjection, "CWE-97": codeInjection,
	"CWE-98": codeInjection, "CWE-917": codeInjection, "CWE-1336": codeInjection,
	"CWE-787": outOfBoundsWrite, "CWE-123": outOfBoundsWrite, "CWE-124": outOfBoundsWrite,
	"CWE-119": bufferOverflow, "CWE-120": bufferOverflow, "CWE-121": bufferOverflow, "CWE-122": bufferOverflow,
	"CWE-131": bufferOverflow, "CWE-680": bufferOverflow, "CWE-785": bufferOverflow, "CWE-788": bufferOverflow,
	"CWE-805": bufferOverflow,
	"CWE-806": bufferOverflow,
	"CWE-362": raceCondition, "CWE-363": raceCondition, "CWE-364": raceCondition, "CWE-366": raceCondition,
	"CWE-367": raceCondition, "CWE-368": raceCondition, "CWE-421": raceCondition, "CWE-689": raceCondition,
	"CWE-91": xmlInjection, "CWE-611": xmlInjection, "CWE-643": xmlInjection, "CWE-652": xmlInjection,
	"CWE-776": xmlInjection,
}

// category returns the class of a flaw, and in from the weakness that decided
// and its source. It looks at the weaknesses that the flaw's records name, then
// at those known for the CVE, and takes the first that has a class. Records of
// several flaws are skipped, since they do not say which flaw a weakness
// belongs to. Both results are "" when no weakness has a class.
func category(hits []hit, cve landwaiter.Enrichment) (class, from string) {
	for _, h := range hits {
		if h.several {
			continue
		}
		if class, cwe := classOf(h.advisory.CWEs); class != "" {
			return class, cwe + " of " + h.advisory.ID
		}
	}
	class, cwe := classOf(cve.CWEs)
	switch {
	case class == "":
		return "", ""
	case cve.CWEsFrom != "":
		return class, cwe + " of " + cve.CWEsFrom + " (fallback)"
	}
	return class, cwe + " of the enrichment data"
}

func classOf(cwes []string) (class, cwe string) {
	for _, id := range cwes {
		if c := categories[id]; c != "" {
			return c, id
		}
	}
	return "", ""
}
