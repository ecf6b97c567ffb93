package match

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// composerForm matches what Composer accepts as a version: one to four
// numbers, a stability that may have numbers too, and "dev"
// (https://github.com/composer/semver, src/VersionParser.php). Branches
// ("dev-main") are not ordered and do not match.
var composerForm = regexp.MustCompile(`(?i)^v?([0-9]+(?:\.[0-9]+){0,3})[._-]?` +
	`(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*))?([.-]?dev)?(?:\+[^\s]*)?$`)

// composerStabilities ranks the stabilities. A version with nothing but "dev"
// ranks 0.
var composerStabilities = map[string]int{"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "": composerStable,
	"stable": composerStable, "patch": 5, "pl": 5, "p": 5}

const composerStable = 4

// composerVersion is a version parsed by Composer's rules. The library follows
// PHP's version_compare instead, for which "1.0" is older than "1.0.0";
// Composer pads versions to four numbers first.
type composerVersion struct {
	numbers   []string // always four
	stability int
	step      []string // 2 and 1 in "beta2.1"
	dev       bool     // older than the same version without "dev"
}

func parseComposer(text string) (composerVersion, error) {
	m := composerForm.FindStringSubmatch(text)
	if m == nil {
		return composerVersion{}, errors.New("not a version that Composer accepts")
	}
	v := composerVersion{
		numbers: strings.Split(m[1], "."), stability: composerStabilities[strings.ToLower(m[2])], dev: m[4] != "",
		step: strings.FieldsFunc(m[3], func(r rune) bool { return r == '.' || r == '-' }),
	}
	for len(v.numbers) < 4 {
		v.numbers = append(v.numbers, "0")
	}
	if v.stability == composerStable { // Composer ignores numbers after "stable"
		v.step = nil
		if v.dev {
			v.stability, v.dev = 0, false
		}
	}
	return v, nil
}

// CompareStr compares the version with another one.
func (v composerVersion) CompareStr(other string) (int, error) {
	w, err := parseComposer(other)
	if err != nil {
		return 0, err
	}
	return cmp.Or(
		slices.CompareFunc(v.numbers, w.numbers, compareNumbers),
		cmp.Compare(v.stability, w.stability),
		slices.CompareFunc(v.step, w.step, compareNumbers),
		compareBool(w.dev, v.dev),
	), nil
}
