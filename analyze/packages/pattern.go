package packages

import (
	"fmt"
	"strings"
)

// text is a path as it comes: the bytes of a tar header, or a string. None of
// the functions below makes a string of the bytes.
type text interface{ string | []byte }

func hasPrefix[T text](s T, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

func hasSuffix[T text](s T, suffix string) bool {
	return len(s) >= len(suffix) && string(s[len(s)-len(suffix):]) == suffix
}

// index returns where part begins in s, or -1.
func index[T text](s T, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if string(s[i:i+len(part)]) == part {
			return i
		}
	}
	return -1
}

// lastByte returns the index of the last c in s, or -1.
func lastByte[T text](s T, c byte) int {
	i := len(s) - 1
	for i >= 0 && s[i] != c {
		i--
	}
	return i
}

// pattern is a compiled pattern of paths. In a pattern without a slash, a base
// name of any directory is meant. "*" stands for any characters of a base name,
// none included, and "**/" for any directories, none included:
//
//	composer.lock                     in any directory
//	etc/os-release*                   in etc
//	var/lib/pacman/local/**/desc      in or below var/lib/pacman/local
//	**/conda-meta/*.json              in each directory that is called conda-meta
//	**/*.egg-info/PKG-INFO            in each whose name ends so
//	**/*library/**/DESCRIPTION        below each whose name ends so
//
// No other form of a directory is needed, or understood.
type pattern struct {
	format *Format
	dir    dirPattern
	base   []string // what is between the stars of the base name
}

// dirPattern is the part of a pattern up to its last slash.
type dirPattern struct {
	kind dirKind
	text string
}

type dirKind uint8

const (
	anyDir dirKind = iota
	exactDir
	underDir    // text/**/
	namedDir    // **/text
	endingDir   // **/*text
	containsDir // **/*text**/
)

// compile panics when a pattern has a form that is not understood: patterns are
// part of the program.
func compile(format *Format, p string) pattern {
	slash := strings.LastIndexByte(p, '/') + 1
	return pattern{format: format, dir: compileDir(p[:slash]), base: strings.Split(p[slash:], "*")}
}

func compileDir(dir string) dirPattern {
	text, leading := strings.CutPrefix(dir, "**/")
	text, trailing := strings.CutSuffix(text, "**/")
	text, open := strings.CutPrefix(text, "*")
	if strings.Contains(text, "*") || open && !leading || leading && trailing && !open {
		panic(fmt.Sprintf("pattern of a directory %q is not understood", dir))
	}
	switch {
	case leading && trailing:
		return dirPattern{containsDir, text}
	case open:
		return dirPattern{endingDir, text}
	case leading:
		return dirPattern{namedDir, text}
	case trailing:
		return dirPattern{underDir, text}
	case dir == "":
		return dirPattern{kind: anyDir}
	}
	return dirPattern{exactDir, dir}
}

// matches compares the two parts of a path.
func matches[P text](p *pattern, dir, base P) bool {
	if !matchesDir(p.dir, dir) || !matchesBase(p.base, base) {
		return false
	}
	return p.format.except == nil || !p.format.except(string(dir))
}

func matchesDir[P text](d dirPattern, dir P) bool {
	switch d.kind {
	case anyDir:
		return true
	case exactDir:
		return string(dir) == d.text
	case underDir:
		return hasPrefix(dir, d.text)
	case namedDir:
		before := len(dir) - len(d.text)
		return hasSuffix(dir, d.text) && (before == 0 || dir[before-1] == '/')
	case endingDir:
		return hasSuffix(dir, d.text)
	default:
		return index(dir, d.text) >= 0
	}
}

// matchesBase takes the pieces from left to right, each as early as possible.
func matchesBase[P text](pieces []string, base P) bool {
	last := len(pieces) - 1
	if last == 0 {
		return string(base) == pieces[0]
	}
	if !hasPrefix(base, pieces[0]) {
		return false
	}
	base = base[len(pieces[0]):]
	for _, piece := range pieces[1:last] {
		at := index(base, piece)
		if at < 0 {
			return false
		}
		base = base[at+len(piece):]
	}
	return hasSuffix(base, pieces[last])
}
