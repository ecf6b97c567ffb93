package landwaiter

import (
	"fmt"
	"slices"
	"time"
)

// StaleAfter is the age of advisories from which reports warn of it.
const StaleAfter = 7 * 24 * time.Hour

// AdvisoryAge says when the advisories of an ecosystem were last updated or
// imported successfully.
type AdvisoryAge struct {
	Ecosystem string
	Checked   time.Time // zero when not known
}

// CheckAge adds to the coverage, in place of what an earlier call added, which
// advisories were last updated longer than [StaleAfter] before now. Those older
// than limit make the verdict on vulnerabilities incomplete, and so do those of
// unknown age; 0 means no limit.
func (r *Report) CheckAge(now time.Time, limit time.Duration) {
	r.Coverage = slices.DeleteFunc(slices.Clone(r.Coverage),
		func(c Coverage) bool { return c.Analyser == AnalyserAdvisoryAge })
	for _, a := range r.Advisories {
		age := now.Sub(a.Checked)
		c := Coverage{Analyser: AnalyserAdvisoryAge, State: Noted,
			Reason: fmt.Sprintf("the advisories for %s were last updated %s ago; run 'landwaiter db update'",
				a.Ecosystem, days(age))}
		switch {
		case a.Checked.IsZero():
			c.State = Partial
			c.Reason = fmt.Sprintf("it is not known when the advisories for %s were last updated", a.Ecosystem)
			if limit == 0 {
				continue
			}
		case limit > 0 && age > limit:
			c.State = Partial
		case age <= StaleAfter:
			continue
		}
		r.Coverage = append(r.Coverage, c)
	}
}

func days(age time.Duration) string {
	if age < 48*time.Hour {
		return fmt.Sprintf("%d hours", int(age.Hours()))
	}
	return fmt.Sprintf("%d days", int(age.Hours()/24))
}
