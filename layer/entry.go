package layer

import (
	"archive/tar"
	"io/fs"

	"github.com/landwaiter/landwaiter/layer/untar"
)

// Entry is one file, directory, link or special file of a layer.
//
// Path and Linkname must not be changed and are valid until the next call of
// [Reader.Next]. To keep one, convert it to a string.
type Entry struct {
	// Path is cleaned, slash-separated, without a leading slash, never empty,
	// and valid UTF-8: see [CleanPath].
	Path []byte
	// Type is a type flag of archive/tar: TypeReg, TypeDir, TypeSymlink,
	// TypeLink, TypeChar, TypeBlock or TypeFifo. Old and sparse regular files
	// are TypeReg.
	Type byte
	// Mode has the permission, setuid, setgid and sticky bits.
	Mode fs.FileMode
	// Size is the number of content bytes of a regular file according to its
	// header. Do not allocate that much without a check.
	Size int64
	// Linkname is the target of a link. That of a hard link is cleaned like
	// Path, that of a symbolic link is as stored.
	Linkname []byte
	UID, GID int
}

// fill sets e from a tar header with the cleaned name path. It uses link to
// clean the target of a hard link.
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

// modeOf converts the mode bits of a tar header, which are those of chmod(2).
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
