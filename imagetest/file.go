package imagetest

import (
	"archive/tar"
	"path"
)

// File is one tar entry. The zero Type is a regular file, the zero Mode 0644
// (0755 for directories).
type File struct {
	Path    string
	Type    byte // a type flag of archive/tar
	Mode    int64
	Content []byte
	Link    string // target of a symbolic or hard link
	UID     int
	GID     int
	Xattrs  map[string]string // written as SCHILY.xattr PAX records
}

// Text returns a regular file.
func Text(path, content string) File { return File{Path: path, Content: []byte(content)} }

// Dir returns a directory.
func Dir(path string) File { return File{Path: path, Type: tar.TypeDir} }

// Symlink returns a symbolic link at path.
func Symlink(path, target string) File {
	return File{Path: path, Type: tar.TypeSymlink, Link: target, Mode: 0o777}
}

// Hardlink returns a hard link at path to the file at target.
func Hardlink(path, target string) File { return File{Path: path, Type: tar.TypeLink, Link: target} }

// Whiteout returns a whiteout, which deletes p in the layers below.
func Whiteout(p string) File {
	dir, base := path.Split(p)
	return File{Path: dir + ".wh." + base}
}

// Opaque returns an opaque mark, which deletes the contents of dir in the layers
// below.
func Opaque(dir string) File { return File{Path: path.Join(dir, ".wh..wh..opq")} }

// header returns the tar header of f.
func (f File) header() *tar.Header {
	h := &tar.Header{
		Name: f.Path, Typeflag: f.Type, Linkname: f.Link, Mode: f.Mode,
		Uid: f.UID, Gid: f.GID, Size: int64(len(f.Content)),
	}
	if h.Typeflag == 0 {
		h.Typeflag = tar.TypeReg
	}
	switch {
	case h.Mode != 0:
	case h.Typeflag == tar.TypeDir:
		h.Mode = 0o755
	default:
		h.Mode = 0o644
	}
	if h.Typeflag == tar.TypeDir {
		h.Name = path.Clean(h.Name) + "/"
	}
	for k, v := range f.Xattrs {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords["SCHILY.xattr."+k] = v
	}
	return h
}
