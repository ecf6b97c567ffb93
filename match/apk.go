package match

import (
	"cmp"
	"slices"
	"strings"
)

// The parts of an apk version, in the order in which they may follow each
// other. Of two versions that are equal up to where one has a part of another
// kind, the one whose part comes first here is the newer.
const (
	apkNumber = iota // the first number
	apkDigits        // a further one
	apkLetter
	apkSuffix
	apkSuffixNumber
	apkCommit
	apkRevision
	apkEnd
	apkInvalid
)

// apkSuffixes are the words after "_". Those before the empty one are older
// than a version without.
var apkSuffixes = []string{"alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"}

const apkRelease = 4 // index of the empty suffix

type apkPart struct {
	kind   int
	text   string // without the sign that begins it
	suffix int    // index in apkSuffixes
}

// apkVersion is a version by the rules of apk-tools 3 (src/version.c):
//
//	number{.number}{letter}{_suffix{number}}{~commit}{-r#}
//
// A version is compared up to where it breaks these rules; what follows
// decides between versions that are otherwise equal, as text.
type apkVersion []apkPart

func parseAPK(text string) apkVersion {
	var v apkVersion
	kind := -1
	for {
		part, rest := nextAPK(kind, text)
		v = append(v, part)
		if part.kind >= apkEnd {
			return v
		}
		kind, text = part.kind, rest
	}
}

// nextAPK reads the part that follows one of a kind, -1 for none.
func nextAPK(last int, text string) (part apkPart, rest string) {
	if text == "" && last >= 0 {
		return apkPart{kind: apkEnd}, ""
	}
	part = apkPart{kind: apkInvalid, text: text}
	kind, span, from := apkInvalid, 0, 0
	c := byte(0)
	if text != "" {
		c = text[0]
	}
	switch {
	case c >= '0' && c <= '9' && last < 0:
		kind, span = apkNumber, run(text, digits)
	case c == '.' && (last == apkNumber || last == apkDigits):
		kind, from, span = apkDigits, 1, run(text[1:], digits)
	case c >= 'a' && c <= 'z' && (last == apkNumber || last == apkDigits):
		kind, span = apkLetter, 1
	case c == '_' && last >= 0 && last <= apkSuffixNumber:
		kind, from, span = apkSuffix, 1, run(text[1:], letters)
	case c >= '0' && c <= '9' && last == apkSuffix:
		kind, span = apkSuffixNumber, run(text, digits)
	case c == '~' && last >= 0 && last < apkCommit:
		kind, from, span = apkCommit, 1, run(text[1:], digits+"abcdef")
	case strings.HasPrefix(text, "-r") && last >= 0 && last < apkRevision:
		kind, from, span = apkRevision, 2, run(text[2:], digits)
	}
	if span == 0 {
		return part, ""
	}
	word := text[from : from+span]
	if kind == apkSuffix {
		if part.suffix = slices.Index(apkSuffixes, word); part.suffix < 0 {
			return part, ""
		}
	}
	part.kind, part.text = kind, word
	return part, text[from+span:]
}

// CompareStr orders the version and another.
func (v apkVersion) CompareStr(other string) (int, error) {
	w := parseAPK(other)
	for i := range v { // the last part of each is apkEnd or apkInvalid
		if c := v[i].compare(w[i]); c != 0 || v[i].kind >= apkEnd {
			return c, nil
		}
	}
	return 0, nil
}

func (p apkPart) compare(q apkPart) int {
	if p.kind != q.kind {
		return cmp.Or(compareBool(q.old(), p.old()), cmp.Compare(q.kind, p.kind))
	}
	switch p.kind {
	case apkSuffix:
		return cmp.Compare(p.suffix, q.suffix)
	case apkDigits:
		if p.text[0] == '0' || q.text[0] == '0' { // fractions
			return strings.Compare(p.text, q.text)
		}
		return compareNumbers(p.text, q.text)
	case apkNumber, apkSuffixNumber, apkRevision:
		return compareNumbers(p.text, q.text)
	}
	return strings.Compare(p.text, q.text)
}

// old reports whether the part makes a version older than none would.
func (p apkPart) old() bool { return p.kind == apkSuffix && p.suffix < apkRelease }
