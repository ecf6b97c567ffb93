package archive

import (
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// files is the content of an archive: a directory or a tar. It is safe for
// concurrent use.
type files interface {
	// Open returns a file and its size. Error: NotFound.
	Open(name string) (io.ReadCloser, int64, error)
	Close() error
}

// dirFiles are the files below a directory; os.Root keeps links inside.
type dirFiles struct{ root *os.Root }

// Open implements files.
func (d dirFiles) Open(name string) (io.ReadCloser, int64, error) {
	// Opening a pipe would block, so check first.
	info, err := d.root.Stat(name)
	if err != nil {
		return nil, 0, pathError(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, landwaiter.Errorf(landwaiter.NotFound, "%s is not a regular file", name)
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, 0, pathError(name, err)
	}
	return f, info.Size(), nil
}

// Close implements files.
func (d dirFiles) Close() error { return d.root.Close() }

// readDocument reads a complete small file.
func readDocument(f files, name string) ([]byte, error) {
	r, _, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return source.ReadDocument(r, "")
}
