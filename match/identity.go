package match

import (
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// informational are the urgency words of records that name no flaw of the
// version itself: RustSec's notices that a crate is no longer maintained.
var informational = map[string]bool{"unmaintained": true, "notice": true}

// CVEs returns the distinct CVE IDs of the flaws a record is about, sorted:
// those in its ID, aliases and upstream. An erratum of a distribution that
// names none there names those it fixes as related, else in its references:
// several of AlmaLinux's bug-fix notices close flaws and say so only there.
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

// isErratum reports whether the ID is of a distribution's update notice, one
// package build that may close many flaws.
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
// record, an alias of one, or a record in the words that the OpenSSF's
// malicious-packages repository prescribes for such summaries.
func Malicious(a *landwaiter.Advisory) bool {
	if a.Malicious() || strings.HasPrefix(a.Summary, "Malicious code in ") {
		return true
	}
	return slices.ContainsFunc(a.Aliases, func(id string) bool { return strings.HasPrefix(id, "MAL-") })
}

// rejected reports whether the CVE list took the flaw back: the texts of
// rejected CVEs begin with these words, today's and those before 2023, and
// other publishers' records pass them on.
func rejected(a *landwaiter.Advisory) bool {
	return strings.HasPrefix(a.Details, "Rejected reason:") || strings.HasPrefix(a.Details, "** REJECT **")
}

// isFlaw reports whether a record tells of a flaw at all. Bug-fix and
// enhancement notices that close none do not, nor do records that were
// withdrawn or rejected.
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
