package match

import (
	"cmp"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// This file refines orders of the library where it calls two versions equal
// that are not, or looks at their parts in the wrong order.

func isAPK(ecosystem string) bool {
	switch ecosystem {
	case "Alpine", "Alpaquita", "BellSoft Hardened Containers", "Chainguard", "MinimOS", "Wolfi":
		return true
	}
	return false
}

// compareCommits orders two apk versions of which at least one names a commit
// ("1.0~1234-r1"), which the library ignores. In apk-tools the commit comes
// after the suffixes and before the revision, is compared as text, and having
// one is newer than having none (apk-tools, src/version.c). whole is the
// library's order of the two.
func compareCommits(a, b string, whole int) (int, error) {
	headA, commitA := splitCommit(a)
	headB, commitB := splitCommit(b)
	v, err := semantic.ParseAlpineVersion(headA)
	if err != nil {
		return 0, err
	}
	head, err := v.CompareStr(headB)
	if err != nil {
		return 0, err
	}
	return cmp.Or(head, strings.Compare(commitA, commitB), whole), nil
}

// splitCommit returns what comes before commit and revision, and the commit.
func splitCommit(version string) (head, commit string) {
	if i := strings.LastIndex(version, "-r"); i >= 0 {
		version = version[:i]
	}
	head, commit, _ = strings.Cut(version, "~")
	return head, commit
}

// compareBuilds orders two Julia versions that differ at most in their build.
// SemVer ignores it; Julia does not, since it numbers the builds of a binary
// package: no build is oldest, then part by part, numbers before words
// (https://docs.julialang.org/en/v1/manual/strings/#man-version-number-literals).
func compareBuilds(a, b string) int {
	_, buildA, _ := strings.Cut(a, "+")
	_, buildB, _ := strings.Cut(b, "+")
	if buildA == "" || buildB == "" {
		return cmp.Compare(len(buildA), len(buildB))
	}
	partsA, partsB := strings.Split(buildA, "."), strings.Split(buildB, ".")
	for i := range min(len(partsA), len(partsB)) {
		if c := compareBuildPart(partsA[i], partsB[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(partsA), len(partsB))
}

func compareBuildPart(a, b string) int {
	numberA, numberB := isNumber(a), isNumber(b)
	switch {
	case numberA && numberB:
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	case numberA:
		return -1
	case numberB:
		return 1
	}
	return strings.Compare(a, b)
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
