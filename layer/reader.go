package layer

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer/untar"
)

// Reader reads one layer blob once: it detects the compression by the first
// bytes, hashes both sides of the decompression and walks the tar. Decoding
// and hashing run in goroutines of its own, ahead of the walk. It is for one
// goroutine, and must be closed.
type Reader struct {
	limits   Limits
	pipeline *pipeline
	inflater io.ReadCloser
	blob     *digester // as stored
	content  *digester // uncompressed; the same as blob for a plain tar
	stream   *stream
	tar      *untar.Reader
	entry    Entry
	path     cleaner // of the entry
	link     cleaner // of its target
	index    indexer
	entries  int
	skipped  int
	handed   int64 // content bytes given out, holes of sparse files included
	err      error // sticky, of the walk
	closed   bool
}

// Sum is what a layer turned out to be.
type Sum struct {
	Digest     string // of the blob as stored, "sha256:..."
	DiffID     string // of the uncompressed tar, "sha256:..."
	Compressed int64  // bytes as stored
	Size       int64  // bytes uncompressed
	Entries    int    // tar entries walked, whiteouts included
	Skipped    int    // of these, left out: name too long, too deep or no name at all
}

// NewReader starts to read blob. The caller compares the digests of
// [Reader.Finish] with those it expects, and keeps blob open until Close has
// returned. Errors here and in the methods: Corrupt for bytes that are no
// layer, TooLarge, Unsupported for other compressions, Unavailable when blob
// fails (unless its error has a kind).
func NewReader(blob io.Reader, limits Limits) (*Reader, error) {
	limits, err := limits.orDefaults()
	if err != nil {
		return nil, err
	}
	r := &Reader{limits: limits, pipeline: newPipeline(), blob: newDigester()}
	source := bufio.NewReaderSize(&hashing{src: blob, to: r.blob}, headSize)
	format, err := formatOf(source)
	if err != nil {
		return nil, layerError(err)
	}
	var packed io.Reader = source
	if format != plain {
		packed = r.pipeline.open(source) // decoding need not wait for the blob
	}
	if r.inflater, err = inflate(packed, format, limits); err != nil {
		r.pipeline.close()
		return nil, layerError(err)
	}
	r.stream, r.content = r.pipeline.open(r.inflater), r.blob
	if format != plain {
		r.content = newDigester()
		r.stream.sum = r.content
	}
	r.tar = untar.NewReader(r.stream)
	return r, nil
}

// Next returns the next entry, io.EOF after the last. Whiteouts are not
// entries: they go into the Index, like the paths of all entries. The Entry
// is valid until the next call. In the steady state Next allocates nothing but
// what the index grows by.
func (r *Reader) Next() (*Entry, error) {
	for r.err == nil {
		h, err := r.tar.Next()
		if err == io.EOF {
			r.err = io.EOF
			break
		}
		if err != nil {
			r.err = tarError(err)
			break
		}
		if r.entries++; r.entries > r.limits.Entries {
			r.err = landwaiter.Errorf(landwaiter.TooLarge, "layer: more than %d entries, the limit", r.limits.Entries)
			break
		}
		if r.take(h) {
			return &r.entry, nil
		}
	}
	return nil, r.err
}

// take records the entry in the index and reports whether it is one to return.
func (r *Reader) take(h *untar.Header) bool {
	if h.Type == tar.TypeXGlobalHeader {
		return false
	}
	path := r.path.clean(h.Name)
	if !r.limits.allowsPath(h.Name, path) {
		r.skipped++
		return false
	}
	switch r.index.add(h, path, h.Type == tar.TypeDir && isOpaque(r.tar)) {
	case malformed:
		r.skipped++
		return false
	case marker:
		return false
	}
	if len(path) == 0 {
		return false
	}
	r.entry.fill(h, path, &r.link)
	return true
}

// Read reads the content of the current entry.
func (r *Reader) Read(p []byte) (int, error) {
	if r.closed {
		return 0, errClosed
	}
	n, err := r.tar.Read(p)
	// Holes cost no bytes of the blob, so the limit of the stream misses them.
	if r.handed += int64(n); r.handed > r.limits.Bytes {
		return n, landwaiter.Errorf(landwaiter.TooLarge, "layer: sparse files of more than %d bytes, the limit",
			r.limits.Bytes)
	}
	if err != nil && err != io.EOF {
		err = tarError(err)
	}
	return n, err
}

// Finish reads the blob to its end and returns what it was. It may be called
// after Next failed: an error of Finish is one of the blob or its
// compression, not of the tar in it.
func (r *Reader) Finish() (Sum, error) {
	if r.closed {
		return Sum{}, errClosed
	}
	if err := r.stream.drain(); err != nil {
		r.err = layerError(err)
		return Sum{}, r.err
	}
	if r.err == nil {
		r.err = io.EOF
	}
	return Sum{
		Digest: r.blob.digest(), DiffID: r.content.digest(),
		Compressed: r.blob.size, Size: r.content.size,
		Entries: r.entries, Skipped: r.skipped,
	}, nil
}

// Index returns the path hashes of the layer: complete once Next has returned
// io.EOF.
func (r *Reader) Index() landwaiter.PathIndex { return r.index.sorted() }

// Close ends the reader's goroutines, at any point of the reading. It waits
// for a read of the blob that is under way: cancel that to make it quick.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed, r.err = true, errClosed
	r.pipeline.close()
	r.stream.release()
	_ = r.inflater.Close() // repeats how the reading ended
	return nil
}

var errClosed = errors.New("layer: reader is closed")

// hashing hashes what it reads and gives errors of the blob their kind.
type hashing struct {
	src io.Reader
	to  *digester
}

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.src.Read(p)
	h.to.write(p[:n])
	if err != nil && err != io.EOF && landwaiter.KindOf(err) == landwaiter.Internal {
		err = landwaiter.Errorf(landwaiter.Unavailable, "the blob cannot be read: %w", err)
	}
	return n, err
}

// layerError names the layer as the subject of an error that has a kind.
func layerError(err error) error {
	return landwaiter.Errorf(landwaiter.KindOf(err), "layer: %w", err)
}

// tarError gives an error of package untar a kind; others have one.
func tarError(err error) error {
	var known *landwaiter.Error
	if errors.As(err, &known) {
		return layerError(err)
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "layer: not a tar archive that can be read: %w", err)
}
