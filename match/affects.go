package match

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Verdict says whether one entry of an advisory covers a version.
type Verdict struct {
	Affected bool
	// Fixed is the lowest published fixed version that is newer than the
	// version and that the entry does not cover; "" when there is none.
	Fixed string
	// Why names the rule that decided, e.g. `in [1.0, 1.2)` or `listed`; ""
	// when not affected.
	Why string
}

// Affects evaluates one entry of an advisory by the algorithm of the OSV
// schema: a version is affected if it is listed, or if the last event at or
// before it in one of the ranges introduces the flaw. Versions of a SEMVER
// range are compared by the ecosystem's order too. Ecosystems that publish
// SEMVER ranges order by SemVer anyway, and their own order accepts more of
// what is actually published.
//
// The package and the entry must have the same ecosystem and name; see
// [Keys]. If the version cannot be parsed, the error is of the kind
// landwaiter.Invalid. A range with an event that cannot be parsed covers
// nothing, and is an error only if nothing else covers the version.
func Affects(a *landwaiter.Affected, ecosystem, text string) (Verdict, error) {
	v, err := parseVersion(ecosystem, text)
	if err != nil {
		return Verdict{}, err
	}
	why, err := covers(a, v)
	if why == "" {
		return Verdict{}, err
	}
	return Verdict{Affected: true, Fixed: lowestFix(v, []*landwaiter.Affected{a}), Why: why}, nil
}

// covers returns why the entry covers the version, "" when it does not.
func covers(a *landwaiter.Affected, v version) (why string, err error) {
	if slices.Contains(a.Versions, v.text) {
		return "listed", nil
	}
	for i := range a.Ranges {
		why, rangeErr := coversRange(&a.Ranges[i], v)
		if why != "" {
			return why, nil
		}
		err = cmp.Or(err, rangeErr)
	}
	if len(a.Ranges) > 0 && err == nil {
		return "", nil // the list repeats the ranges
	}
	for _, listed := range a.Versions {
		// Other spellings of the same version, such as "1.0" and "1.0.0" in
		// PyPI. Versions that do not parse were compared as text above.
		if c, err := v.compare(listed); err == nil && c == 0 {
			return "listed as " + listed, nil
		}
	}
	return "", err
}

// point is an event of a range, compared with the version in question.
type point struct {
	landwaiter.Event
	version string
	cmp     int // the version in question against this point's version
}

func coversRange(r *landwaiter.Range, v version) (string, error) {
	points, err := sorted(r.Events, v)
	if err != nil {
		return "", err
	}
	beforeLimit, limited := false, false
	why := ""
	for _, p := range points {
		switch {
		case p.Limit != "":
			limited = true
			beforeLimit = beforeLimit || p.cmp < 0
		case p.Introduced != "" && p.cmp >= 0:
			why = "in [" + p.version
		case p.Fixed != "" && p.cmp >= 0, p.LastAffected != "" && p.cmp > 0:
			why = ""
		case p.Introduced == "" && why != "" && !strings.Contains(why, ","): // the upper bound
			why += ", " + upperBound(p)
		}
	}
	if why == "" || limited && !beforeLimit {
		return "", nil
	}
	if !strings.Contains(why, ",") {
		why += ", ...)"
	}
	return why, nil
}

func upperBound(p point) string {
	if p.LastAffected != "" {
		return p.version + "]"
	}
	return p.version + ")"
}

// sorted compares the events with the version and sorts them by version.
// Events at the same version keep their published order.
func sorted(events []landwaiter.Event, v version) ([]point, error) {
	points := make([]point, 0, len(events))
	for _, e := range events {
		p := point{Event: e, version: cmp.Or(e.Introduced, e.Fixed, e.LastAffected, e.Limit)}
		switch {
		case p.version == "":
			continue
		case e.Introduced == "0": // before every version, by the schema
			p.cmp = 1
		case e.Limit == "*": // above every version, by the schema
			p.cmp = -1
		default:
			c, err := v.compare(p.version)
			if err != nil {
				return nil, err
			}
			p.cmp = c
		}
		points = append(points, p)
	}
	var failed error
	slices.SortStableFunc(points, func(a, b point) int {
		c, err := comparePoints(v, a, b)
		failed = cmp.Or(failed, err)
		return c
	})
	return points, failed
}

// comparePoints orders two points. Points on different sides of the version
// need no parsing.
func comparePoints(v version, a, b point) (int, error) {
	switch {
	case a.Introduced == "0" || b.Introduced == "0":
		return compareBool(a.Introduced != "0", b.Introduced != "0"), nil
	case a.Limit == "*" || b.Limit == "*":
		return compareBool(a.Limit == "*", b.Limit == "*"), nil
	case sign(a.cmp) != sign(b.cmp):
		return sign(b.cmp) - sign(a.cmp), nil
	case a.cmp == 0:
		return 0, nil
	}
	return Compare(v.base, a.version, b.version)
}

func compareBool(a, b bool) int {
	if a == b {
		return 0
	}
	if a {
		return 1
	}
	return -1
}

func sign(n int) int { return cmp.Compare(n, 0) }

// lowestFix returns the lowest fixed version newer than v that none of the
// entries covers; "" when there is none.
func lowestFix(v version, entries []*landwaiter.Affected) string {
	return lowestUncovered(fixes(entries, func(text string) bool {
		c, err := v.compare(text)
		return err == nil && c < 0
	}), v.base, entries)
}

// fixes returns the distinct fixed versions of the entries for which want
// returns true.
func fixes(entries []*landwaiter.Affected, want func(text string) bool) []string {
	seen := map[string]bool{}
	var out []string
	for _, a := range entries {
		for _, r := range a.Ranges {
			for _, e := range r.Events {
				if e.Fixed != "" && !seen[e.Fixed] {
					seen[e.Fixed] = true
					if want(e.Fixed) {
						out = append(out, e.Fixed)
					}
				}
			}
		}
	}
	return out
}

// lowestUncovered returns the lowest of the versions that none of the entries
// covers; "" when there is none.
func lowestUncovered(texts []string, base string, entries []*landwaiter.Affected) string {
	var sorted []version
	for _, text := range texts {
		if v, err := parseVersion(base, text); err == nil {
			sorted = append(sorted, v)
		}
	}
	slices.SortFunc(sorted, func(a, b version) int {
		c, _ := a.compare(b.text) // both parsed just now
		return c
	})
	for _, v := range sorted {
		if !coveredByAny(v, entries) {
			return v.text
		}
	}
	return ""
}

func coveredByAny(v version, entries []*landwaiter.Affected) bool {
	for _, a := range entries {
		if why, _ := covers(a, v); why != "" {
			return true
		}
	}
	return false
}
