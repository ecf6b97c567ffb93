package confine

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

// Section is a blob that is part of a file. The child reads it from a descriptor, without
// a copy through a pipe.
type Section interface {
	// Section returns the file and the part of it; ok is false when the blob
	// is not in a file after all.
	Section() (f *os.File, offset, size int64, ok bool)
}

// read has the child read one layer. It returns either a death or an error, which is one
// of the source, of the analysis, or of ctx.
func (p *process) read(
	ctx context.Context, r *Reader, open Open, req request,
) (*landwaiter.LayerReport, *death, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, p.kill)
	defer stop()
	blob, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	feed, err := p.send(blob, req)
	if err != nil {
		blob.Close()
		if p.gone(err) {
			return nil, p.died(nil, err), nil
		}
		return nil, nil, err
	}
	w := p.watch(r, feed)
	p.frames.left = maxReply
	rep, failed, err := readReply(p.frames, req.Want)
	w.stop()
	ended := ctx.Err()
	if err != nil {
		p.kill()
		<-p.ended
	}
	stop() // the child is well, or dead already
	cancel()
	if broken := feed.end(); broken != nil && ended == nil {
		// Ignore what the child made of half a blob.
		if err == nil && failed == nil {
			p.kill()
			<-p.ended
		}
		return nil, nil, broken
	}
	switch {
	case ended != nil:
		p.kill()
		<-p.ended
		return nil, nil, landwaiter.Errorf(landwaiter.Unavailable, "the analysis of the layer was stopped: %w", ended)
	case err != nil:
		return nil, p.died(w, err), nil
	}
	return rep, nil, failed
}

// gone reports whether the child's end is why a request could not be sent.
func (p *process) gone(err error) bool {
	if landwaiter.KindOf(err) != landwaiter.Internal {
		return false
	}
	p.kill()
	<-p.ended
	return true
}

// feed passes a blob to the child.
type feed struct {
	handed atomic.Int64
	blob   io.ReadCloser
	pipe   *os.File      // nil when the child has the file
	done   chan struct{} // closed when nothing more comes through the pipe
	err    error         // of the blob
}

// send sends the request and the blob's descriptor.
func (p *process) send(blob io.ReadCloser, req request) (*feed, error) {
	f := &feed{blob: blob}
	theirs, err := f.hand(&req)
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	var b bytes.Buffer
	err = writeJSON(&b, kindLayer, req)
	if err == nil {
		_, _, err = p.conn.WriteMsgUnix(b.Bytes(), unix.UnixRights(int(theirs.Fd())), nil)
	}
	if err != nil {
		if f.pipe != nil {
			f.pipe.Close()
		}
		return nil, err
	}
	if f.pipe != nil {
		f.done = make(chan struct{})
		go f.copy()
	}
	return f, nil
}

// hand returns the descriptor for the child: the file that the blob is in, or
// the reading end of a pipe.
func (f *feed) hand(req *request) (*os.File, error) {
	if s, ok := f.blob.(Section); ok {
		if file, offset, size, ok := s.Section(); ok {
			if theirs, err := reopen(file); err == nil {
				req.Offset, req.Size = offset, size
				f.handed.Store(size)
				return theirs, nil
			}
		}
	}
	req.Pipe = true
	var fds [2]int
	syscall.ForkLock.RLock()
	err := unix.Pipe(fds[:])
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Unavailable, "no pipe for the layer: %w", err)
	}
	widen(fds[1])
	// Our end does not block, so that closing it ends a write; the child's does.
	if err := unix.SetNonblock(fds[1], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, os.NewSyscallError("fcntl", err)
	}
	f.pipe = os.NewFile(uintptr(fds[1]), "blob")
	return os.NewFile(uintptr(fds[0]), "blob"), nil
}

// copy copies the blob to the pipe. It keeps an error of the blob. An error of the pipe
// means that the child has ended, which read finds out.
func (f *feed) copy() {
	defer close(f.done)
	defer f.pipe.Close()
	buf := make([]byte, 256<<10)
	for {
		n, err := f.blob.Read(buf)
		if n > 0 {
			f.handed.Add(int64(n))
			if _, werr := f.pipe.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			f.err = err
			return
		}
	}
}

// end closes the blob, and returns the error of reading it.
func (f *feed) end() error {
	if f.done == nil {
		f.blob.Close()
		return nil
	}
	f.pipe.Close() // ends a write
	<-f.done
	f.blob.Close()
	return f.err
}
