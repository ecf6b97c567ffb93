package match

import (
	"cmp"
	"strings"
)

// This file corrects orders of the library that call different versions equal,
// and converts versions to the form that their order expects.

func isAPK(ecosystem string) bool {
	switch ecosystem {
	case "Alpine", "Alpaquita", "BellSoft Hardened Containers", "Chainguard", "MinimOS", "Wolfi":
		return true
	}
	return false
}

// goVersion converts the version of a Go toolchain to SemVer as the Go
// vulnerability database does, and leaves versions of modules unchanged. It
// returns "" for a build from a working tree, which has no version.
//
//	go1.22rc1                  1.22.0-rc.1
//	go1.22.1 X:boringcrypto    1.22.1
//	go1.22.1-vendor            1.22.1, as go/version.Compare does
//	go1.23-devel_abcdef        1.23-devel_abcdef, older than the release
func goVersion(text string) string {
	text, _, _ = strings.Cut(text, " ")
	plain, toolchain := strings.CutPrefix(text, "go")
	if toolchain && !strings.Contains(plain, "-devel") {
		plain, _, _ = strings.Cut(plain, "-")
		plain, _, _ = strings.Cut(plain, "+")
	}
	if plain == "(devel)" || plain == "devel" {
		return ""
	}
	number := plain[:run(plain, digits+".")]
	word := plain[len(number):]
	word = word[:run(word, letters)]
	step := plain[len(number)+len(word):]
	if number == "" || word == "" || !isNumber(step) {
		return plain
	}
	for strings.Count(number, ".") < 2 {
		number += ".0"
	}
	return number + "-" + word + "." + step
}

// compareBuilds compares two Julia versions that differ at most in their build
// metadata. SemVer ignores it; Julia does not, since it numbers the builds of a
// binary package. A version without a build is oldest; otherwise builds are
// compared part by part, numbers before words
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
		return compareNumbers(a, b)
	case numberA:
		return -1
	case numberB:
		return 1
	}
	return strings.Compare(a, b)
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyz"
)

func isNumber(s string) bool { return s != "" && strings.Trim(s, digits) == "" }

// compareNumbers compares decimal numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// run returns how many bytes at the start of the text are in the set.
func run(text, set string) int {
	return len(text) - len(strings.TrimLeft(text, set))
}
