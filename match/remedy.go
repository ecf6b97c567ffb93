package match

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// remedy is how one flaw is closed.
type remedy struct {
	version string // the lowest that closes it; "" when none does
	from    version
	entries []*landwaiter.Affected // whose word it is
}

// byFlaw files other records of the package under the IDs that they share with
// the hits. Those of several flaws are left out: which of them a version has is
// not their word.
func byFlaw(others, hits []hit) map[string][]hit {
	if len(hits) == 0 {
		return nil
	}
	out := map[string][]hit{}
	for _, h := range hits {
		for _, id := range slices.Concat(ids(h.advisory), h.cves) {
			out[id] = nil
		}
	}
	for _, h := range others {
		for _, id := range ids(h.advisory) {
			if filed, asked := out[id]; asked && len(CVEs(h.advisory)) <= 1 {
				out[id] = append(filed, h)
			}
		}
	}
	return out
}

// remedy returns the lowest version that no record of the flaw covers. When a
// record knows no fix at all, those that do have the word, the best first.
//
// Records of the flaw that do not cover the installed version count, too, by
// the IDs of their flaws: what one record calls fixed another may call
// affected, and the advice would be followed in vain.
func (f flaw) remedy(elsewhere map[string][]hit) remedy {
	best := remedy{from: f.hits[0].version}
	for _, h := range append(f.elsewhere(elsewhere), f.hits...) {
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

// elsewhere returns the records of the flaw that speak of other versions.
func (f flaw) elsewhere(records map[string][]hit) (out []hit) {
	for _, id := range append(f.aliases(), f.id) {
		for _, h := range records[id] {
			if !slices.ContainsFunc(out, func(known hit) bool { return known.advisory == h.advisory }) {
				out = append(out, h)
			}
		}
	}
	return out
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
