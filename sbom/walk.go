package sbom

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/landwaiter/landwaiter"
)

// walker reads JSON value by value, so that it never holds unwanted values in memory,
// and can enforce limits before it keeps wanted ones.
type walker struct {
	dec    *json.Decoder
	depth  int
	tokens int
}

func newWalker(r io.Reader) *walker {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	return &walker{dec: dec}
}

func (w *walker) next() (json.Token, error) {
	if w.tokens++; w.tokens > maxTokens {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the SBOM has more than %d JSON tokens", maxTokens)
	}
	tok, err := w.dec.Token()
	return tok, w.broken(err)
}

func (w *walker) broken(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "the SBOM is not valid JSON (at byte %d): %w", w.dec.InputOffset(), err)
}

// enter counts the nesting depth of objects and lists.
func (w *walker) enter() error {
	if w.depth++; w.depth > maxDepth {
		return landwaiter.Errorf(landwaiter.TooLarge,
			"the SBOM nests more than %d levels deep (at byte %d)", maxDepth, w.dec.InputOffset())
	}
	return nil
}

// object calls field for each field of an object. field must consume the value. A
// value that is not an object is skipped, as if it were absent.
func (w *walker) object(field func(key string) error) error {
	return w.each('{', '}', func() error {
		key, err := w.next()
		if err != nil {
			return err
		}
		name, _ := key.(string) // the decoder lets no other kind through here
		return field(name)
	})
}

// list calls element for each element of a list. element must consume the value.
func (w *walker) list(element func() error) error { return w.each('[', ']', element) }

func (w *walker) each(open, end json.Delim, member func() error) error {
	tok, err := w.next()
	if err != nil {
		return err
	}
	if tok != open {
		return w.rest(tok)
	}
	if err := w.enter(); err != nil {
		return err
	}
	for w.dec.More() {
		if err := member(); err != nil {
			return err
		}
	}
	w.depth--
	tok, err = w.next()
	if err == nil && tok != end {
		err = landwaiter.Errorf(landwaiter.Corrupt,
			"the SBOM is not valid JSON (at byte %d): want %s", w.dec.InputOffset(), end)
	}
	return err
}

// text reads a string. A string that is too long, or another kind of value, counts as
// absent.
func (w *walker) text(into *string) error {
	s, err := w.long()
	if err == nil && len(s) <= maxText {
		*into = s
	}
	return err
}

// long reads a string of any length.
func (w *walker) long() (string, error) {
	tok, err := w.next()
	if err != nil {
		return "", err
	}
	if s, ok := tok.(string); ok {
		return s, nil
	}
	return "", w.rest(tok)
}

// skip skips a value. That is much faster than reading its tokens. The decoder limits
// the depth of a skipped value to 10,000.
func (w *walker) skip() error { return w.broken(w.dec.Decode(&ignored{})) }

type ignored struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*ignored) UnmarshalJSON([]byte) error { return nil }

// rest skips what follows the first token of a value.
func (w *walker) rest(tok json.Token) error {
	depth := w.depth
	for {
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if err := w.enter(); err != nil {
				return err
			}
		case json.Delim('}'), json.Delim(']'):
			w.depth--
		}
		if w.depth <= depth {
			return nil
		}
		var err error
		if tok, err = w.next(); err != nil {
			return err
		}
	}
}
