package layer

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/bits"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// bitset is a set of layers, by their number from the bottom.
type bitset []uint64

func (b bitset) add(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

// anyBetween reports whether the set has a member above low and below high.
func (b bitset) anyBetween(low, high int) bool {
	for low++; low < high; low = (low/64 + 1) * 64 {
		word := b[low/64] >> (low % 64)
		if word != 0 && low+bits.TrailingZeros64(word) < high {
			return true
		}
	}
	return false
}

// hashLayers knows which layers have a path hash in their index.
type hashLayers struct {
	first map[uint64]int32 // position in links, plus one
	links []link
}

type link struct{ layer, next int32 }

// newHashLayers takes the indexes of the layers above from: a layer hides only
// what lies below it.
func newHashLayers(layers []*landwaiter.LayerReport, from int, s *steps) *hashLayers {
	n := 0
	for i := from + 1; i < len(layers); i++ {
		n += len(layers[i].Index)
	}
	h := &hashLayers{first: make(map[uint64]int32, n), links: make([]link, 0, n)}
	for i := from + 1; i < len(layers); i++ {
		for _, hash := range layers[i].Index {
			if !s.take(1) {
				return h
			}
			h.links = append(h.links, link{layer: int32(i), next: h.first[hash]})
			h.first[hash] = int32(len(h.links))
		}
	}
	return h
}

// addTo adds the layers with a hash to a set.
func (h *hashLayers) addTo(set bitset, hash uint64, s *steps) {
	for at := h.first[hash]; at != 0 && s.take(1); at = h.links[at-1].next {
		set.add(int(h.links[at-1].layer))
	}
}

// hider finds out which layers hide a path: those that have at the path anything
// at all, or at one of its parents anything but a directory, or an opaque mark.
//
// Paths come in order, so that each directory is looked up once, however many
// paths are below it, and what is kept is one set for each level of the path.
// That makes the work linear in the length of all paths and indexes, whatever
// the number of layers.
type hider struct {
	hashes *hashLayers
	steps  *steps
	last   string
	levels []hiderLevel // of last; the root is the first
	own    bitset       // of the path itself
	above  [3]kindHash
	key    []byte
}

// hiderLevel is a directory on the way to a path.
type hiderLevel struct {
	end int    // the directory is last[:end]
	set bitset // the layers that hide what is in it; shared with the level above when equal
	buf bitset // room for a set of its own
}

func newHider(layers int, hashes *hashLayers, s *steps) *hider {
	words := (layers + 63) / 64
	h := &hider{hashes: hashes, steps: s, own: make(bitset, words), levels: []hiderLevel{{set: make(bitset, words)}}}
	for i, kind := range []byte{kindFile, kindWhiteout, kindOpaque} {
		h.above[i] = kindHash{kind: kind, hash: sha256.New()}
	}
	hashes.addTo(h.levels[0].set, pathHash(kindOpaque, ""), s)
	return h
}

// of returns the layers that hide path. The set is valid until the next call.
// Paths must come in ascending order of their bytes.
func (h *hider) of(path string) bitset {
	if len(h.hashes.links) == 0 {
		return h.own
	}
	h.enter(path)
	h.steps.take(len(h.own))
	copy(h.own, h.levels[len(h.levels)-1].set)
	for _, kind := range []byte{kindDir, kindFile, kindWhiteout} {
		h.key = append(append(h.key[:0], kind), path...)
		h.steps.take(1 + len(path)/sha256.BlockSize)
		h.hashes.addTo(h.own, keyHash(h.key), h.steps)
	}
	return h.own
}

// enter makes levels those of the directories of path.
func (h *hider) enter(path string) {
	keep := 1
	for keep < len(h.levels) && hasDir(path, h.last[:h.levels[keep].end]) {
		keep++
	}
	h.levels, h.last = h.levels[:keep], path
	at := h.levels[keep-1].end
	if strings.IndexByte(path[min(at+1, len(path)):], '/') < 0 {
		return
	}
	for i := range h.above {
		h.above[i].begin(path[:at])
	}
	h.steps.take(1 + 3*at/sha256.BlockSize)
	for h.steps.take(3) {
		next := strings.IndexByte(path[min(at+1, len(path)):], '/')
		if next < 0 {
			return
		}
		end := at + 1 + next
		h.push(path[at:end], end)
		at = end
	}
}

// hasDir reports whether path is below dir.
func hasDir(path, dir string) bool {
	return len(path) > len(dir) && path[len(dir)] == '/' && strings.HasPrefix(path, dir)
}

// push adds the directory that ends at end of the path, by its last element.
func (h *hider) push(element string, end int) {
	n := len(h.levels)
	if n < cap(h.levels) {
		h.levels = h.levels[:n+1] // with the buffer that it had
	} else {
		h.levels = append(h.levels, hiderLevel{})
	}
	l, set := &h.levels[n], h.levels[n-1].set
	l.end = end
	mine := false
	for i := range h.above {
		hash := h.above[i].add(element)
		if h.hashes.first[hash] == 0 {
			continue
		}
		if !mine {
			mine = true
			l.buf = append(l.buf[:0], set...)
			h.steps.take(len(set))
		}
		h.hashes.addTo(l.buf, hash, h.steps)
	}
	if l.set = set; mine {
		l.set = l.buf
	}
}

// kindHash makes the path hashes of one kind for a directory and those below
// it, without hashing what they share again.
type kindHash struct {
	kind byte
	hash hash.Hash
	buf  []byte
}

// begin starts with a directory, "" for the root.
func (k *kindHash) begin(dir string) {
	k.hash.Reset()
	k.buf = append(append(k.buf[:0], k.kind), dir...)
	k.hash.Write(k.buf)
}

// add goes on to the directory whose path is longer by element, which starts
// with the slash unless it is below the root.
func (k *kindHash) add(element string) uint64 {
	k.buf = append(k.buf[:0], element...)
	k.hash.Write(k.buf)
	k.buf = k.hash.Sum(k.buf[:0])
	return binary.BigEndian.Uint64(k.buf)
}
