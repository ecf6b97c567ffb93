package match

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// remedy is the version that fixes one flaw.
type remedy struct {
	version string // the lowest that fixes the flaw; "" when none does
	from    version
	entries []*landwaiter.Affected // the entries considered
}

// byFlaw groups other records of the package by the IDs that they share with
// the hits. It leaves out records of several flaws, which do not say which of
// these flaws a version has.
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
// record has no fix at all, the first record by rank that has one decides.
//
// Records that do not cover the installed version count too: a version that
// one record calls fixed may be affected by another, and the upgrade would be
// in vain.
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

// elsewhere returns the records of the flaw that cover other versions only.
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

// upgrade returns the lowest version that is not below any remedy and that no
// record covers: the fix of one flaw may be on a branch that another flaw still
// affects. It returns "" when there is none, or when the remedies cannot be
// compared because some are versions of the source and some of the binary
// package.
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
