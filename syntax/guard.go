package syntax

import (
	"bytes"
	"fmt"
)

// CheckJSON refuses a document that is costly for a parser that builds a tree: one
// nested deeper than MaxDepth, or with more values than the caller allows (counted by
// brackets and commas at all levels). It reads the bytes once and leaves everything
// else, also malformed documents, to the parser.
//
// It is for encoding/json. Types with their own UnmarshalJSON parse each level again,
// so its limit of 10,000 levels allows 10,000 times the size of the document; and it
// turns the two bytes "{}" into a structure of a hundred bytes.
func CheckJSON(data []byte, values int) error {
	depth, left := 0, values
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i = endOfString(data, i+1); i < 0 {
				return nil // the parser refuses it
			}
		case '{', '[':
			if depth++; depth > MaxDepth {
				return ErrDeep
			}
			left--
		case '}', ']':
			depth--
		case ',':
			left--
		}
		if left < 0 {
			return fmt.Errorf("more than %d values", values)
		}
	}
	return nil
}

// endOfString returns the index of the quote that ends the string which begins at
// i, or -1.
func endOfString(data []byte, i int) int {
	for {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return -1
		}
		backslashes := 0
		for k := i + n - 1; k >= i && data[k] == '\\'; k-- {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i + n
		}
		i += n + 1
	}
}
