package match

import (
	"cmp"
	"strings"
)

// The kinds of parts of a Maven version, oldest first. The end of a version
// ranks above pre-releases and below everything else.
const (
	mavenEnd     = 5 // pre-release words in mavenWords rank below
	mavenGA      = 6 // "" before a number: 1.final.2
	mavenPack    = 7 // "sp"
	mavenUnknown = 8 // any other word
	mavenDash    = 9 // a number after "-"
	mavenDot     = 10
)

// mavenWords are the qualifiers that Maven knows.
var mavenWords = map[string]int{
	"alpha": 0, "beta": 1, "milestone": 2, "rc": 3, "cr": 3, "snapshot": 4,
	"": mavenGA, "ga": mavenGA, "final": mavenGA, "release": mavenGA, "sp": mavenPack,
}

type mavenPart struct {
	kind   int
	word   string // of mavenUnknown
	number string // "" for a word without a number
}

// mavenVersion is a version parsed by Maven's rules
// (https://maven.apache.org/pom.html#version-order-specification): numbers and
// words, without zeros and "final" directly before a word, a "-" or the end.
// As in Maven 3.9 and later, "." and "-" before a word mean the same, and a
// number after a word belongs to it ("rc-2" is "rc2"). The library's order is
// circular: 1.0.M2 > 1a > 1.0 > 1.0.M2.
type mavenVersion []mavenPart

func parseMaven(text string) mavenVersion {
	var v mavenVersion
	text = strings.ToLower(text)
	for kind := mavenDot; text != ""; {
		var p mavenPart
		p, text = nextMaven(kind, text)
		v = append(v, p)
		kind = mavenDash
		if text != "" && (text[0] == '.' || text[0] == '-') {
			if text[0] == '.' {
				kind = mavenDot
			}
			text = text[1:]
		}
	}
	for i := len(v) - 1; i >= 0; i-- {
		if v[i].null() && (i == len(v)-1 || v[i+1].kind != mavenDot) {
			v = append(v[:i], v[i+1:]...)
		}
	}
	return v
}

// nextMaven reads one part: a word, or a number of the given kind.
func nextMaven(kind int, text string) (p mavenPart, rest string) {
	if n := run(text, digits); n > 0 {
		return mavenPart{kind: kind, number: text[:n]}, text[n:]
	}
	n := strings.IndexAny(text, digits+".-")
	if n < 0 {
		n = len(text)
	}
	if n == 0 {
		return mavenPart{kind: kind, number: "0"}, text
	}
	word, rest := text[:n], text[n:]
	tail := strings.TrimPrefix(rest, "-")
	number := tail[:run(tail, digits)]
	if number != "" {
		rest = tail[len(number):]
		switch word {
		case "a":
			word = "alpha"
		case "b":
			word = "beta"
		case "m":
			word = "milestone"
		}
	}
	known, ok := mavenWords[word]
	switch {
	case !ok:
		return mavenPart{mavenUnknown, word, number}, rest
	case known == mavenGA && number != "":
		return mavenPart{kind: mavenDash, number: number}, rest
	}
	return mavenPart{kind: known, number: number}, rest
}

// null reports whether the part makes no difference at the end of a version.
func (p mavenPart) null() bool {
	return p.kind == mavenGA || p.kind >= mavenDash && strings.Trim(p.number, "0") == ""
}

// CompareStr compares the version with another one.
func (v mavenVersion) CompareStr(other string) (int, error) {
	w := parseMaven(other)
	for i := range max(len(v), len(w)) {
		a, b := mavenPart{kind: mavenEnd}, mavenPart{kind: mavenEnd}
		if i < len(v) {
			a = v[i]
		}
		if i < len(w) {
			b = w[i]
		}
		c := cmp.Or(
			cmp.Compare(a.kind, b.kind), strings.Compare(a.word, b.word),
			compareBool(a.number != "", b.number != ""), compareNumbers(a.number, b.number),
		)
		if c != 0 {
			return c, nil
		}
	}
	return 0, nil
}
