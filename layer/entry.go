package layer

import (
	"archive/tar"
	"io/fs"
)

// Entry is one file, directory, link or special file of a layer.
type Entry struct {
	// Path is cleaned, slash-separated, without a leading slash, never "",
	// and valid UTF-8: see [CleanPath].
	Path string
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
	Linkname string
	UID, GID int
}

const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// fill sets e from a tar header whose cleaned name is path.
func (e *Entry) fill(h *tar.Header, path string) {
	*e = Entry{
		Path: path,
		Type: h.Typeflag,
		Mode: h.FileInfo().Mode() & modeBits,
		UID:  h.Uid,
		GID:  h.Gid,
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		e.Type, e.Size = tar.TypeReg, h.Size
	case tar.TypeLink:
		e.Linkname = CleanPath(h.Linkname)
	case tar.TypeSymlink:
		e.Linkname = h.Linkname
	}
}
