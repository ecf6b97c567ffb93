package analyze

import (
	"bytes"
	"context"
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
)

const (
	// headSize is how much of a file is read to decide who wants the rest.
	headSize = 4 << 10
	// maxBuffer is the largest file kept in memory: with one buffer for each
	// layer that is read, ten layers at once hold 80 MiB. It is also
	// secret.MaxFile, since secrets are searched in memory.
	maxBuffer = 8 << 20
	// chunk is the unit of reading files that are not kept in memory.
	chunk = 256 << 10
)

// content is the file that is being read: in memory, or in an unlinked file
// when it is large. Both are used again for the next file.
type content struct {
	spool   string
	pooled  *[]byte
	buf     []byte // the file, or its start when spooled > 0
	file    *os.File
	spooled int64 // bytes in file; 0 when the content is in buf
}

// readHead starts a file and returns its first bytes.
func (c *content) readHead(r io.Reader) ([]byte, error) {
	c.spooled = 0
	if cap(c.buf) < headSize {
		c.buf = make([]byte, 0, 64<<10)
	}
	n, err := io.ReadFull(r, c.buf[:headSize])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	c.buf = c.buf[:n]
	return c.buf, err
}

// readRest reads the file to its end: size, as claimed, only says where it is
// kept. Every byte goes to sink, when there is one.
func (c *content) readRest(ctx context.Context, r io.Reader, size int64, keep bool, sink io.Writer) error {
	if sink != nil {
		if _, err := sink.Write(c.buf); err != nil {
			return err
		}
		r = io.TeeReader(r, sink)
	}
	if keep && size <= maxBuffer {
		return c.toMemory(r)
	}
	if keep {
		return c.toFile(ctx, r)
	}
	return c.discard(ctx, r)
}

// toMemory grows the buffer with what arrives, never by what a header claims.
func (c *content) toMemory(r io.Reader) error {
	for {
		if len(c.buf) == cap(c.buf) {
			c.buf = append(c.buf, 0)[:len(c.buf)]
		}
		n, err := r.Read(c.buf[len(c.buf):cap(c.buf)])
		c.buf = c.buf[:len(c.buf)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
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

// discard reads what only the sink wants.
func (c *content) discard(ctx context.Context, r io.Reader) error {
	return c.each(ctx, r, func([]byte) error { return nil })
}

// each hands the head and then the rest of r to f, a chunk at a time.
func (c *content) each(ctx context.Context, r io.Reader, f func([]byte) error) error {
	if err := f(c.buf); err != nil {
		return err
	}
	if cap(c.buf) < chunk {
		c.buf = append(make([]byte, 0, chunk), c.buf...)
	}
	window := c.buf[:chunk]
	for {
		if err := ctx.Err(); err != nil {
			return ended(err)
		}
		n, err := r.Read(window)
		if n > 0 {
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

// openFile makes the temporary file, which has no name once it returns, or
// empties the one there is.
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
	return landwaiter.Errorf(landwaiter.Unavailable, "spool: %w: make room or name another directory", err)
}

// readerAt returns the content that was kept, for random access.
func (c *content) readerAt() (io.ReaderAt, int64) {
	if c.spooled > 0 {
		return c.file, c.spooled
	}
	return bytes.NewReader(c.buf), int64(len(c.buf))
}

// close gives the temporary file back.
func (c *content) close() {
	if c.file != nil {
		c.file.Close()
	}
}
