package archive

import (
	"archive/tar"
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

// tarFiles are the files of an uncompressed tar, found again by offset.
type tarFiles struct {
	file    *os.File
	entries map[string]tarEntry
}

type tarEntry struct {
	offset, size int64
	target       string // of a link
}

// indexTar reads the headers of the tar in file, which it then owns.
func indexTar(file *os.File, r io.ReadSeeker) (*tarFiles, error) {
	t := &tarFiles{file: file, entries: map[string]tarEntry{}}
	for walk, n := tar.NewReader(r), 0; ; n++ {
		h, err := walk.Next()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, notTar(err)
		}
		if n == maxArchiveEntries {
			return nil, landwaiter.Errorf(landwaiter.TooLarge, "more than %d entries: no image archive has that many", maxArchiveEntries)
		}
		offset, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, notTar(err)
		}
		t.add(h, offset)
	}
}

// add indexes an entry; a later one of the same name replaces it, as it
// would when the tar is unpacked.
func (t *tarFiles) add(h *tar.Header, offset int64) {
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

func (t *tarFiles) open(name string) (io.ReadCloser, int64, error) {
	name = layer.CleanPath(name)
	for range maxLinks {
		e, ok := t.entries[name]
		if !ok {
			break
		}
		if e.target == "" {
			return io.NopCloser(io.NewSectionReader(t.file, e.offset, e.size)), e.size, nil
		}
		name = e.target
	}
	return nil, 0, landwaiter.Errorf(landwaiter.NotFound, "the archive has no file %.200q", name)
}

// Close implements files.
func (t *tarFiles) Close() error { return t.file.Close() }

func notTar(err error) error {
	if landwaiter.KindOf(err) != landwaiter.Internal {
		return err
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "not a tar archive, or a damaged one: %w", err)
}
