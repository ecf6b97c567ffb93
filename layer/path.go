package layer

import (
	"bytes"
	"unicode/utf8"
)

// CleanPath returns name as a path below the image's root: cleaned, without a
// leading slash, ".." never above the root, "" for the root itself.
//
// Names in a tar are bytes. Each byte that is not UTF-8 becomes the private
// code point U+10FF00 + byte, so that a path can be stored as text and two
// different names never become one.
func CleanPath(name string) string {
	var c cleaner
	return string(c.clean([]byte(name)))
}

// cleaner is [CleanPath] for one name after the other, without allocations.
type cleaner struct{ cleaned, escaped []byte }

// clean returns name itself, or a buffer that the next call changes.
func (c *cleaner) clean(name []byte) []byte {
	name = bytes.TrimPrefix(name, []byte("./"))
	name = bytes.TrimSuffix(name, []byte("/"))
	if !isClean(name) {
		c.cleaned = appendClean(c.cleaned[:0], name)
		name = c.cleaned
	}
	if !plainUTF8(name) {
		c.escaped = appendUTF8(c.escaped[:0], name)
		name = c.escaped
	}
	return name
}

// isClean reports whether every element of name is a proper one, as those of
// nearly all names are.
func isClean(name []byte) bool {
	start := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if improper(name[start:i]) {
			return false
		}
		start = i + 1
	}
	return true
}

func improper(element []byte) bool {
	switch string(element) {
	case "", ".", "..":
		return true
	}
	return false
}

// appendClean appends name to the empty dst: what path.Clean makes of "/" and
// name, but for the slash.
func appendClean(dst, name []byte) []byte {
	for element := range bytes.SplitSeq(name, []byte("/")) {
		switch {
		case string(element) == "..":
			dst = dst[:max(0, bytes.LastIndexByte(dst, '/'))]
		case !improper(element):
			if len(dst) > 0 {
				dst = append(dst, '/')
			}
			dst = append(dst, element...)
		}
	}
	return dst
}

// escapeBase is where bytes that are not UTF-8 go: the end of the last
// private use plane. Code points from there on are escaped, too, which keeps
// the mapping one-to-one.
const escapeBase = 0x10FF00

// appendUTF8 appends name with its escapes.
func appendUTF8(dst, name []byte) []byte {
	for len(name) > 0 {
		r, n := utf8.DecodeRune(name)
		if (r == utf8.RuneError && n == 1) || r >= escapeBase {
			for _, c := range name[:n] {
				dst = utf8.AppendRune(dst, escapeBase+rune(c))
			}
		} else {
			dst = append(dst, name[:n]...)
		}
		name = name[n:]
	}
	return dst
}

// plainUTF8 reports whether name needs no escape.
func plainUTF8(name []byte) bool {
	for i := range name {
		if name[i] >= utf8.RuneSelf {
			return utf8.Valid(name) && !bytes.ContainsFunc(name, func(r rune) bool { return r >= escapeBase })
		}
	}
	return true
}
