package secret

import "encoding/binary"

// The search looks at every second block of three bytes. Wherever a keyword is, its
// first window bytes contain one of these blocks: at its start or one byte later.
// Unlike a search that skips depending on what it has read, no step depends on the
// one before, so a core executes several in parallel.
const (
	blockLen = 3
	stride   = 2
	window   = blockLen + stride - 1
)

// bucketBits make the table 8 KiB: half of a small first-level cache.
const bucketBits = 13

// keywords is a set of strings to look for, fewer than 128; each has at least
// window bytes.
type keywords struct {
	// bucket maps the hash of a block to the number of its bucket; 0 is empty.
	bucket  [1 << bucketBits]uint8
	buckets [][]candidate
	words   []string
}

// candidate is a keyword that has a block of the bucket offset bytes from its start.
type candidate struct{ word, offset int }

func newKeywords(words []string) *keywords {
	k := &keywords{buckets: make([][]candidate, 1), words: words}
	for offset := stride - 1; offset >= 0; offset-- { // what starts first comes first
		for i, w := range words {
			n := &k.bucket[hashBlock(block(w[offset:]))]
			if *n == 0 {
				*n = uint8(len(k.buckets))
				k.buckets = append(k.buckets, nil)
			}
			k.buckets[*n] = append(k.buckets[*n], candidate{word: i, offset: offset})
		}
	}
	return k
}

func block[T []byte | string](b T) uint64 { return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 }

// hashBlock is a multiplicative hash (Knuth) of the three low bytes of b.
func hashBlock(b uint64) uint32 { return uint32(b<<8) * 2654435769 >> (32 - bucketBits) }

// find calls hit with the index and the position of each keyword in data, in order,
// until hit returns false.
func (k *keywords) find(data []byte, hit func(word, at int) bool) {
	i := 0
	for ; i+8 <= len(data); i += 3 * stride { // three blocks in one load
		b := binary.LittleEndian.Uint64(data[i:])
		if k.bucket[hashBlock(b)]|k.bucket[hashBlock(b>>16)]|k.bucket[hashBlock(b>>32)] == 0 {
			continue
		}
		for at := i; at < i+3*stride; at += stride {
			if !k.look(data, at, hit) {
				return
			}
		}
	}
	for ; i+blockLen <= len(data); i += stride {
		if !k.look(data, i, hit) {
			return
		}
	}
}

// look calls hit with the keywords that have the block at data[at:].
func (k *keywords) look(data []byte, at int, hit func(word, at int) bool) bool {
	for _, c := range k.buckets[k.bucket[hashBlock(block(data[at:]))]] {
		start, word := at-c.offset, k.words[c.word]
		if start >= 0 && len(data)-start >= len(word) && string(data[start:start+len(word)]) == word && !hit(c.word, start) {
			return false
		}
	}
	return true
}
