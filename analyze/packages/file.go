package packages

import (
	"fmt"
	"io"
	"sync"
)

// File is the content of one regular file of a layer.
type File struct {
	Path string      // clean, without a leading slash
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
	data := make([]byte, f.Size)
	_, err := io.ReadFull(io.NewSectionReader(f.Data, 0, f.Size), data)
	return data, err
}
