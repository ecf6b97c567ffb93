package layer

import (
	"bytes"
	"unicode/utf8"
)

// CleanPath returns name as a path relative to the image's root: cleaned,
// without a leading slash, and "" for the root itself. A ".." at the root is
// dropped.
//
// Names in a tar archive are bytes. Each byte that is not valid UTF-8 becomes
// the private code point U+10FF00 + byte, so that paths can be stored as text
// and different names remain different.
func CleanPath(name string) string {
	var c cleaner
	return string(c.clean([]byte(name)))
}

// cleaner does what [CleanPath] does for many names, without allocating for
// each.
type cleaner struct{ cleaned, escaped []byte }

// clean returns name itself, or a buffer that the next call overwrites.
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

// isClean reports whether name has no improper element. Nearly all names have
// none.
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

// appendClean appends the cleaned name to dst, which must be empty. The result
// is that of path.Clean("/" + name) without the leading slash.
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

// escapeBase is the first code point used for bytes that are not UTF-8. It is
// near the end of the last private use plane. Code points from escapeBase on
// are escaped too, so that the mapping is one-to-one.
const escapeBase = 0x10FF00

// appendUTF8 appends the escaped name to dst.
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
