package sbom

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/landwaiter/landwaiter"
)

// walker reads JSON value by value, so that what is not wanted is never held,
// and what is can be counted before it is kept.
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
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the SBOM says more than %d things", maxTokens)
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

// enter counts the nesting of objects and lists.
func (w *walker) enter() error {
	if w.depth++; w.depth > maxDepth {
		return landwaiter.Errorf(landwaiter.TooLarge,
			"the SBOM nests more than %d levels deep (at byte %d)", maxDepth, w.dec.InputOffset())
	}
	return nil
}

// object calls field for each field of an object; field must take the value.
// A value of another kind is skipped: what is not as the format says is not
// there.
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

// list calls element for each element of a list; element must take the value.
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

// text takes a string. One that is too long, and any other kind of value,
// counts as not there.
func (w *walker) text(into *string) error {
	s, err := w.long()
	if err == nil && len(s) <= maxText {
		*into = s
	}
	return err
}

// long takes a string of any length.
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

// skip passes over a value. That is much faster than taking it by tokens; the
// depth of what is skipped is bounded by the decoder (10,000).
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
