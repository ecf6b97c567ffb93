package layer

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// The kinds of an index entry. A PathIndex holds, for each, the first eight
// bytes (big-endian) of SHA-256 over the kind and the path.
const (
	kindFile     = 'f' // anything but a directory
	kindDir      = 'd'
	kindWhiteout = 'w' // a deleted path
	kindOpaque   = 'o' // a directory whose lower content is deleted
)

// Whiteouts as the OCI image specification has them, and the files that aufs
// left behind in old images:
// https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
const (
	whiteoutPrefix = ".wh."
	metaPrefix     = ".wh..wh."
	opaqueMarker   = ".wh..wh..opq"
)

// xattrs by which overlayfs itself marks an opaque directory.
var opaqueXattrs = [...]string{
	"SCHILY.xattr.trusted.overlay.opaque",
	"SCHILY.xattr.user.overlay.opaque",
}

func pathHash(kind byte, p string) uint64 {
	buf := make([]byte, 0, 256) // stays on the stack for nearly all paths
	sum := sha256.Sum256(append(append(buf, kind), p...))
	return binary.BigEndian.Uint64(sum[:])
}

// indexer collects the path hashes of a layer.
type indexer struct {
	hashes []uint64
	clean  bool // sorted and without duplicates
}

// entryClass says what an entry is to the reader.
type entryClass int

const (
	ordinary  entryClass = iota
	marker               // a whiteout or aufs file
	malformed            // a whiteout of nothing
)

// add records one tar entry with the cleaned path p.
func (x *indexer) add(h *tar.Header, p string) entryClass {
	dir, base := path.Split(p)
	dir = strings.TrimSuffix(dir, "/")
	switch {
	case base == opaqueMarker:
		x.put(kindOpaque, dir)
		return marker
	case strings.HasPrefix(base, metaPrefix):
		return marker
	case strings.HasPrefix(base, whiteoutPrefix):
		return x.whiteout(dir, base[len(whiteoutPrefix):])
	case h.Typeflag == tar.TypeChar && h.Devmajor == 0 && h.Devminor == 0:
		x.put(kindWhiteout, p) // overlayfs's own form
		return marker
	case h.Typeflag == tar.TypeDir:
		x.put(kindDir, p)
		if isOpaque(h) {
			x.put(kindOpaque, p)
		}
	default:
		x.put(kindFile, p)
	}
	return ordinary
}

func (x *indexer) whiteout(dir, name string) entryClass {
	if name == "" || name == "." || name == ".." {
		return malformed
	}
	x.put(kindWhiteout, path.Join(dir, name))
	return marker
}

func isOpaque(h *tar.Header) bool {
	for _, key := range opaqueXattrs {
		if h.PAXRecords[key] == "y" {
			return true
		}
	}
	return false
}

func (x *indexer) put(kind byte, p string) {
	x.hashes, x.clean = append(x.hashes, pathHash(kind, p)), false
}

func (x *indexer) sorted() landwaiter.PathIndex {
	if !x.clean {
		slices.Sort(x.hashes)
		x.hashes, x.clean = slices.Compact(x.hashes), true
	}
	return slices.Clone(x.hashes)
}
