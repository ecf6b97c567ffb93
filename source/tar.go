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
	// maxArchiveEntries bounds the entries of an archive: a thousand images of
	// 60 layers, each three files and a directory. A tar of a whole file
	// system, no image, ends here at the latest.
	maxArchiveEntries = 250_000
	// maxEntryName bounds what one entry costs: the index is then 1 GB at the
	// very worst and 20 MB for real names. Digests make names of 80 bytes.
	maxEntryName = 4096
	// maxLinks bounds a chain of links; podman's are one long.
	maxLinks = 8
)

// Tar is the index of an uncompressed tar of images: its files are found by
// offset. It is safe for concurrent use.
type Tar struct {
	file    *os.File
	entries map[string]tarEntry
}

type tarEntry struct {
	offset, size int64
	target       string // of a link
}

// IndexTar reads the headers of the tar in file, which it owns when it
// succeeds. Errors: Corrupt, TooLarge, Unavailable when the file cannot be
// read, and that of ctx.
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

// add indexes an entry; a later one of the same name replaces it, as it
// would when the tar is unpacked.
func (t *Tar) add(h *tar.Header, offset int64) {
	name := layer.CleanPath(h.Name)
	if len(name) > maxEntryName || len(h.Linkname) > maxEntryName {
		return
	}
	switch h.Typeflag {
	case tar.TypeReg:
		if !isSparse(h) { // its bytes do not lie in one piece
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

// Open opens a regular file of the tar, through links, and returns its size.
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

// Bound returns r, whose reads fail once ctx has ended: for long reads of
// files, which do not know of contexts.
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
