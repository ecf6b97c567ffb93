package analyze

import (
	"fmt"

	"github.com/landwaiter/landwaiter/analyze/analysis"
)

const (
	// freeBytes is how much content analysers may look into for any layer, each
	// time that one does. The slowest parsers take 50 MB per second of processor
	// time, so a small layer costs about ten seconds at most, besides the three
	// to five of inflating it (see layer.Limits).
	freeBytes = 512 << 20
	// perByte is how much more they may look into for each byte of the blob as
	// stored. Text shrinks 3 to 10 times, logs 20 times.
	perByte = 50
)

// budget bounds the bytes that analysers look into, so that text that packs to
// nothing costs its sender as much as it costs us. What passes analysers as a
// stream is not counted: that is hashing, as for the layer itself.
type budget struct {
	free   int64        // as freeBytes
	taken  func() int64 // bytes of the blob so far; nil for no limit
	looked int64
}

// allows takes size bytes from the budget and reports whether they fit.
func (b *budget) allows(size int64) bool {
	if b.taken == nil {
		return true
	}
	most := max(b.free, perByte*b.taken())
	if size > most-b.looked {
		return false
	}
	b.looked += size
	return true
}

// afford keeps a run from a file that is beyond the budget.
func (p *pass) afford(r *run) {
	if r.want.Content == analysis.Whole && !p.budget.allows(p.entry.Size) {
		r.drop(p.path(), fmt.Sprintf("not looked into: the layer has too much content for its size as stored, "+
			"more than %d bytes and %d for each byte", p.budget.free, perByte))
	}
}
