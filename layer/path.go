package layer

import (
	"path"
	"strings"
	"unicode/utf8"
)

// CleanPath returns name as a path below the image's root: cleaned, without a
// leading slash, ".." never above the root, "" for the root itself.
//
// Names in a tar are bytes. Each byte that is not UTF-8 becomes the private
// code point U+10FF00 + byte, so that a path can be stored as text and two
// different names never become one.
func CleanPath(name string) string {
	name = strings.TrimPrefix(name, "./")
	name = strings.TrimSuffix(name, "/")
	if !isClean(name) {
		name = path.Clean("/" + name)[1:]
	}
	return toUTF8(name)
}

// isClean reports whether every element of name is a proper one, so that
// nearly all names need no allocation.
func isClean(name string) bool {
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		switch name[start:i] {
		case "", ".", "..":
			return false
		}
		start = i + 1
	}
	return true
}

// escapeBase is where bytes that are not UTF-8 go: the end of the last
// private use plane. Code points from there on are escaped, too, which keeps
// the mapping one-to-one.
const escapeBase = 0x10FF00

func toUTF8(s string) string {
	if plainUTF8(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && n == 1) || r >= escapeBase {
			for _, c := range []byte(s[i : i+n]) {
				b.WriteRune(escapeBase + rune(c))
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// plainUTF8 reports whether s needs no escape.
func plainUTF8(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r >= escapeBase })
		}
	}
	return true
}
