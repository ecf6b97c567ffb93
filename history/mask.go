package history

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter/analyze/secret"
)

// span is a part of a text that must not be shown.
type span struct{ start, end int }

// maxPasses bounds the work on a text that is made to parse differently after each
// pass. Texts in the wild take two.
const maxPasses = 10

// Text masks the secrets in a text, such as a build step or a command line. It cuts the
// text off after [MaxText] bytes.
func Text(s string) string {
	s = cut(strings.ToValidUTF8(s, "\uFFFD"))
	// The text after a secret may parse differently once the secret is masked. A
	// second pass nearly always finds nothing; each masks more than the one before.
	for range maxPasses {
		next := cut(replace(s, find(s)))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// cut cuts off a text that is too long.
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

// replace masks spans, which must be sorted and may overlap.
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

// finder finds the secrets in one text.
type finder struct {
	text  string
	exec  bool   // the text has arguments in the exec form (JSON)
	quote []byte // for each byte, the quote that it is in; 0 for none
	spans []span
}

// add adds a secret unless the value reveals none, and reports whether it did.
func (f *finder) add(start, end int, raw bool) bool {
	if isOpen(f.text[start:end], raw) {
		return false
	}
	f.spans = append(f.spans, span{start, end})
	return true
}

const (
	// tokenWindow is how much text package secret searches at once: too little to
	// reach its limit on keywords, which have at least four bytes.
	tokenWindow = 32 << 10
	// tokenOverlap is more than the longest token.
	tokenOverlap = 1 << 10
)

// tokens finds secrets that are recognised by their own form.
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

// keyBegin matches the beginning of a private key and of its first line. The line
// break may be written as "\n".
var keyBegin = regexp.MustCompile(`PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\\\n|\\)*([A-Za-z0-9+/=]{16})`)

// pemKeys finds private keys, including those that package secret takes for examples.
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

// quoting records for each byte the quote that it is in. A quote that is not closed,
// such as an apostrophe, ends with its line.
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
