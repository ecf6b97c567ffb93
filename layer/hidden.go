package layer

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// pathHashes are the index entries, of one path, any of which hides a fact.
type pathHashes [3]uint64

// hashesAt are those of the fact's own path: anything in its place.
func hashesAt(path string) pathHashes {
	return pathHashes{pathHash(kindDir, path), pathHash(kindFile, path), pathHash(kindWhiteout, path)}
}

// hashesAbove are those of a parent of the fact's path: a file or a whiteout in
// its place, or an opaque mark.
func hashesAbove(dir string) pathHashes {
	return pathHashes{pathHash(kindFile, dir), pathHash(kindWhiteout, dir), pathHash(kindOpaque, dir)}
}

func (h pathHashes) in(index landwaiter.PathIndex) bool {
	return has(index, h[0]) || has(index, h[1]) || has(index, h[2])
}

// maxHashed bounds the directories whose hashes are kept while layers are
// merged. An image of 20,000 packages has about as many: 2 MiB. A tree made of
// many more costs time instead of memory.
const maxHashed = 50_000

// dirHashes keeps the hashes of the directories that facts are in, since most
// facts share theirs. The zero value is ready.
type dirHashes map[string]pathHashes

// hides reports whether a layer with this index hides the path, whose own
// hashes are at.
func (d *dirHashes) hides(index landwaiter.PathIndex, path string, at pathHashes) bool {
	if len(index) == 0 {
		return false
	}
	if at.in(index) || has(index, opaqueRoot) {
		return true
	}
	for dir := parent(path); dir != ""; dir = parent(dir) {
		if d.of(dir).in(index) {
			return true
		}
	}
	return false
}

var opaqueRoot = pathHash(kindOpaque, "")

func (d *dirHashes) of(dir string) pathHashes {
	h, known := (*d)[dir]
	if known {
		return h
	}
	h = hashesAbove(dir)
	if *d == nil {
		*d = dirHashes{}
	}
	if len(*d) < maxHashed {
		(*d)[dir] = h
	}
	return h
}

func parent(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }

func has(index landwaiter.PathIndex, hash uint64) bool {
	_, ok := slices.BinarySearch(index, hash)
	return ok
}
