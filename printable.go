package landwaiter

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable makes untrusted text safe to show on one line of a terminal, a log, a
// table or a viewer. It replaces line breaks, tabs and other white space with a
// space, and invisible characters with U+FFFD: control characters (C0, DEL, C1),
// bidi controls, zero-width and other format characters, and invalid UTF-8. The
// result is valid UTF-8, and applying Printable again does not change it.
func Printable(s string) string {
	if isPlainASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// PrintableJSON returns a writer that passes JSON on to w with every invisible
// character escaped. The document decodes to the same value, but cannot control a
// terminal that shows it. (encoding/json itself escapes only the C0 controls,
// U+2028 and U+2029.) Each Write must end at a character boundary, as the writes
// of a [json.Encoder] do.
func PrintableJSON(w io.Writer) io.Writer { return jsonEscaper{w} }

type jsonEscaper struct{ w io.Writer }

// Write implements [io.Writer].
func (e jsonEscaper) Write(p []byte) (int, error) {
	escaped := escapeJSON(p)
	n, err := e.w.Write(escaped)
	if err == nil || n > len(p) {
		n = len(p)
	}
	return n, err
}

// escapeJSON returns p itself when there is nothing to escape. In JSON, characters
// from U+007F on can only occur within strings.
func escapeJSON(p []byte) []byte {
	var out []byte
	start := 0 // of what is not yet copied to out
	for i := 0; i < len(p); {
		at := bytes.IndexFunc(p[i:], isHiddenInJSON)
		if at < 0 {
			break
		}
		i += at
		r, size := utf8.DecodeRune(p[i:])
		out = append(out, p[start:i]...)
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
		start = i
	}
	if start == 0 {
		return p
	}
	return append(out, p[start:]...)
}

func isHiddenInJSON(r rune) bool { return r > '~' && !unicode.IsPrint(r) }
