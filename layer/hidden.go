package layer

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// pathHashes are the index entries for one path that hide a fact; any of them
// does.
type pathHashes [3]uint64

// hashesAt returns the entries for the fact's own path. Anything at that path
// hides the fact.
func hashesAt(path string) pathHashes {
	return pathHashes{pathHash(kindDir, path), pathHash(kindFile, path), pathHash(kindWhiteout, path)}
}

// hashesAbove returns the entries for a parent directory of the fact's path. A
// file or a whiteout in its place hides the fact, and so does an opaque mark.
func hashesAbove(dir string) pathHashes {
	return pathHashes{pathHash(kindFile, dir), pathHash(kindWhiteout, dir), pathHash(kindOpaque, dir)}
}

func (h pathHashes) in(index landwaiter.PathIndex) bool {
	return has(index, h[0]) || has(index, h[1]) || has(index, h[2])
}

// maxHashed bounds the number of directories whose hashes are cached during a
// merge. An image with 20,000 packages has about as many, which take 2 MiB.
// Beyond the bound, merging takes more time instead of more memory.
const maxHashed = 50_000

// dirHashes caches the hashes of directories, since many facts share their
// directories. The zero value is ready to use.
type dirHashes map[string]pathHashes

// hides reports whether a layer with this index hides the path. The hashes of
// the path itself are in at.
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
