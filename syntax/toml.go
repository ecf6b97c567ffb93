package syntax

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// maxKeyParts bounds the parts of a dotted key. Honest ones have four.
const maxKeyParts = 16

// TOML reads one TOML document statement by statement. A statement that is wrong
// is left out and counted; reading goes on with the next line.
type TOML struct {
	steps
	data     []byte
	pos      int
	start    int // of the statement
	again    int // bytes that may be read again after a wrong statement
	value    bool
	parts    [maxKeyParts][]byte
	open     [MaxDepth + 1]byte
	unclosed [2]bool // no multi-line string ends: of quotes, of apostrophes
	bad      int
	first    error
	stopped  error
}

// Statement is the kind of a statement of TOML.
type Statement uint8

// The statements. A table of an unknown key is one whose header is wrong.
const (
	Table      Statement = iota // [a.b]
	ArrayTable                  // [[a.b]]
	Pair                        // a.b = value
)

// NewTOML returns a reader at the start of data, which it does not change.
func NewTOML(ctx context.Context, data []byte) *TOML {
	return &TOML{steps: steps{ctx: ctx}, data: bytes.TrimPrefix(data, byteOrderMark), again: len(data)}
}

// Bad returns the number of statements that were left out, and what was wrong
// with the first.
func (t *TOML) Bad() (int, error) { return t.bad, t.first }

// Next returns the next statement with the parts of its key, which are valid until
// the call after. The value of a Pair may be taken by String, True, Strings, Inline
// or Tables. At the end of the document the error is io.EOF, otherwise it says why
// the rest cannot be read.
func (t *TOML) Next() (Statement, [][]byte, error) {
	for {
		t.finish()
		t.blank()
		if t.stopped != nil {
			return 0, nil, t.stopped
		}
		if t.pos == len(t.data) {
			return 0, nil, io.EOF
		}
		if err := t.step(); err != nil {
			return 0, nil, err
		}
		t.start = t.pos
		if t.data[t.pos] == '[' {
			kind, n, err := t.header()
			if err == nil {
				err = t.endOfLine()
			}
			if err != nil {
				t.fail(err)
				return Table, nil, nil
			}
			return kind, t.parts[:n], nil
		}
		n, err := t.key('=')
		if err != nil {
			t.fail(err)
			continue
		}
		t.value = true
		return Pair, t.parts[:n], nil
	}
}

// finish steps over a value that nobody took, and to the end of its line.
func (t *TOML) finish() {
	if !t.value {
		return
	}
	t.value = false
	err := t.skip()
	if err == nil {
		err = t.endOfLine()
	}
	if err != nil {
		t.fail(err)
	}
}

// taken ends a statement whose value was taken.
func (t *TOML) taken(err error) bool {
	t.value = false
	if err == nil {
		err = t.endOfLine()
	}
	if err != nil {
		t.fail(err)
	}
	return err == nil
}

// fail counts a wrong statement and goes to the line behind its first, so that a
// bracket that nobody closes does not swallow what follows. Reading bytes again
// is limited to the length of the document, or the time would be its square.
func (t *TOML) fail(err error) {
	t.bad++
	if t.first == nil {
		t.first = err
	}
	t.stopped = t.ctx.Err()
	if read := t.pos - t.start; read <= t.again {
		t.again -= read
		t.pos = t.start
	}
	t.toEndOfLine()
}

func (t *TOML) toEndOfLine() {
	if n := bytes.IndexByte(t.data[t.pos:], '\n'); n >= 0 {
		t.pos += n
	} else {
		t.pos = len(t.data)
	}
}

// blank steps over space, empty lines and comments.
func (t *TOML) blank() {
	for t.pos < len(t.data) {
		switch t.data[t.pos] {
		case ' ', '\t', '\r', '\n':
			t.pos++
		case '#':
			t.toEndOfLine()
		default:
			return
		}
	}
}

func (t *TOML) space() {
	for t.pos < len(t.data) && (t.data[t.pos] == ' ' || t.data[t.pos] == '\t' || t.data[t.pos] == '\r') {
		t.pos++
	}
}

// peek returns the byte at the position, or 0 at the end.
func (t *TOML) peek() byte {
	if t.pos == len(t.data) {
		return 0
	}
	return t.data[t.pos]
}

func (t *TOML) endOfLine() error {
	t.space()
	if c := t.peek(); t.pos < len(t.data) && c != '\n' && c != '#' {
		return t.wrong("more behind the end of a statement")
	}
	t.toEndOfLine()
	return nil
}

func (t *TOML) header() (Statement, int, error) {
	kind := Table
	t.pos++
	if t.peek() == '[' {
		kind = ArrayTable
		t.pos++
	}
	n, err := t.key(']')
	if err == nil && kind == ArrayTable {
		if t.peek() != ']' {
			return kind, 0, t.wrong("no second bracket behind the name of a table")
		}
		t.pos++
	}
	return kind, n, err
}

// key reads a dotted key into parts, and the byte that ends it.
func (t *TOML) key(end byte) (n int, err error) {
	for {
		t.space()
		if n == maxKeyParts {
			return 0, t.wrong(fmt.Sprintf("a key of more than %d parts", maxKeyParts))
		}
		if t.parts[n], err = t.part(); err != nil {
			return 0, err
		}
		n++
		t.space()
		switch c := t.peek(); {
		case c == end && t.pos < len(t.data):
			t.pos++
			return n, nil
		case c != '.':
			return 0, t.wrong("a line that is no statement")
		}
		t.pos++
	}
}

func (t *TOML) part() ([]byte, error) {
	if c := t.peek(); c == '"' || c == '\'' {
		return t.text()
	}
	at := t.pos
	for t.pos < len(t.data) && isBareKey(t.data[t.pos]) {
		t.pos++
	}
	if t.pos == at {
		return nil, t.wrong("a line that is no statement")
	}
	return t.data[at:t.pos], nil
}

func isBareKey(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// wrong makes an error. Only the first is shown, so only that has a line, which
// is counted from the start.
func (t *TOML) wrong(what string) error {
	if t.first != nil {
		return t.first
	}
	return fmt.Errorf("not TOML: %s (line %d)", what, 1+bytes.Count(t.data[:t.start], []byte("\n")))
}
