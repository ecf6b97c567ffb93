package analyze

import (
	"bytes"
	"context"
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
)

const (
	// headSize is how much of a file is read to decide who wants the rest.
	headSize = 4 << 10
	// maxBuffer is the largest file kept in memory: with one buffer for each
	// layer that is read, ten layers at once hold 80 MiB.
	maxBuffer = analysis.InMemory
	// chunk is how much is read at once of files that are not kept in memory.
	chunk = 256 << 10
)

// buffer holds one file, and one byte more to detect its end. It is allocated at
// full size: pages that are never touched cost nothing, while a growing buffer
// copies its content again and again, which took a sixth of a scan.
type buffer [maxBuffer + 1]byte

// content is the file that is being read: in memory, or in an unlinked file
// when it is large. Both are used again for the next file.
type content struct {
	spool   string
	buffer  *buffer
	buf     []byte // of buffer: the file, or its start when spooled > 0
	reader  bytes.Reader
	file    *os.File
	shared  bool  // file is the caller's, which closes it
	spooled int64 // bytes in file; 0 when the content is in buf
	passed  int64 // bytes read in all
	tee     tee
}

// tee is io.TeeReader without an allocation for each file.
type tee struct {
	from io.Reader
	to   io.Writer
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	if n > 0 {
		if _, err := t.to.Write(p[:n]); err != nil {
			return n, err
		}
	}
	return n, err
}

// readHead starts a file and returns its first bytes.
func (c *content) readHead(r io.Reader) ([]byte, error) {
	c.spooled, c.passed = 0, 0
	n, err := io.ReadFull(r, c.buffer[:headSize])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	c.buf = c.buffer[:n]
	return c.buf, err
}

// readRest reads the file to its end. The size from the header only decides where the
// content is kept. If sink is not nil, every byte is also written to it.
func (c *content) readRest(ctx context.Context, r io.Reader, size int64, keep bool, sink io.Writer) error {
	if sink != nil {
		if _, err := sink.Write(c.buf); err != nil {
			return err
		}
		c.tee = tee{from: r, to: sink}
		r = &c.tee
	}
	if keep && size <= maxBuffer {
		return c.toMemory(r)
	}
	if keep {
		return c.toFile(ctx, r)
	}
	return c.discard(ctx, r)
}

func (c *content) toMemory(r io.Reader) error {
	n, err := io.ReadFull(r, c.buffer[len(c.buf):])
	c.buf = c.buffer[:len(c.buf)+n]
	c.passed = int64(len(c.buf))
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		return nil
	case nil:
		return landwaiter.Errorf(landwaiter.Corrupt, "layer: a file is longer than its header says")
	}
	return err
}

func (c *content) toFile(ctx context.Context, r io.Reader) error {
	if err := c.openFile(); err != nil {
		return spoolError(err)
	}
	return c.each(ctx, r, func(b []byte) error {
		n, err := c.file.WriteAt(b, c.spooled)
		c.spooled += int64(n)
		return spoolError(err)
	})
}

// discard reads content that only the sink needs.
func (c *content) discard(ctx context.Context, r io.Reader) error {
	return c.each(ctx, r, func([]byte) error { return nil })
}

// each passes the head and then the rest of r to f, in chunks.
func (c *content) each(ctx context.Context, r io.Reader, f func([]byte) error) error {
	c.passed = int64(len(c.buf))
	if err := f(c.buf); err != nil {
		return err
	}
	window := c.buffer[:chunk]
	for {
		if err := ctx.Err(); err != nil {
			return ended(err)
		}
		n, err := r.Read(window)
		if n > 0 {
			c.passed += int64(n)
			if err := f(window[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// openFile creates the temporary file and unlinks it, or truncates the existing one.
func (c *content) openFile() error {
	if c.file != nil {
		return c.file.Truncate(0)
	}
	f, err := os.CreateTemp(c.spool, "landwaiter-*")
	if err != nil {
		return err
	}
	c.file = f
	return os.Remove(f.Name())
}

func spoolError(err error) error {
	if err == nil {
		return nil
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "spool: %w: free space or choose another directory", err)
}

// data returns the content that was kept, also as bytes if it is in memory.
func (c *content) data() (io.ReaderAt, []byte) {
	if c.spooled > 0 {
		return c.file, nil
	}
	c.reader.Reset(c.buf)
	return &c.reader, c.buf
}

// close closes the temporary file, which frees its space.
func (c *content) close() {
	if c.file != nil && !c.shared {
		c.file.Close()
	}
}
