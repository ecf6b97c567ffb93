package match

import (
	"cmp"
	"slices"
	"strings"
)

// The kinds of parts of an apk version, in the order in which they may follow
// each other. If two versions are equal up to parts of different kinds, the
// version whose kind is listed first here is newer.
const (
	apkNumber = iota // the first number
	apkDigits        // any further number
	apkLetter
	apkSuffix
	apkSuffixNumber
	apkCommit
	apkRevision
	apkEnd
	apkInvalid
)

// apkSuffixes are the words after "_", oldest first. A version without a
// suffix ranks as the empty one.
var apkSuffixes = []string{"alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"}

const apkRelease = 4 // index of the empty suffix

type apkPart struct {
	kind   int
	text   string // without its sign
	suffix int    // index in apkSuffixes
}

// apkVersion is a version parsed by the rules of apk-tools 3 (src/version.c):
//
//	number{.number}{letter}{_suffix{number}}{~commit}{-r#}
//
// A version is compared part by part up to where it breaks these rules. The
// rest is compared as text, and decides only between versions that are equal
// so far.
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

// apkForm describes a kind of part: a sign and then one or more of the chars,
// following a part of one of the kinds from first to last. The kind -1 is the
// start of the version.
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

// read returns the part at the start of the text without its sign, "" when
// the text starts with something else.
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

// nextAPK reads the part that follows a part of the kind last, which is -1 at
// the start.
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

// CompareStr compares the version with another one.
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
		if p.text[0] == '0' || q.text[0] == '0' { // apk compares these like decimal fractions
			return strings.Compare(p.text, q.text)
		}
		return compareNumbers(p.text, q.text)
	case apkNumber, apkSuffixNumber, apkRevision:
		return compareNumbers(p.text, q.text)
	}
	return strings.Compare(p.text, q.text)
}

// old reports whether a version with this part is older than the same version
// without it.
func (p apkPart) old() bool { return p.kind == apkSuffix && p.suffix < apkRelease }
