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

// zstdWindow is the largest zstd window, the memory a frame may demand of each
// layer that is read at once. Docker, BuildKit, Podman and containerd write with
// klauspost/compress, whose windows end at 8 MiB, as those of the zstd tool do
// up to its level 19; level 20 has 32 MiB.
const zstdWindow = 32 << 20

const (
	// magicLen is the longest magic in sniff.
	magicLen = 6
	// headSize is the buffer in front of the decoders. Longer reads, as those
	// of a stage, pass by it.
	headSize = 64 << 10
)

// compression is a format told by its first bytes; media types lie.
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
			"compression bzip2 is not supported: repack with gzip or zstd")
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return plain, landwaiter.Errorf(landwaiter.Unsupported,
			"compression xz is not supported: repack with gzip or zstd")
	}
	return plain, nil
}

// Inflate returns src uncompressed, whether it is gzip (with any number of
// members, so estargz, too), zstd or neither, as its first bytes tell. It
// reads src to its end. Of limits, Bytes, Ratio and RatioFrom apply.
// Compressed reports whether src is compressed at all. Errors: Corrupt for
// broken streams and for bytes after a gzip stream, TooLarge, Unsupported for
// other compressions; errors of src are passed on. Close ends the decoder,
// not src.
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
	plainText, err = inflate(head, format, limits)
	return plainText, format != plain, err
}

// formatOf tells the format without reading on.
func formatOf(src *bufio.Reader) (compression, error) {
	head, err := src.Peek(magicLen)
	if err != nil && err != io.EOF {
		return plain, err
	}
	return sniff(head)
}

func inflate(src io.Reader, format compression, limits Limits) (io.ReadCloser, error) {
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
	// One decoder at a time: the stages around it are the parallelism.
	d, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// inflater applies the limits and gives errors their kind.
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
		return n, landwaiter.Errorf(landwaiter.TooLarge, "%d bytes grew to more than %d: over %d times, the limit",
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
			"the zstd window is over %d bytes, the limit: compress with level 19 or less", zstdWindow)
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "broken %s stream: %w", i.name, err)
}

// counting counts what the decoder took and remembers why its source failed.
type counting struct {
	src io.Reader
	n   int64
	err error // nil while it works and at its end
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
