package packages

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/google/osv-scalibr/extractor/filesystem"
)

// File is the content of one regular file of a layer.
type File struct {
	Path string // clean, without a leading slash
	Mode fs.FileMode
	Size int64       // bytes
	Data io.ReaderAt // the first Size bytes are the file's
	// Whole is the content when it is in memory anyway, else nil.
	Whole []byte
}

// windows are the buffers that files are searched in.
var windows = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// search shows the content to look, each part with its offset: at once when it
// is in memory, otherwise piece by piece, each with the last overlap bytes of
// the one before, so that what lies across an edge is seen.
func (f *File) search(overlap int, look func(offset int64, part []byte) error) error {
	if f.Whole != nil {
		return look(0, f.Whole)
	}
	window := windows.Get().(*[256 << 10]byte)
	defer windows.Put(window)
	for offset := int64(0); offset < f.Size; offset += int64(len(window) - overlap) {
		n, err := f.Data.ReadAt(window[:min(int64(len(window)), f.Size-offset)], offset)
		if err != nil && err != io.EOF {
			return err
		}
		if err := look(offset, window[:n]); err != nil {
			return err
		}
	}
	return nil
}

// reader reads the content from its start.
func (f *File) reader() io.Reader { return io.NewSectionReader(f.Data, 0, f.Size) }

// readUpTo returns the content. A file that is larger than the limit is an error.
func (f *File) readUpTo(limit int64) ([]byte, error) {
	if f.Size > limit {
		return nil, fmt.Errorf("%d bytes exceed the limit of %d", f.Size, limit)
	}
	if f.Whole != nil {
		return f.Whole, nil
	}
	return io.ReadAll(io.NewSectionReader(f.Data, 0, f.Size))
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
