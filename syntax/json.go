package syntax

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// JSON reads one JSON document. Its methods take the value at the position of the
// reader; a value that is not of the kind asked for is stepped over, and ok is
// false. After an error nothing more can be read.
type JSON struct {
	steps
	data    []byte
	pos     int
	relaxed bool
	depth   int
	close   [MaxDepth + 1]byte // by depth: the bracket that ends what is open
}

// NewJSON returns a reader at the start of data, which it does not change.
func NewJSON(ctx context.Context, data []byte) *JSON {
	return &JSON{steps: steps{ctx: ctx}, data: bytes.TrimPrefix(data, byteOrderMark)}
}

// NewJSONC returns one that allows comments and a comma behind the last element.
func NewJSONC(ctx context.Context, data []byte) *JSON {
	j := NewJSON(ctx, data)
	j.relaxed = true
	return j
}

// Object hands the key of each member to f, which may take the value; what it
// leaves is stepped over. The key may be a part of the data.
func (j *JSON) Object(f func(key []byte) error) (ok bool, err error) {
	return j.container('{', func() error {
		key, err := j.text()
		if err != nil {
			return err
		}
		if c, err := j.peek(); err != nil || c != ':' {
			return j.wrong(err, "no colon behind a key")
		}
		j.pos++
		return j.element(func() error { return f(key) })
	})
}

// Array calls f for each element; what it leaves is stepped over.
func (j *JSON) Array(f func() error) (ok bool, err error) {
	return j.container('[', func() error { return j.element(f) })
}

// element steps over a value that f did not take.
func (j *JSON) element(f func() error) error {
	if _, err := j.peek(); err != nil {
		return err
	}
	at := j.pos
	if err := f(); err != nil || j.pos > at {
		return err
	}
	return j.Skip()
}

func (j *JSON) container(open byte, each func() error) (bool, error) {
	c, err := j.peek()
	if err != nil {
		return false, err
	}
	if c != open {
		return false, j.Skip()
	}
	if err := j.open(open); err != nil {
		return true, err
	}
	for first := true; ; first = false {
		if err := j.step(); err != nil {
			return true, err
		}
		c, err := j.peek()
		if err != nil {
			return true, err
		}
		if c == j.close[j.depth] && (first || j.relaxed) {
			break
		}
		if err := each(); err != nil {
			return true, err
		}
		if c, err = j.peek(); err != nil {
			return true, err
		}
		if c == j.close[j.depth] {
			break
		}
		if c != ',' {
			return true, j.wrong(nil, "no comma between two elements")
		}
		j.pos++
	}
	j.pos++
	j.depth--
	return true, nil
}

func (j *JSON) open(c byte) error {
	if j.depth == MaxDepth {
		return fmt.Errorf("%w; the rest was not read", ErrDeep)
	}
	j.depth++
	j.close[j.depth] = c + 2 // '}' for '{', ']' for '['
	j.pos++
	return nil
}

// String returns a string.
func (j *JSON) String() (s string, ok bool, err error) {
	c, err := j.peek()
	if err != nil {
		return "", false, err
	}
	if c != '"' {
		return "", false, j.Skip()
	}
	b, err := j.text()
	return string(b), err == nil, err
}

// True reports whether the value is the literal true.
func (j *JSON) True() (bool, error) {
	if _, err := j.peek(); err != nil {
		return false, err
	}
	at := j.pos
	err := j.Skip()
	return err == nil && string(j.data[at:j.pos]) == "true", err
}

// Null reports whether the value is null, without taking it.
func (j *JSON) Null() (bool, error) {
	_, err := j.peek()
	return err == nil && bytes.HasPrefix(j.data[j.pos:], []byte("null")), err
}

// Pos returns the position, which At takes.
func (j *JSON) Pos() int { return j.pos }

// At returns a reader of the same document at the value that begins at pos.
func (j *JSON) At(pos int) *JSON {
	return &JSON{steps: j.steps, data: j.data, pos: pos, relaxed: j.relaxed}
}

// Skip steps over one value, whatever it is.
func (j *JSON) Skip() error {
	for base := j.depth; ; {
		if err := j.step(); err != nil {
			return err
		}
		c, err := j.peek()
		if err != nil {
			return err
		}
		switch c {
		case '{', '[':
			err = j.open(c)
		case '"':
			_, _, err = j.quoted()
		case '}', ']':
			if j.depth == base || c != j.close[j.depth] {
				return j.wrong(nil, "a bracket that closes nothing")
			}
			j.depth--
			j.pos++
		case ',', ':':
			if j.depth == base {
				return j.wrong(nil, "no value")
			}
			j.pos++
			continue
		default:
			err = j.literal()
		}
		if err != nil || j.depth == base {
			return err
		}
	}
}

// End returns an error when anything but space is left.
func (j *JSON) End() error {
	if _, err := j.peek(); !errors.Is(err, io.ErrUnexpectedEOF) {
		return j.wrong(err, "more behind the end of the document")
	}
	return nil
}

// literal steps over a number, true, false or null.
func (j *JSON) literal() error {
	at := j.pos
	for j.pos < len(j.data) && isLiteral(j.data[j.pos]) {
		j.pos++
	}
	if j.pos == at {
		return j.wrong(nil, "no value")
	}
	return nil
}

func isLiteral(c byte) bool {
	return c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// text returns the bytes of a string; they are copied only where it has escapes.
func (j *JSON) text() ([]byte, error) {
	raw, escaped, err := j.quoted()
	if err != nil || !escaped {
		return raw, err
	}
	var s string
	if err := json.Unmarshal(j.data[j.pos-len(raw)-2:j.pos], &s); err != nil {
		return nil, j.wrong(nil, "a string with a wrong escape")
	}
	return []byte(s), nil
}

// quoted steps over a string and returns what is between its quotes.
func (j *JSON) quoted() (raw []byte, escaped bool, err error) {
	if c, err := j.peek(); err != nil || c != '"' {
		return nil, false, j.wrong(err, "no string where one must be")
	}
	for i := j.pos + 1; i < len(j.data); i++ {
		switch c := j.data[i]; {
		case c == '"':
			raw, j.pos = j.data[j.pos+1:i], i+1
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return nil, false, j.wrong(nil, "a control character in a string")
		}
	}
	return nil, false, io.ErrUnexpectedEOF
}

// peek steps over space and returns the byte there.
func (j *JSON) peek() (byte, error) {
	for j.pos < len(j.data) {
		switch c := j.data[j.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			j.pos++
		case c == '/' && j.relaxed:
			if !j.comment() {
				return 0, io.ErrUnexpectedEOF
			}
		default:
			return c, nil
		}
	}
	return 0, io.ErrUnexpectedEOF
}

// comment steps over a comment and reports whether it ends.
func (j *JSON) comment() bool {
	end := "\n"
	if bytes.HasPrefix(j.data[j.pos:], []byte("/*")) {
		end = "*/"
	}
	_, after, ok := bytes.Cut(j.data[j.pos+1:], []byte(end))
	j.pos = len(j.data) - len(after)
	return ok
}

func (j *JSON) wrong(err error, what string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("not JSON: %s (byte %d)", what, j.pos)
}
