package secret

// blockLen is the length of the blocks of the search, window that of the
// shortest keyword. The search is that of Wu and Manber, "A fast algorithm for
// multi-pattern searching" (1994): the last block of the window says how far
// the window may move; most steps skip three bytes.
const (
	blockLen = 2
	window   = 4
)

// keywords is a set of strings to look for; each has at least window bytes.
type keywords struct {
	shift [1 << 16]uint8
	// ending lists, for each block, the keywords whose first window bytes end with it.
	ending map[uint16][]int
	words  []string
}

func newKeywords(words []string) *keywords {
	k := &keywords{ending: map[uint16][]int{}, words: words}
	for i := range k.shift {
		k.shift[i] = window - blockLen + 1
	}
	for i, w := range words {
		for end := blockLen; end <= window; end++ {
			b := block(w[end-2], w[end-1])
			k.shift[b] = min(k.shift[b], uint8(window-end))
		}
		last := block(w[window-2], w[window-1])
		k.ending[last] = append(k.ending[last], i)
	}
	return k
}

func block(a, b byte) uint16 { return uint16(a)<<8 | uint16(b) }

// find calls hit with the index of each keyword in data and where it starts, in
// order, until hit returns false.
func (k *keywords) find(data []byte, hit func(word, at int) bool) {
	for i := window - 1; i < len(data); {
		b := block(data[i-1], data[i])
		if s := k.shift[b]; s > 0 {
			i += int(s)
			continue
		}
		start := i - window + 1
		for _, w := range k.ending[b] {
			if word := k.words[w]; len(data)-start >= len(word) && string(data[start:start+len(word)]) == word && !hit(w, start) {
				return
			}
		}
		i++
	}
}
