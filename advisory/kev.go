package advisory

import (
	"encoding/json"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// ParseKEV reads CISA's catalogue of known exploited vulnerabilities
// (https://www.cisa.gov/known-exploited-vulnerabilities-catalog, JSON). Of
// each entry, the CVE, the day it was added and the weaknesses are used; entries
// without CVE or day are skipped. Any other content is landwaiter.Corrupt.
func ParseKEV(raw []byte) ([]landwaiter.Enrichment, error) {
	var catalogue struct {
		Vulnerabilities []struct {
			CVE   string   `json:"cveID"`
			Added string   `json:"dateAdded"`
			CWEs  []string `json:"cwes"`
		} `json:"vulnerabilities"`
	}
	if len(raw) > maxJSON {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the KEV catalogue has more than %d MB", maxJSON>>20)
	}
	if err := syntax.CheckJSON(raw, maxValues); err != nil {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the KEV catalogue: %w", err)
	}
	if err := json.Unmarshal(raw, &catalogue); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "not a KEV catalogue: %w", err)
	}
	out := make([]landwaiter.Enrichment, 0, len(catalogue.Vulnerabilities))
	for _, v := range catalogue.Vulnerabilities {
		if day := day(v.Added); isCVE(v.CVE) && !day.IsZero() {
			out = append(out, landwaiter.Enrichment{CVE: v.CVE, KEV: day, CWEs: validCWEs(v.CWEs)})
		}
	}
	return out, nil
}

// day reads "2026-08-07"; the zero time when it is none or before 1970.
func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1970 {
		return time.Time{}
	}
	return t
}

func isCVE(id string) bool { return len(id) > 4 && id[:4] == "CVE-" && validID(id) }
