package config

import (
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
)

// EOL returns the risk of a distribution whose support has ended; false if it is
// supported or unknown. Of the matching cycles, the most specific counts: "3.11"
// rather than "3" for version 3.11.5.
func EOL(os landwaiter.OSRelease, cycles []landwaiter.Lifecycle, now time.Time) (landwaiter.Risk, bool) {
	var best landwaiter.Lifecycle
	for _, c := range cycles {
		if c.Product == os.ID && isCycle(os.Version, c.Cycle) && len(c.Cycle) > len(best.Cycle) {
			best = c
		}
	}
	if best.EOL.IsZero() || now.Before(best.EOL) {
		return landwaiter.Risk{}, false
	}
	r := rule.Get(rule.EndOfLife).Risk(landwaiter.Printable(os.String()) + ", since " + best.EOL.Format(time.DateOnly))
	r.State = landwaiter.Present
	return r, true
}

// isCycle reports whether a version belongs to a release cycle: it is equal, or
// continues with a dot.
func isCycle(version, cycle string) bool {
	rest, ok := strings.CutPrefix(version, cycle)
	return ok && cycle != "" && (rest == "" || rest[0] == '.')
}
