package history

import "strings"

// parse returns the start and end of the value of a name. Raw values are those that no
// shell expands.
func (f *finder) parse(n named, at int) (start, end int, raw bool) {
	if outer := f.outer(n); outer != "" && f.skipQuote(at) == at {
		// The whole assignment is quoted: "PASSWORD=it's; a secret".
		return at, f.closing(at, outer), outer == "'"
	}
	if n.kind == headerName && f.skipQuote(at) == at {
		return at, f.endOfLine(at), false
	}
	if inner := f.skipQuote(at); inner > at {
		quote := f.text[at:inner]
		end := f.closing(inner, quote)
		if after := end + len(quote); after >= len(f.text) || f.isEnd(after) || n.quoted {
			return inner, end, quote == "'"
		}
		if f.exec && quote == `\"` {
			return inner, end, false
		}
	}
	return at, f.bare(at), false
}

// outer returns the quote before an assignment, if it is not closed after the name.
func (f *finder) outer(n named) string {
	if n.quoted || n.start == 0 || !f.isQuote(n.start-1) {
		return ""
	}
	i := n.start - 1
	for i > 0 && f.text[i-1] == '\\' {
		i--
	}
	return f.text[i:n.start]
}

// closing returns the offset of the next equal quote, with as many backslashes; the end
// of the text if there is none.
func (f *finder) closing(at int, quote string) int {
	sign := quote[len(quote)-1]
	slashes := 0
	for i := at; i < len(f.text); i++ {
		switch {
		case f.text[i] == '\\':
			slashes++
			continue
		case f.text[i] == sign && (slashes == len(quote)-1 || sign == '\'' && quote == "'"):
			return i - min(slashes, len(quote)-1)
		}
		slashes = 0
	}
	return len(f.text)
}

// bare returns the end of a shell word, which may have several parts: a"b"'c'$(d).
func (f *finder) bare(at int) int {
	in := f.quote[at]
	for i := at; i < len(f.text); {
		c := f.text[i]
		switch {
		case f.isEnd(i):
			return i
		case c == '\\' && f.isQuote(i+1) && (f.exec || in == '"'):
			return i
		case c == '\\':
			i += 2
		case c == '$' && (f.byteAt(i+1) == '(' || f.byteAt(i+1) == '{'), c == '`':
			i = f.balanced(i)
		case c == in && in != 0:
			return i
		case (c == '"' || c == '\'') && in == 0:
			i = f.closing(i+1, string(c)) + 1
		default:
			i++
		}
	}
	return len(f.text)
}

// balanced returns the end of the $(...), ${...} or `...` at an offset; the next byte if
// it is not closed.
func (f *finder) balanced(at int) int {
	end := min(len(f.text), at+maxBalanced)
	if f.text[at] == '`' {
		if i := strings.IndexByte(f.text[at+1:end], '`'); i >= 0 {
			return at + i + 2
		}
		return at + 1
	}
	depth := 0
	for i := at + 1; i < end; i++ {
		switch f.text[i] {
		case '(', '{':
			depth++
		case ')', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return at + 1
}

// isEnd reports whether a byte ends a shell word.
func (f *finder) isEnd(at int) bool {
	c := f.byteAt(at)
	return c <= ' ' || strings.IndexByte(";&|<>()", c) >= 0
}

// endOfLine returns where an unquoted header ends.
func (f *finder) endOfLine(at int) int {
	if i := strings.IndexAny(f.text[at:], "\n\r\"'`;|&<>"); i >= 0 {
		return at + i
	}
	return len(f.text)
}
