package layer

import (
	"archive/tar"
	"io/fs"

	"github.com/landwaiter/landwaiter/layer/untar"
)

// Entry is one file, directory, link or special file of a layer.
//
// Path and Linkname are not to be changed, and valid until the next call of
// [Reader.Next]: who keeps one makes a string of it.
type Entry struct {
	// Path is cleaned, slash-separated, without a leading slash, never empty,
	// and valid UTF-8: see [CleanPath].
	Path []byte
	// Type is a type flag of archive/tar: TypeReg, TypeDir, TypeSymlink,
	// TypeLink, TypeChar, TypeBlock or TypeFifo. Old and sparse regular files
	// are TypeReg.
	Type byte
	// Mode holds the permission, setuid, setgid and sticky bits.
	Mode fs.FileMode
	// Size is the number of content bytes of a regular file, as its header
	// claims: do not allocate it unchecked.
	Size int64
	// Linkname is the target: of a hard link cleaned like Path, of a symbolic
	// link as stored.
	Linkname []byte
	UID, GID int
}

// fill sets e from a tar header whose cleaned name is path. A hard link's
// target is cleaned by link.
func (e *Entry) fill(h *untar.Header, path []byte, link *cleaner) {
	*e = Entry{Path: path, Type: h.Type, Mode: modeOf(h.Mode), UID: h.UID, GID: h.GID}
	switch h.Type {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		e.Type, e.Size = tar.TypeReg, h.Size
	case tar.TypeLink:
		e.Linkname = link.clean(h.Linkname)
	case tar.TypeSymlink:
		e.Linkname = h.Linkname
	}
}

// modeOf translates the bits that tar has in common with chmod(2).
func modeOf(stored int64) fs.FileMode {
	mode := fs.FileMode(stored) & fs.ModePerm
	if stored&0o4000 != 0 {
		mode |= fs.ModeSetuid
	}
	if stored&0o2000 != 0 {
		mode |= fs.ModeSetgid
	}
	if stored&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}
