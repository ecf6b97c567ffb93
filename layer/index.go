package layer

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer/untar"
)

// The kinds of index entries. A PathIndex has for each entry the first eight
// bytes (big-endian) of the SHA-256 of the kind and the path.
const (
	kindFile     = 'f' // anything but a directory
	kindDir      = 'd'
	kindWhiteout = 'w' // a deleted path
	kindOpaque   = 'o' // a directory whose lower content is deleted
)

// Whiteouts by the OCI image specification
// (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts),
// and the prefix of files that aufs left behind in old images.
const (
	whiteoutPrefix = ".wh."
	metaPrefix     = ".wh..wh."
	opaqueMarker   = ".wh..wh..opq"
)

// opaqueXattrs are the xattrs by which overlayfs marks an opaque directory.
var opaqueXattrs = [...]string{
	"SCHILY.xattr.trusted.overlay.opaque",
	"SCHILY.xattr.user.overlay.opaque",
}

func pathHash(kind byte, p string) uint64 {
	return keyHash(append([]byte{kind}, p...))
}

// keyHash returns the hash of a key, which is a kind followed by a path.
func keyHash(key []byte) uint64 {
	sum := sha256.Sum256(key)
	return binary.BigEndian.Uint64(sum[:])
}

// indexer collects the path hashes of a layer.
type indexer struct {
	hashes []uint64
	key    []byte // buffer for put
	clean  bool   // sorted, without duplicates, and returned to the caller
}

// entryClass says how the reader treats an entry.
type entryClass int

const (
	ordinary  entryClass = iota
	marker               // a whiteout or aufs file
	malformed            // a whiteout without a name
)

// add records a tar entry with the cleaned path p. If it is a directory, opaque
// says whether its xattrs mark it as opaque.
func (x *indexer) add(h *untar.Header, p []byte, opaque bool) entryClass {
	dir, base := splitPath(p)
	switch {
	case string(base) == opaqueMarker:
		x.put(kindOpaque, dir)
		return marker
	case bytes.HasPrefix(base, []byte(metaPrefix)):
		return marker
	case bytes.HasPrefix(base, []byte(whiteoutPrefix)):
		return x.whiteout(dir, base[len(whiteoutPrefix):])
	case h.Type == tar.TypeChar && h.Devmajor == 0 && h.Devminor == 0:
		x.put(kindWhiteout, p) // the whiteout of overlayfs itself
		return marker
	case h.Type == tar.TypeDir:
		x.put(kindDir, p)
		if opaque {
			x.put(kindOpaque, p)
		}
	default:
		x.put(kindFile, p)
	}
	return ordinary
}

// splitPath splits p at its last slash. Neither part includes that slash.
func splitPath(p []byte) (dir, base []byte) {
	slash := bytes.LastIndexByte(p, '/')
	return p[:max(slash, 0)], p[slash+1:]
}

func (x *indexer) whiteout(dir, name []byte) entryClass {
	if improper(name) {
		return malformed
	}
	if len(dir) == 0 {
		x.put(kindWhiteout, name)
	} else {
		x.put(kindWhiteout, dir, []byte("/"), name)
	}
	return marker
}

// isOpaque reports whether the xattrs of the current entry mark it as opaque.
func isOpaque(r *untar.Reader) bool {
	for _, key := range opaqueXattrs {
		if string(r.Record(key)) == "y" {
			return true
		}
	}
	return false
}

// put records a path, given in parts.
func (x *indexer) put(kind byte, path ...[]byte) {
	x.key = append(x.key[:0], kind)
	for _, part := range path {
		x.key = append(x.key, part...)
	}
	if x.clean { // the caller of sorted has the slice
		x.hashes, x.clean = slices.Clone(x.hashes), false
	}
	x.hashes = append(x.hashes, keyHash(x.key))
}

// sorted returns the hashes without a copy: those of a layer with two million
// files take 16 MiB.
func (x *indexer) sorted() landwaiter.PathIndex {
	if !x.clean {
		slices.Sort(x.hashes)
		x.hashes, x.clean = slices.Compact(x.hashes), true
	}
	return x.hashes
}
