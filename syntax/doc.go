// Package syntax reads JSON, TOML, block YAML and lines of text that an attacker
// may have written.
//
// A reader reads the bytes once, from start to end. It does not recurse, keeps only
// its position, and creates a string only when its caller asks for one: its time is
// linear in the input, and its memory is that of the strings that the caller keeps.
// Input that is nested deeper than MaxDepth is refused. A reader checks its context
// every looks steps.
//
// CheckJSON guards parsers of others, which build a tree of a document.
//
// Readers are lenient where that loses nothing: they find the fields that a
// caller names and step over the rest without judging it.
package syntax

import (
	"context"
	"fmt"
)

// MaxDepth bounds how deep arrays, objects and tables may be nested. The deepest
// honest documents, dependency trees of npm 1, have about 60 levels.
const MaxDepth = 200

// ErrDeep is returned for a document that is nested deeper than MaxDepth.
var ErrDeep = fmt.Errorf("nested deeper than %d levels", MaxDepth)

// looks is the number of steps (values, lines, statements) between two looks at
// the context. A step takes the time of its bytes, so that 1,024 of the usual
// fifty are some 50 microseconds.
const looks = 1024

// steps counts the steps of a reader.
type steps struct {
	ctx  context.Context
	n    uint64
	look int // steps to the next look
}

// step counts one step; it returns the error of a context that has ended.
func (s *steps) step() error {
	s.n++
	if s.look > 0 {
		s.look--
		return nil
	}
	s.look = looks - 1
	return s.ctx.Err()
}

// Steps returns the number of steps taken so far: values, lines or statements.
func (s *steps) Steps() uint64 { return s.n }
