package match

import (
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// informational are the urgencies of records that are not about a flaw, such
// as RustSec's notices that a crate is no longer maintained.
var informational = map[string]bool{"unmaintained": true, "notice": true}

// CVEs returns the distinct CVE IDs that a record is about, sorted. They are
// in its ID, aliases and upstream. A distribution's erratum that has none there
// has them in its related IDs, else in its references: several of AlmaLinux's
// notices of type ALBA fix CVEs and name them only there.
func CVEs(a *landwaiter.Advisory) []string {
	var out []string
	add := func(ids []string) {
		for _, id := range ids {
			if strings.HasPrefix(id, "CVE-") {
				out = append(out, id)
			}
		}
	}
	add([]string{a.ID})
	add(a.Aliases)
	add(a.Upstream)
	if len(out) == 0 {
		if i := strings.Index(a.ID, "-CVE-"); i >= 0 { // "DEBIAN-CVE-2024-1", "UBUNTU-CVE-2024-1"
			return []string{a.ID[i+1:]}
		}
	}
	if len(out) == 0 && isErratum(a.ID) {
		if add(a.Related); len(out) == 0 {
			for _, ref := range a.Refs {
				add([]string{path.Base(ref)})
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isErratum reports whether the ID belongs to a distribution's update notice:
// one build of a package, which may fix many flaws.
func isErratum(id string) bool {
	for _, p := range [...]string{"ALSA-", "ALBA-", "ALEA-", "RLSA-", "RHSA-", "RHBA-", "RHEA-", "RXSA-", "SUSE-",
		"openSUSE-", "MGASA-", "OESA-", "USN-", "DSA-", "DLA-", "ELSA-"} {
		if strings.HasPrefix(id, p) {
			return true
		}
	}
	return false
}

// Malicious reports whether a record is about a malicious package: a MAL-
// record, an alias of one, or a record whose summary has the wording that the
// OpenSSF's malicious-packages repository prescribes.
func Malicious(a *landwaiter.Advisory) bool {
	if a.Malicious() || strings.HasPrefix(a.Summary, "Malicious code in ") {
		return true
	}
	return slices.ContainsFunc(a.Aliases, func(id string) bool { return strings.HasPrefix(id, "MAL-") })
}

// rejected reports whether the CVE was rejected. The descriptions of rejected
// CVEs begin with the first of these words, before 2023 with the second, and
// other publishers copy them.
func rejected(a *landwaiter.Advisory) bool {
	return strings.HasPrefix(a.Details, "Rejected reason:") || strings.HasPrefix(a.Details, "** REJECT **")
}

// isFlaw reports whether a record is about a flaw at all. Bug-fix and
// enhancement notices that name no CVE are not, nor are withdrawn or rejected
// records.
func isFlaw(a *landwaiter.Advisory) bool {
	if !a.Withdrawn.IsZero() || rejected(a) {
		return false
	}
	for _, p := range [...]string{"ALBA-", "ALEA-", "RHBA-", "RHEA-"} {
		if strings.HasPrefix(a.ID, p) {
			return len(CVEs(a)) > 0
		}
	}
	return !informational[a.Urgency]
}
