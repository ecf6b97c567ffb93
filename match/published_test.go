package match_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// sampled is how many records of each ecosystem a run checks.
const sampled = 400

// disagree are records whose published list and ranges contradict each other,
// whatever the order.
//
//   - PYSEC-2023-61 (django): introduced in 3.2, lists its pre-releases
//   - PYSEC-2021-114 (wagtail): fixed in 2.11.6, lists it
//   - GHSA-f4qf-m5gf-8jm8 (tomcat): introduced in 9.0.0-M11, lists 9.0.0.M1 to
//     M9, which before Maven 3.9 counted as newer
var disagree = []string{"PYSEC-2023-61", "PYSEC-2021-114", "GHSA-f4qf-m5gf-8jm8"}

// TestPublishedFixes checks that records of each ecosystem are consistent under
// its order: no range covers the version that fixes it, and the ranges cover
// all versions that the record lists. The publishers' tools make these lists
// from the registries, using the ecosystem's own order.
func TestPublishedFixes(t *testing.T) {
	for _, ecosystem := range []string{
		"AlmaLinux", "Alpine", "Bitnami", "CRAN", "Debian", "GHC", "Go", "Hackage", "Julia", "Maven", "NuGet",
		"Packagist", "PyPI",
		"RubyGems", "SwiftURL", "crates.io",
	} {
		t.Run(ecosystem, func(t *testing.T) {
			byID := map[string]*landwaiter.Advisory{}
			for _, list := range load(t, ecosystem) {
				for _, a := range list {
					if !match.Malicious(a) && a.Withdrawn.IsZero() {
						byID[a.ID] = a
					}
				}
			}
			records := slices.Collect(maps.Values(byID))
			rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			fixes, listed := 0, 0
			for _, a := range records[:min(len(records), sampled)] {
				for _, entry := range a.Affected {
					if strings.HasPrefix(entry.Ecosystem, ecosystem) {
						fixes += checkFixes(t, a.ID, entry)
						listed += checkListed(t, a.ID, entry)
					}
				}
			}
			t.Logf("%d fixed and %d listed versions", fixes, listed)
			if fixes+listed == 0 {
				t.Error("nothing was checked")
			}
		})
	}
}

// checkFixes checks the fixed versions of a record and returns how many there
// were.
func checkFixes(t *testing.T, id string, entry landwaiter.Affected) (n int) {
	for _, r := range entry.Ranges {
		alone := landwaiter.Affected{Ecosystem: entry.Ecosystem, Name: entry.Name, Ranges: []landwaiter.Range{r}}
		for _, e := range r.Events {
			if e.Fixed == "" || slices.Contains(r.Events, landwaiter.Event{Introduced: e.Fixed}) {
				continue // affected again at once
			}
			n++
			if v, err := match.Affects(&alone, entry.Ecosystem, e.Fixed); v.Affected || err != nil {
				t.Errorf("%s: %s %s is fixed, but %s, %v", id, entry.Name, e.Fixed, v.Why, err)
			}
		}
	}
	return n
}

// checkListed checks the listed versions of a record and returns how many there
// were.
func checkListed(t *testing.T, id string, entry landwaiter.Affected) int {
	if len(entry.Ranges) == 0 || slices.Contains(disagree, id) {
		return 0
	}
	ranges := entry
	ranges.Versions = nil
	for _, listed := range entry.Versions {
		if v, err := match.Affects(&ranges, entry.Ecosystem, listed); !v.Affected || err != nil {
			t.Errorf("%s: %s %s is listed, but in no range, %v", id, entry.Name, listed, err)
		}
	}
	return len(entry.Versions)
}
