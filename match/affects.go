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
// schema: a version is affected if it is listed, or lies in one of the ranges
// after the last event at or before it. Versions of a SEMVER range are
// compared by the ecosystem's order too: it is SemVer where SEMVER is used,
// and more lenient to what is published.
//
// Package and entry must be of the same ecosystem and name; see [Keys]. An
// unreadable version is landwaiter.Invalid; a range with an unreadable event
// covers nothing and is an error only if nothing else covers the version.
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
		// Other spellings of one version: "1.0" and "1.0.0" of PyPI. What does
		// not parse was compared as text above.
		if c, err := v.compare(listed); err == nil && c == 0 {
			return "listed as " + listed, nil
		}
	}
	return "", err
}

// point is an event of a range, placed against the version in question.
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
		case p.Introduced == "" && why != "" && !strings.Contains(why, ","): // the end above
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

// sorted places the events against the version and orders them by version.
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

// comparePoints needs to parse only points on the same side of the version.
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

// fixes returns the distinct fixed versions of the entries that want accepts.
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
