package landwaiter

import (
	"cmp"
	"strings"
)

// CompareVulnerabilities orders flaws by what to fix first: known exploited ones,
// then by how likely an attack is, severity, score, ID, package name and version.
// It returns a negative number when a comes first. The lists of package store
// have the same order in SQL.
func CompareVulnerabilities(a, b *Vulnerability) int {
	if a.KEV != b.KEV {
		if a.KEV {
			return -1
		}
		return 1
	}
	return cmp.Or(
		// Knowing of no exploit is no better than not knowing.
		cmp.Compare(max(b.AttackLevel(), 1), max(a.AttackLevel(), 1)),
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(b.CVSS, a.CVSS),
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.Package, b.Package),
		strings.Compare(a.Version, b.Version),
	)
}

// CompareMalware orders malware by severity, then by path and name.
func CompareMalware(a, b *Malware) int {
	return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Path, b.Path), strings.Compare(a.Name, b.Name))
}
