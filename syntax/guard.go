package syntax

import (
	"bytes"
	"fmt"
)

// CheckJSON refuses a document that would make a parser costly which builds a tree
// of it: one nested deeper than MaxDepth, or of more values than the caller allows
// (counted by brackets and commas at all levels). It goes over the bytes once and leaves all
// else, malformed documents included, to the parser.
//
// It is for encoding/json, whose own limit of 10,000 levels is 10,000 times the
// document for types that parse themselves, since each hands its part to a parser
// anew; and which makes a structure of a hundred bytes of the two in "{}".
func CheckJSON(data []byte, values int) error {
	depth, left := 0, values
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i = endOfString(data, i+1); i < 0 {
				return nil // for the parser to refuse
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
