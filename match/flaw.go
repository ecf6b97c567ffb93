package match

import (
	"maps"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// flaw is one flaw with all records that say the package version has it.
type flaw struct {
	id   string // the CVE, else the first ID of the records
	hits []hit
}

// flaws groups records by flaw, sorted by ID.
//
// A record that names one CVE belongs to that CVE, and so do its other IDs. A
// record that names several (a DSA, an ALSA) belongs to each of them, so that
// one update that fixes many flaws does not merge them. Records that name no
// CVE are grouped by the IDs they share; if another record links one of these
// IDs to a CVE, the group belongs to that CVE.
func flaws(hits []hit) []flaw {
	byID := map[string][]hit{}
	owners := map[string][]string{} // from any other ID to its CVEs
	for _, h := range hits {
		for _, cve := range h.cves {
			byID[cve] = append(byID[cve], h)
		}
		if len(h.cves) == 1 {
			for _, id := range ids(h.advisory) {
				owners[id] = append(owners[id], h.cves[0])
			}
		}
	}
	for _, group := range aliasGroups(hits) {
		names := groupCVEs(group, owners)
		if len(names) == 0 {
			names = []string{firstID(group)}
		}
		for _, id := range names {
			byID[id] = append(byID[id], group...)
		}
	}
	out := make([]flaw, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		out = append(out, flaw{id, byID[id]})
	}
	return out
}

// ids returns all IDs by which a record names its flaw.
func ids(a *landwaiter.Advisory) []string {
	return slices.Concat([]string{a.ID}, a.Aliases, a.Upstream)
}

// aliasGroups groups the hits that name no CVE: two hits are in one group if
// they share an ID, directly or through other hits.
func aliasGroups(hits []hit) [][]hit {
	parent := map[string]string{}
	var root func(string) string
	root = func(id string) string {
		p, ok := parent[id]
		if !ok || p == id {
			return id
		}
		parent[id] = root(p)
		return parent[id]
	}
	for _, h := range hits {
		if len(h.cves) == 0 {
			for _, id := range ids(h.advisory) {
				parent[root(id)] = root(h.advisory.ID)
			}
		}
	}
	groups := map[string][]hit{}
	for _, h := range hits {
		if len(h.cves) == 0 {
			r := root(h.advisory.ID)
			groups[r] = append(groups[r], h)
		}
	}
	out := make([][]hit, 0, len(groups))
	for _, r := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groups[r])
	}
	return out
}

func groupCVEs(group []hit, owners map[string][]string) []string {
	var cves []string
	for _, h := range group {
		for _, id := range ids(h.advisory) {
			cves = append(cves, owners[id]...)
		}
	}
	slices.Sort(cves)
	return slices.Compact(cves)
}

func firstID(group []hit) string {
	first := group[0].advisory.ID
	for _, h := range group[1:] {
		first = min(first, h.advisory.ID)
	}
	return first
}
