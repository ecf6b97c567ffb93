package registry

import (
	"cmp"
	"slices"
	"strings"
)

// beforeRelease are the words that make a version older than the same version
// without them.
var beforeRelease = []string{"alpha", "beta", "canary", "dev", "nightly", "pre", "preview", "rc", "snapshot"}

// compareVersions compares two tags part by part: numbers as numbers, words
// as words. Among what may stand at one place, the order is: a word of
// beforeRelease, the end of the tag, another word ("1.2-alpine" is newer than
// "1.2"), a number.
func compareVersions(a, b string) int {
	a, b = unprefixed(a), unprefixed(b)
	for {
		var x, y string
		x, a = nextPart(a)
		y, b = nextPart(b)
		if c := compareParts(x, y); c != 0 || (x == "" && y == "") {
			return c
		}
	}
}

// nextPart cuts the leading run of digits or of letters from s, without the
// separators before it. It is "" at the end.
func nextPart(s string) (part, rest string) {
	s = strings.TrimLeft(s, "._-")
	end := len(s)
	for i := range len(s) {
		if isDigit(s[i:]) != isDigit(s) || strings.IndexByte("._-", s[i]) >= 0 {
			end = i
			break
		}
	}
	return s[:end], s[end:]
}

func compareParts(x, y string) int {
	if c := cmp.Compare(partRank(x), partRank(y)); c != 0 {
		return c
	}
	if isDigit(x) {
		// By length, then by digits: a date and time has more than an int holds.
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	}
	return cmp.Compare(strings.ToLower(x), strings.ToLower(y))
}

func partRank(part string) int {
	switch {
	case slices.Contains(beforeRelease, strings.ToLower(part)):
		return 0
	case part == "":
		return 1
	case isDigit(part):
		return 3
	}
	return 2
}
