package layer

import "context"

// stepsPerLook is how many steps are taken between two looks at the context:
// some hundred microseconds.
const stepsPerLook = 4096

// steps counts the work of a merge and ends it with its context. A step is one
// lookup, comparison or hash of at most some hundred bytes.
type steps struct {
	ctx     context.Context
	taken   int
	nextHit int
	err     error // of the context, sticky
}

// take counts n steps and reports whether to go on.
func (s *steps) take(n int) bool {
	s.taken += n
	if s.taken >= s.nextHit && s.err == nil {
		s.nextHit = s.taken + stepsPerLook
		s.err = s.ctx.Err()
	}
	return s.err == nil
}
