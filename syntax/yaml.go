package syntax

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// YAML reads the block mappings of a YAML document line by line, which is how
// programs write lock files. What a value holds beyond its line (flow collections,
// folded text) lies deeper than its key, where a caller does not look. Anchors,
// aliases and merge keys are not followed.
type YAML struct {
	lines *Lines
	bad   int
	first error
	line  int
}

// Entry is one line of a block mapping.
type Entry struct {
	Indent int    // spaces before the key; 0 for the document's own keys
	Key    []byte // without quotes; nil for a line "---", which starts a document
	Value  []byte // as it stands, without a comment
}

// NewYAML returns a reader at the start of data, which it does not change.
func NewYAML(ctx context.Context, data []byte) *YAML {
	return &YAML{lines: NewLines(ctx, data)}
}

// Bad returns the number of lines that were passed to Wrong or were too long, and
// what is wrong with the first.
func (y *YAML) Bad() (int, error) {
	if y.lines.long > 0 && y.first == nil {
		y.first = fmt.Errorf("a line of more than %d bytes", MaxLine)
	}
	return y.bad + y.lines.long, y.first
}

// Wrong counts the line that was read last among those that are wrong.
func (y *YAML) Wrong(what string) {
	y.bad++
	if y.first == nil {
		y.first = fmt.Errorf("%s (line %d)", what, y.line)
	}
}

// Next returns the next line that has a key. Lines without one that lie deeper
// than indentation deep belong to a value and are left out; others are wrong. At
// the end of the text ok is false. The error is that of the context.
func (y *YAML) Next(deep int) (e Entry, ok bool, err error) {
	for {
		line, ok, err := y.lines.Next()
		if !ok || err != nil {
			return Entry{}, false, err
		}
		y.line++
		text := bytes.TrimLeft(line, " ")
		if len(text) == 0 || text[0] == '#' || text[0] == '%' && len(text) == len(line) {
			continue
		}
		e := Entry{Indent: len(line) - len(text)}
		if e.Indent == 0 && (string(text) == "..." || bytes.HasPrefix(text, []byte("---"))) {
			return e, true, nil
		}
		if len(text) > 2 && (text[0] == '?' || text[0] == ':') && text[1] == ' ' {
			return y.complexKey(e, text), true, nil
		}
		if e.Key, e.Value, ok = splitEntry(text); ok {
			return e, true, nil
		}
		if e.Indent <= deep && !(e.Indent == 0 && text[0] == '-') { // a list of the key above
			y.Wrong("a line that is no key and value")
		}
	}
}

// complexKey reads "? key" and ": key: value", as which keys of more than 1,024
// bytes are written with their first field.
func (y *YAML) complexKey(e Entry, text []byte) Entry {
	if text[0] == '?' {
		e.Key = Scalar(bytes.TrimSpace(text[2:]))
		return e
	}
	inner := bytes.TrimLeft(text[2:], " ")
	e.Indent += len(text) - len(inner)
	e.Key, e.Value, _ = splitEntry(inner)
	if e.Key == nil {
		e.Key = []byte{}
	}
	return e
}

// splitEntry splits "key: value".
func splitEntry(text []byte) (key, value []byte, ok bool) {
	if len(text) == 0 {
		return nil, nil, false
	}
	if text[0] == '"' || text[0] == '\'' {
		n := quotedLen(text)
		rest := bytes.TrimLeft(text[n:], " ")
		if n == 0 || len(rest) == 0 || rest[0] != ':' || len(rest) > 1 && rest[1] != ' ' {
			return nil, nil, false
		}
		return Scalar(text[:n]), valueOf(rest[1:]), true
	}
	if strings.IndexByte("{}[]&*!|>%@`,#", text[0]) >= 0 && !bytes.HasPrefix(text, []byte("@")) {
		return nil, nil, false
	}
	if n := bytes.Index(text, []byte(": ")); n > 0 {
		return text[:n], valueOf(text[n+2:]), true
	}
	if text = bytes.TrimRight(text, " "); len(text) > 1 && text[len(text)-1] == ':' {
		return text[:len(text)-1], nil, true
	}
	return nil, nil, false
}

// valueOf strips the space around a value and the comment behind it.
func valueOf(text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] == '#' {
		return nil
	}
	if text[0] == '"' || text[0] == '\'' {
		if n := quotedLen(text); n > 0 {
			return text[:n]
		}
	}
	if n := bytes.Index(text, []byte(" #")); n >= 0 {
		text = bytes.TrimSpace(text[:n])
	}
	return text
}

// quotedLen returns the length of the quoted scalar that text starts with, or 0.
func quotedLen(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && text[0] == '"':
			i++
		case text[i] == text[0]:
			if text[0] == '\'' && i+1 < len(text) && text[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
	}
	return 0
}

// Scalar returns the text of a value that stands on one line, without quotes.
func Scalar(value []byte) []byte {
	if len(value) < 2 || quotedLen(value) != len(value) {
		return value
	}
	text := value[1 : len(value)-1]
	switch value[0] {
	case '\'':
		return bytes.ReplaceAll(text, []byte("''"), []byte("'"))
	case '"':
		if s, err := strconv.Unquote(string(value)); err == nil {
			return []byte(s)
		}
		return text
	}
	return value
}

// Flow hands the keys and values of a flow mapping that stands on one line to f,
// and reports whether value is one. Values that are nested are left out.
func Flow(value []byte, f func(key, value []byte)) bool {
	if len(value) < 2 || value[0] != '{' || value[len(value)-1] != '}' {
		return false
	}
	depth, start := 0, 1
	for i := 1; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"' || c == '\'':
			n := quotedLen(value[i:])
			if n == 0 {
				return false
			}
			i += n - 1
		case c == '{' || c == '[':
			depth++
		case depth > 0 && (c == '}' || c == ']'):
			depth--
		case depth == 0 && (c == ',' || c == '}'):
			field := bytes.TrimSpace(value[start:i])
			start = i + 1
			if len(field) == 0 {
				continue
			}
			if k, v, ok := splitEntry(field); ok {
				f(k, v)
			}
		}
	}
	return true
}
