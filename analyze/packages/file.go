package packages

import (
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/google/osv-scalibr/extractor/filesystem"
)

// File is the content of one regular file of a layer.
type File struct {
	Path string // clean, without a leading slash
	Mode fs.FileMode
	Size int64       // bytes
	Data io.ReaderAt // the first Size bytes are the file's
}

// scanInput is the file as a SCALIBR extractor wants it: its reader is an
// io.ReaderAt and an io.Seeker, too.
func (f *File) scanInput() *filesystem.ScanInput {
	return &filesystem.ScanInput{
		FS: noFS{}, Path: f.Path, Info: fileInfo{f},
		Reader: io.NewSectionReader(f.Data, 0, f.Size),
	}
}

type fileInfo struct{ f *File }

func (i fileInfo) Name() string       { return path.Base(i.f.Path) }
func (i fileInfo) Size() int64        { return i.f.Size }
func (i fileInfo) Mode() fs.FileMode  { return i.f.Mode }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return nil }

// noFS is the file system beside a file: in one pass over a tar there is none.
// Extractors look in it for os-release, which we read ourselves, and for files
// that a requirements file or a gemspec includes.
type noFS struct{}

func (noFS) Open(name string) (fs.File, error)          { return nil, missing("open", name) }
func (noFS) ReadDir(name string) ([]fs.DirEntry, error) { return nil, missing("readdir", name) }
func (noFS) Stat(name string) (fs.FileInfo, error)      { return nil, missing("stat", name) }

func missing(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}
