package layer

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer/untar"
)

// Reader reads a layer blob in one pass: it detects the compression by the
// first bytes, hashes the blob before and after decompression and walks the tar
// archive. Decoding and hashing run ahead of the walk in separate goroutines. A
// Reader is not safe for concurrent use, and must be closed.
type Reader struct {
	limits   Limits
	pipeline *pipeline
	packed   io.Reader // the blob, being hashed
	inflater *inflater
	blob     *digester // as stored
	content  *digester // uncompressed; the same as blob for a plain tar
	stream   *stream
	tar      *untar.Reader
	entry    Entry
	path     cleaner // for the entry's name
	link     cleaner // for its link target
	index    indexer
	entries  int
	skipped  int
	handed   int64 // content bytes returned by Read, including holes of sparse files
	err      error // of the walk; sticky
	closed   bool
}

// Sum has the digests and sizes of a layer that was read to its end.
type Sum struct {
	Digest     string // of the blob as stored, "sha256:..."
	DiffID     string // of the uncompressed tar, "sha256:..."
	Compressed int64  // bytes as stored
	Size       int64  // bytes uncompressed
	Entries    int    // tar entries walked, including whiteouts
	Skipped    int    // of these, entries skipped: path too long or too deep, or whiteout without a name
}

// NewReader starts to read blob. The caller must compare the digests returned
// by [Reader.Finish] with those it expects, and keep blob open until Close has
// returned. NewReader and the methods return errors of these kinds: Corrupt for
// bytes that are not a layer, TooLarge, Unsupported for other compressions, and
// Unavailable when reading blob fails with an error without a kind.
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
		packed = r.pipeline.open(source, nil) // so that decoding does not wait for the blob
	}
	if r.inflater, err = inflate(packed, format, limits); err != nil {
		r.pipeline.close()
		return nil, layerError(err)
	}
	r.packed, r.content = packed, r.blob
	r.stream = r.pipeline.open(r.inflater, r.inflater.in)
	if format != plain {
		r.content = newDigester()
		r.stream.sum = r.content
	}
	r.tar = untar.NewReader(r.stream)
	return r, nil
}

// Next returns the next entry, or io.EOF after the last. The Entry is valid
// until the next call. Whiteouts are not returned; they are part of the Index,
// as are the paths of all entries. Apart from growing the index, Next does not
// allocate memory per entry.
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

// take adds an entry to the index and reports whether Next returns it.
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
	// Holes take no bytes of the stream, so that its limit does not cover them.
	if r.handed += int64(n); r.handed > r.limits.Bytes {
		return n, landwaiter.Errorf(landwaiter.TooLarge, "layer: sparse files of more than %d bytes, the limit",
			r.limits.Bytes)
	}
	if err != nil && err != io.EOF {
		err = tarError(err)
	}
	return n, err
}

// Finish reads the blob to its end and returns its digests and sizes. It may be
// called after Next failed: Finish only returns errors of the blob or its
// compression, not of the tar archive.
//
// If Finish fails because of a limit or a broken stream, DiffID and Size are not
// known, but Finish still reads the blob as it is stored to its end, and returns
// Digest, so that the caller knows whether what it has read is of the blob that
// it expects. Digest is empty if that fails, too.
func (r *Reader) Finish() (Sum, error) {
	if r.closed {
		return Sum{}, errClosed
	}
	sum := Sum{Entries: r.entries, Skipped: r.skipped}
	if err := r.stream.drain(); err != nil {
		r.err = layerError(err)
		if r.drainBlob() {
			sum.Digest, sum.Compressed = r.blob.digest(), r.blob.size
		}
		return sum, r.err
	}
	if r.err == nil {
		r.err = io.EOF
	}
	sum.Digest, sum.DiffID = r.blob.digest(), r.content.digest()
	sum.Compressed, sum.Size = r.blob.size, r.content.size
	return sum, nil
}

// drainBlob reads the rest of the blob without decompressing it. The stage that
// decompresses must have ended. It reports whether it reached the end.
func (r *Reader) drainBlob() bool {
	if r.inflater.in.err != nil {
		return false
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(r.packed, r.limits.Bytes))
	return err == nil && rest < r.limits.Bytes
}

// Taken returns how many bytes of the blob were read for the content so far,
// including what the decoder has read ahead.
func (r *Reader) Taken() int64 { return r.stream.cur.taken }

// Index returns the path hashes of the layer. They are complete once Next has
// returned io.EOF.
func (r *Reader) Index() landwaiter.PathIndex { return r.index.sorted() }

// Close stops the reader's goroutines. It may be called at any time, and waits
// for a running read of the blob; cancel that read for Close to return at once.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed, r.err = true, errClosed
	r.pipeline.close()
	r.stream.release()
	_ = r.inflater.Close() // repeats the error of the last read
	return nil
}

var errClosed = errors.New("layer: reader is closed")

// hashing hashes the bytes read and gives errors of the blob a kind.
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

// layerError adds the prefix "layer" to an error and keeps its kind.
func layerError(err error) error {
	return landwaiter.Errorf(landwaiter.KindOf(err), "layer: %w", err)
}

// tarError gives errors of package untar a kind. Others have one already.
func tarError(err error) error {
	var known *landwaiter.Error
	if errors.As(err, &known) {
		return layerError(err)
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "layer: not a readable tar archive: %w", err)
}
