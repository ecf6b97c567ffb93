package source

import (
	"context"
	"io"
	"os"
)

// Section is what a blob, as [Image] returns it, may be: a part of a local file,
// as it is. Whoever can read files by descriptor need not read the blob.
type Section interface {
	// Section returns the file, which is open as long as the blob is, and the
	// part of it that is the blob. ok is false when the blob is not in a file
	// after all.
	Section() (f *os.File, offset, size int64, ok bool)
}

// section is a blob in a file.
type section struct {
	*io.SectionReader
	file *os.File
}

// Section implements [Section].
func (s section) Section() (f *os.File, offset, size int64, ok bool) {
	_, offset, size = s.Outer()
	return s.file, offset, size, true
}

// Close does nothing: the file is the archive's.
func (section) Close() error { return nil }

// wholeFile is a blob that is all of a file.
type wholeFile struct{ *os.File }

// Section implements [Section].
func (w wholeFile) Section() (f *os.File, offset, size int64, ok bool) {
	info, err := w.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, 0, false
	}
	return w.File, 0, info.Size(), true
}

// Blob returns r as the blob of a layer: its reads fail once ctx has ended. It is
// a [Section] when r is one, or a file.
func Blob(ctx context.Context, r io.ReadCloser) io.ReadCloser {
	b := blob{Bound(ctx, r), r}
	if f, ok := r.(*os.File); ok {
		r = wholeFile{f}
	}
	if s, ok := r.(Section); ok {
		return sectionBlob{b, s}
	}
	return b
}

type blob struct {
	io.Reader
	io.Closer
}

type sectionBlob struct {
	blob
	in Section
}

// Section implements [Section].
func (b sectionBlob) Section() (f *os.File, offset, size int64, ok bool) { return b.in.Section() }
