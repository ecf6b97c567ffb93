package history

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter/analyze/secret"
)

// span is a part of a text that must not be shown.
type span struct{ start, end int }

// Text masks the secrets in a text, such as a build step as a builder wrote it
// or a command line. Of a text over 64 KiB the rest is cut off.
func Text(s string) string {
	s = cut(strings.ToValidUTF8(s, "\uFFFD"))
	// What stands behind a secret may read differently once it is masked; one
	// more look nearly always finds nothing.
	for range 4 {
		next := cut(replace(s, find(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// cut ends a text that is too long.
func cut(s string) string {
	if len(s) <= MaxText {
		return s
	}
	const dots = "..."
	s = strings.ToValidUTF8(s[:MaxText-len(dots)], "")
	return strings.TrimRight(s, ".*") + dots
}

// find returns the secrets in a text, sorted; they may overlap.
func find(s string) []span {
	f := finder{text: s, exec: strings.Contains(s, `["`)}
	f.tokens()
	f.pemKeys()
	f.urls()
	f.quoting()
	f.instruction()
	f.names()
	f.commands()
	f.pipes()
	slices.SortFunc(f.spans, func(a, b span) int { return a.start - b.start })
	return f.spans
}

// replace masks spans, which are sorted and may overlap.
func replace(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for i := 0; i < len(spans); {
		start, end := spans[i].start, spans[i].end
		for i++; i < len(spans) && spans[i].start < end; i++ {
			end = max(end, spans[i].end)
		}
		b.WriteString(s[at:start])
		b.WriteString(masked(s[start:end]))
		at = end
	}
	b.WriteString(s[at:])
	return b.String()
}

// finder looks for the secrets of one text.
type finder struct {
	text  string
	exec  bool   // has JSON: arguments in the exec form
	quote []byte // the quote that each byte stands in, 0 for none
	spans []span
}

// add notes a secret, unless the value tells none. It reports whether it did.
func (f *finder) add(start, end int, raw bool) bool {
	if isOpen(f.text[start:end], raw) {
		return false
	}
	f.spans = append(f.spans, span{start, end})
	return true
}

const (
	// tokenWindow is the part of a text that package secret looks at in one go:
	// small enough for its limit on keywords, which have four bytes.
	tokenWindow = 32 << 10
	// tokenOverlap is more than the longest token.
	tokenOverlap = 1 << 10
)

// tokens finds what is a secret by its own form.
func (f *finder) tokens() {
	for from := 0; from < len(f.text); {
		window := f.text[from:min(len(f.text), from+tokenWindow)]
		matches, _ := secret.Text(window) // a window is too short for any limit but MaxMatches
		for _, m := range matches {
			f.spans = append(f.spans, span{from + m.Start, from + m.End})
		}
		switch {
		case len(matches) == secret.MaxMatches:
			from += matches[len(matches)-1].End
		case from+len(window) == len(f.text):
			return
		default:
			from += len(window) - tokenOverlap
		}
	}
}

// keyBegin begins a private key; what follows is its first line. Real newlines
// may be written as "\n".
var keyBegin = regexp.MustCompile(`PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\\\n|\\)*([A-Za-z0-9+/=]{16})`)

// pemKeys finds private keys that package secret does not take for real, too.
func (f *finder) pemKeys() {
	if !strings.Contains(f.text, "PRIVATE KEY") {
		return
	}
	for at := 0; ; {
		m := keyBegin.FindStringSubmatchIndex(f.text[at:])
		if m == nil {
			return
		}
		start := at + m[2]
		end := strings.Index(f.text[start:], "-----END")
		if end < 0 {
			end = strings.IndexFunc(f.text[start:], func(r rune) bool {
				return !strings.ContainsRune("+/=\\ \n\r\t", r) && (r > 'z' || !isAlphanumeric(byte(r)))
			})
		}
		if end < 0 {
			end = len(f.text) - start
		}
		f.spans = append(f.spans, span{start, start + end})
		at = start + end
	}
}

// quoting notes which quote each byte stands in. A quote that is never closed,
// as an apostrophe, lasts to the end of its line.
func (f *finder) quoting() {
	f.quote = make([]byte, len(f.text)+1)
	var in byte
	for i := 0; i < len(f.text); i++ {
		f.quote[i] = in
		switch c := f.text[i]; {
		case c == '\\' && in != '\'' && i+1 < len(f.text):
			i++
			f.quote[i] = in
		case c == '\n':
			in = 0
		case in == 0 && (c == '"' || c == '\''):
			in = c
		case c == in:
			in = 0
		}
	}
}
