package layer

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer/gunzip"
)

// zstdWindow is the largest zstd window accepted. It is the memory that a frame
// may take for each layer read at the same time. Docker, BuildKit, Podman and
// containerd use klauspost/compress, with windows of up to 8 MiB; so does the
// zstd tool up to level 19. Level 20 has 32 MiB.
const zstdWindow = 32 << 20

const (
	// magicLen is the length of the longest magic number in sniff.
	magicLen = 6
	// headSize is the size of the buffer in front of the decoders. Larger
	// reads, such as those of a pipeline stage, bypass it.
	headSize = 64 << 10
)

// compression is a format as detected by its first bytes, since media types
// may be wrong.
type compression int

const (
	plain compression = iota
	gzipped
	zstandard
)

func sniff(head []byte) (compression, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstandard, nil
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.HasPrefix(head[1:], []byte{0x2a, 0x4d, 0x18}):
		return zstandard, nil // a skippable frame comes first (RFC 8878, 3.1.2)
	case bytes.HasPrefix(head, []byte("BZh")):
		return plain, landwaiter.Errorf(landwaiter.Unsupported,
			"bzip2 compression is not supported; repack with gzip or zstd")
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return plain, landwaiter.Errorf(landwaiter.Unsupported,
			"xz compression is not supported; repack with gzip or zstd")
	}
	return plain, nil
}

// Inflate returns a reader of the uncompressed src, and whether src is
// compressed at all. It detects the format by the first bytes: gzip with any
// number of members (which includes estargz), zstd, or no compression. The
// reader reads src to its end. Of limits, Bytes, Ratio and RatioFrom apply.
//
// Errors are Corrupt for broken streams and for bytes after a gzip stream,
// TooLarge, and Unsupported for other compressions. Errors of src are returned
// as they are. Close closes the decoder, but not src.
func Inflate(src io.Reader, limits Limits) (plainText io.ReadCloser, compressed bool, err error) {
	limits, err = limits.orDefaults()
	if err != nil {
		return nil, false, err
	}
	head := bufio.NewReaderSize(src, headSize)
	format, err := formatOf(head)
	if err != nil {
		return nil, false, err
	}
	out, err := inflate(head, format, limits)
	if err != nil {
		return nil, format != plain, err
	}
	return out, format != plain, nil
}

// formatOf detects the format without consuming input.
func formatOf(src *bufio.Reader) (compression, error) {
	head, err := src.Peek(magicLen)
	if err != nil && err != io.EOF {
		return plain, err
	}
	return sniff(head)
}

func inflate(src io.Reader, format compression, limits Limits) (*inflater, error) {
	in := &counting{src: src}
	out := &inflater{in: in, limits: limits}
	var err error
	switch format {
	case plain:
		out.src, out.limits.RatioFrom = io.NopCloser(in), limits.Bytes
	case gzipped:
		out.name = "gzip"
		out.src, err = gunzip.NewReader(in)
	case zstandard:
		out.name = "zstd"
		out.src, err = newZstd(in)
	}
	if err != nil {
		return nil, out.classify(err)
	}
	return out, nil
}

func newZstd(src io.Reader) (io.ReadCloser, error) {
	// No concurrency in the decoder, since the pipeline stages run in parallel.
	d, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// inflater enforces the limits and gives errors their kind.
type inflater struct {
	src    io.ReadCloser
	in     *counting
	name   string // of the format, for messages
	out    int64
	limits Limits
}

func (i *inflater) Read(p []byte) (int, error) {
	n, err := i.src.Read(p)
	i.out += int64(n)
	if i.out > i.limits.Bytes {
		return n, landwaiter.Errorf(landwaiter.TooLarge, "more than %d bytes uncompressed, the limit", i.limits.Bytes)
	}
	if i.out > i.limits.RatioFrom && i.out/i.limits.Ratio > i.in.n {
		return n, landwaiter.Errorf(landwaiter.TooLarge, "%d bytes expand to more than %d: over %d times, the limit",
			i.in.n, i.out, i.limits.Ratio)
	}
	if err != nil && err != io.EOF {
		err = i.classify(err)
	}
	return n, err
}

func (i *inflater) Close() error { return i.src.Close() }

func (i *inflater) classify(err error) error {
	if i.in.err != nil {
		return i.in.err
	}
	if i.name == "" {
		return err
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return landwaiter.Errorf(landwaiter.TooLarge,
			"the zstd window is larger than %d bytes, the limit; compress with level 19 or lower", zstdWindow)
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "broken %s stream: %w", i.name, err)
}

// counting counts the bytes that the decoder reads and remembers an error of
// the source.
type counting struct {
	src io.Reader
	n   int64
	err error // never io.EOF
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
