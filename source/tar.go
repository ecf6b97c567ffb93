package source

import (
	"archive/tar"
	"context"
	"io"
	"os"
	"path"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
)

const (
	// maxArchiveEntries bounds the entries of an archive: a thousand images of 60
	// layers, with three files and a directory each. The tar of a whole file system,
	// which is not an image, is refused here at the latest.
	maxArchiveEntries = 250_000
	// maxEntryName bounds the cost of an entry: the index has 1 GB at worst, and
	// 20 MB for real names. Names made of digests have 80 bytes.
	maxEntryName = 4096
	// maxLinks bounds a chain of links; those of podman have one link.
	maxLinks = 8
)

// Tar is an index of the files in an uncompressed tar, by offset. It is safe for
// concurrent use.
type Tar struct {
	file    *os.File
	entries map[string]tarEntry
}

type tarEntry struct {
	offset, size int64
	target       string // of a link
}

// IndexTar reads the headers of the tar in file. If it succeeds, it owns the file.
// Errors: Corrupt, TooLarge, Unavailable if the file cannot be read, and that of
// ctx.
func IndexTar(ctx context.Context, file *os.File) (*Tar, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Unavailable, "%w", err)
	}
	r := &contextSeeker{ctx, io.NewSectionReader(file, 0, info.Size())}
	t := &Tar{file: file, entries: map[string]tarEntry{}}
	for walk, n := tar.NewReader(r), 0; ; n++ {
		h, err := walk.Next()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, notTar(ctx, err)
		}
		if n == maxArchiveEntries {
			return nil, landwaiter.Errorf(landwaiter.TooLarge, "more than %d entries: no image archive has that many",
				maxArchiveEntries)
		}
		offset, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, notTar(ctx, err)
		}
		t.add(h, offset)
	}
}

// add indexes an entry. A later entry of the same name replaces an earlier one, as
// when the tar is unpacked.
func (t *Tar) add(h *tar.Header, offset int64) {
	name := layer.CleanPath(h.Name)
	if len(name) > maxEntryName || len(h.Linkname) > maxEntryName {
		return
	}
	switch h.Typeflag {
	case tar.TypeReg:
		if !isSparse(h) { // its bytes are not contiguous
			t.entries[name] = tarEntry{offset: offset, size: h.Size}
		}
	case tar.TypeSymlink:
		t.entries[name] = tarEntry{target: layer.CleanPath(path.Join(path.Dir(name), h.Linkname))}
	case tar.TypeLink:
		t.entries[name] = tarEntry{target: layer.CleanPath(h.Linkname)}
	}
}

func isSparse(h *tar.Header) bool {
	for _, key := range []string{"GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.size", "GNU.sparse.realsize"} {
		if h.PAXRecords[key] != "" {
			return true
		}
	}
	return false
}

// Open opens a regular file of the tar and returns its size. It follows links.
// Error: NotFound.
func (t *Tar) Open(name string) (io.ReadCloser, int64, error) {
	name = layer.CleanPath(name)
	for range maxLinks {
		e, ok := t.entries[name]
		if !ok {
			break
		}
		if e.target == "" {
			return section{io.NewSectionReader(t.file, e.offset, e.size), t.file}, e.size, nil
		}
		name = e.target
	}
	return nil, 0, landwaiter.Errorf(landwaiter.NotFound, "the archive has no file %.200q", name)
}

// Close closes the file.
func (t *Tar) Close() error { return t.file.Close() }

func notTar(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "not a tar archive, or a damaged one: %w", err)
}

// Bound returns a reader of r whose reads fail once ctx has ended. It is for long
// reads of files, which take no context.
func Bound(ctx context.Context, r io.Reader) io.Reader { return &contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// contextSeeker is the same for a tar that is only skipped through.
type contextSeeker struct {
	ctx context.Context
	*io.SectionReader
}

func (r *contextSeeker) Read(p []byte) (int, error) {
	return (&contextReader{r.ctx, r.SectionReader}).Read(p)
}
