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

// apkForm is a part of a version: its sign, then some of its characters, after
// a part of one of the kinds from first to last; -1 is the begin.
type apkForm struct {
	kind        int
	sign, chars string
	first, last int
}

var apkForms = []apkForm{
	{apkNumber, "", digits, -1, -1},
	{apkDigits, ".", digits, apkNumber, apkDigits},
	{apkLetter, "", letters, apkNumber, apkDigits},
	{apkSuffix, "_", letters, apkNumber, apkSuffixNumber},
	{apkSuffixNumber, "", digits, apkSuffix, apkSuffix},
	{apkCommit, "~", digits + "abcdef", apkNumber, apkCommit - 1},
	{apkRevision, "-r", digits, apkNumber, apkRevision - 1},
}

// read returns the part without its sign, "" when the text does not begin with
// it.
func (f apkForm) read(text string) string {
	rest, ok := strings.CutPrefix(text, f.sign)
	if !ok {
		return ""
	}
	n := run(rest, f.chars)
	if f.kind == apkLetter {
		n = min(n, 1)
	}
	return rest[:n]
}

// nextAPK reads the part that follows one of a kind, -1 for none.
func nextAPK(last int, text string) (part apkPart, rest string) {
	if text == "" && last >= 0 {
		return apkPart{kind: apkEnd}, ""
	}
	for _, f := range apkForms {
		if last < f.first || last > f.last {
			continue
		}
		word := f.read(text)
		if word == "" {
			continue
		}
		part = apkPart{kind: f.kind, text: word}
		if f.kind == apkSuffix {
			if part.suffix = slices.Index(apkSuffixes, word); part.suffix < 0 {
				break
			}
		}
		return part, text[len(f.sign)+len(word):]
	}
	return apkPart{kind: apkInvalid, text: text}, ""
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
