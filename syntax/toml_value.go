package syntax

import (
	"bytes"
	"strconv"
	"strings"
)

// String takes the value of a Pair; ok is false when it is no string.
func (t *TOML) String() (s string, ok bool) {
	t.space()
	if c := t.peek(); c != '"' && c != '\'' {
		return "", false // stepped over by Next
	}
	b, err := t.text()
	return string(b), t.taken(err)
}

// True reports whether the value of a Pair is the literal true, and takes it.
func (t *TOML) True() bool {
	t.space()
	at := t.pos
	err := t.skip()
	is := err == nil && string(t.data[at:t.pos]) == "true"
	return t.taken(err) && is
}

// Strings hands each string of an array to f, and takes the value of the Pair.
func (t *TOML) Strings(f func(s string)) {
	t.space()
	if t.peek() != '[' {
		return
	}
	t.pos++
	t.taken(t.elements(']', func() error {
		if c := t.peek(); c != '"' && c != '\'' {
			return t.skip()
		}
		b, err := t.text()
		if err == nil {
			f(string(b))
		}
		return err
	}))
}

// Inline hands each key of an inline table that has a string to f with it, and
// takes the value of the Pair. ok is false when it is no inline table.
func (t *TOML) Inline(f func(key []byte, value string)) (ok bool) {
	t.space()
	if t.peek() != '{' {
		return false
	}
	t.pos++
	return t.taken(t.fields(f))
}

// Tables hands the string fields of each inline table of an array to f.
func (t *TOML) Tables(f func(key []byte, value string)) {
	t.space()
	if t.peek() != '[' {
		return
	}
	t.pos++
	t.taken(t.elements(']', func() error {
		if t.peek() != '{' {
			return t.skip()
		}
		t.pos++
		return t.fields(f)
	}))
}

func (t *TOML) fields(f func(key []byte, value string)) error {
	return t.elements('}', func() error {
		n, err := t.key('=')
		if err != nil {
			return err
		}
		key := t.parts[n-1]
		t.space()
		if c := t.peek(); c != '"' && c != '\'' {
			return t.skip()
		}
		b, err := t.text()
		if err == nil && n == 1 {
			f(key, string(b))
		}
		return err
	})
}

// elements calls each at the start of every element up to the closing bracket.
func (t *TOML) elements(end byte, each func() error) error {
	for {
		if err := t.step(); err != nil {
			return err
		}
		t.blank()
		switch {
		case t.pos == len(t.data):
			return t.wrong("an array or table that is not closed")
		case t.peek() == end:
			t.pos++
			return nil
		case t.peek() == ',':
			t.pos++
			continue
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// skip steps over one value.
func (t *TOML) skip() error {
	depth := 0
	for {
		if err := t.step(); err != nil {
			return err
		}
		t.space()
		c := t.peek()
		switch {
		case t.pos == len(t.data):
			return t.wrong("a value that does not end")
		case c == '"' || c == '\'':
			if err := t.skipText(); err != nil {
				return err
			}
		case c == '[' || c == '{':
			if depth == MaxDepth {
				return ErrDeep
			}
			depth++
			t.open[depth] = c
			t.pos++
		case depth > 0 && c == t.open[depth]+2:
			depth--
			t.pos++
		case depth > 0 && c == '#':
			t.toEndOfLine()
		case depth > 0 && t.separates(c, depth):
			t.pos++
			continue
		default:
			if err := t.bare(depth > 0); err != nil {
				return err
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// separates reports whether c stands between the values of an array or a table.
func (t *TOML) separates(c byte, depth int) bool {
	return c == ',' || c == '\n' || c == '=' && t.open[depth] == '{'
}

// bare steps over a number, a date, a literal or, within a table, a key.
func (t *TOML) bare(nested bool) error {
	at := t.pos
	for t.pos < len(t.data) {
		c := t.data[t.pos]
		dated := c == ' ' && !nested && t.pos == at+len("2006-01-02") // a date and a time may have a space between
		if !isBareKey(c) && c != '+' && c != '.' && c != ':' && !dated {
			break
		}
		t.pos++
	}
	if t.pos == at {
		return t.wrong("no value where one must be")
	}
	return nil
}

// text takes a string; it is copied only where it has escapes.
func (t *TOML) text() ([]byte, error) {
	at := t.pos
	if err := t.skipText(); err != nil {
		return nil, err
	}
	raw := t.data[at:t.pos]
	quotes := 1
	if len(raw) >= 6 && (bytes.HasPrefix(raw, []byte(`"""`)) || bytes.HasPrefix(raw, []byte("'''"))) {
		quotes = 3
	}
	text := raw[quotes : len(raw)-quotes]
	if raw[0] == '\'' || bytes.IndexByte(text, '\\') < 0 {
		return text, nil
	}
	return t.unescape(text)
}

// skipText steps over one of the four kinds of string.
func (t *TOML) skipText() error {
	quote := t.data[t.pos]
	if rest := t.data[t.pos:]; len(rest) >= 3 && rest[1] == quote && rest[2] == quote {
		return t.skipMultiline(quote)
	}
	for i := t.pos + 1; i < len(t.data); i++ {
		switch c := t.data[i]; {
		case c == quote:
			t.pos = i + 1
			return nil
		case c == '\\' && quote == '"':
			i++
		case c == '\n':
			return t.wrong("a string that does not end")
		}
	}
	return t.wrong("a string that does not end")
}

func (t *TOML) skipMultiline(quote byte) error {
	unclosed := &t.unclosed[quote&1]
	if *unclosed {
		return t.wrong("a string that does not end")
	}
	for i := t.pos + 3; i < len(t.data); i++ {
		switch c := t.data[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == quote && bytes.HasPrefix(t.data[i:], []byte{quote, quote, quote}):
			for i += 3; i < len(t.data) && t.data[i] == quote; i++ { // the string may end in two of them
			}
			t.pos = i
			return nil
		}
	}
	*unclosed = true // and none that begins below can be
	return t.wrong("a string that does not end")
}

// unescape resolves the escapes of a basic string.
func (t *TOML) unescape(text []byte) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		c := text[0]
		text = text[1:]
		if c != '\\' || len(text) == 0 {
			out = append(out, c)
			continue
		}
		c, text = text[0], text[1:]
		digits := 0
		switch c {
		case 'b', 'f', 'n', 'r', 't':
			c = "\b\f\n\r\t"[strings.IndexByte("bfnrt", c)]
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		case '\n', ' ', '\t', '\r':
			text = bytes.TrimLeft(text, " \t\r\n")
			continue
		}
		if digits == 0 {
			out = append(out, c)
			continue
		}
		if len(text) < digits {
			return nil, t.wrong("a string with a wrong escape")
		}
		r, err := strconv.ParseUint(string(text[:digits]), 16, 32)
		if err != nil {
			return nil, t.wrong("a string with a wrong escape")
		}
		out, text = append(out, string(rune(r))...), text[digits:]
	}
	return out, nil
}
