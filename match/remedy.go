package match

import (
	"github.com/landwaiter/landwaiter"
)

// remedy is how one flaw is closed.
type remedy struct {
	version string // the lowest that closes it; "" when none does
	from    version
	entries []*landwaiter.Affected // whose word it is
}

// remedy returns the lowest version that no record of the flaw covers. When a
// record knows no fix at all, those that do have the word, the best first.
func (f flaw) remedy() remedy {
	best := remedy{from: f.hits[0].version}
	for _, h := range f.hits {
		if h.version.text == best.from.text {
			best.entries = append(best.entries, h.entries...)
		}
	}
	if best.version = lowestFix(best.from, best.entries); best.version != "" {
		return best
	}
	for _, h := range f.hits {
		if fix := lowestFix(h.version, h.entries); fix != "" {
			return remedy{fix, h.version, h.entries}
		}
	}
	return remedy{}
}

// upgrade returns the lowest version that is at or above each remedy and that
// no record covers: the fix of one flaw may lie on a branch where another is
// still open. It is "" when there is none, or when the records speak of
// versions that cannot be compared (of a source and of a binary package).
func upgrade(remedies []remedy) string {
	if len(remedies) == 0 {
		return ""
	}
	floor, err := parseVersion(remedies[0].from.base, remedies[0].version)
	if err != nil {
		return ""
	}
	var entries []*landwaiter.Affected
	for _, r := range remedies {
		if r.from.text != remedies[0].from.text {
			return ""
		}
		entries = append(entries, r.entries...)
		if c, err := floor.compare(r.version); err == nil && c < 0 {
			if floor, err = parseVersion(floor.base, r.version); err != nil {
				return ""
			}
		}
	}
	return lowestUncovered(fixes(entries, func(text string) bool {
		c, err := floor.compare(text)
		return err == nil && c <= 0
	}), floor.base, entries)
}
