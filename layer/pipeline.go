package layer

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"

	"github.com/landwaiter/landwaiter"
)

const (
	// chunkSize is the unit that one goroutine passes to the next: large enough
	// for the channel to cost next to nothing, small enough for a core's cache.
	chunkSize = 128 << 10
	// chunksAhead is how many chunks a stage may be ahead of the next one. A
	// reader has at most two stages, which take 2 x (4 + 2) x 128 KiB, 1.5 MiB.
	chunksAhead = 4
)

var chunkPool = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// chunk is a piece of a stream. The last one of a stream has err set.
type chunk struct {
	buf *[chunkSize]byte
	n   int
	err error // io.EOF, or the error after these n bytes
	// taken is how many compressed bytes the stage had read when it sent the chunk.
	taken int64
}

// pipeline runs the stages of a reader and stops them.
type pipeline struct {
	stop chan struct{}
	once sync.Once
	wg   sync.WaitGroup
}

func newPipeline() *pipeline { return &pipeline{stop: make(chan struct{})} }

// close stops all stages and waits for them.
func (p *pipeline) close() {
	p.once.Do(func() { close(p.stop) })
	p.wg.Wait()
}

// read starts a stage that reads src ahead, chunk by chunk. taken, if not nil,
// counts what src reads itself.
func (p *pipeline) read(src io.Reader, taken *counting) <-chan chunk {
	out := make(chan chunk, chunksAhead)
	p.wg.Go(func() {
		for {
			c := chunk{buf: chunkPool.Get().(*[chunkSize]byte)}
			c.n, c.err = readFull(src, c.buf[:])
			if taken != nil {
				c.taken = taken.n
			}
			if !p.send(out, c) || c.err != nil {
				return
			}
		}
	})
	return out
}

func (p *pipeline) send(out chan<- chunk, c chunk) bool {
	select {
	case out <- c:
		return true
	case <-p.stop:
		return false
	}
}

// readFull is like io.ReadFull, but returns io.EOF after a short read. It turns
// a panic of a decoder, which hostile bytes may cause, into an error.
func readFull(src io.Reader, buf []byte) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = landwaiter.Errorf(landwaiter.Corrupt, "the decoder panicked: %v", r)
		}
	}()
	for n < len(buf) && err == nil {
		var k int
		k, err = src.Read(buf[n:])
		n += k
	}
	return n, err
}

// digester hashes and counts the bytes of a stream. That of the blob is read
// only after the last chunk was received from the channel, which synchronises
// the accesses.
type digester struct {
	hash hash.Hash
	size int64
}

func newDigester() *digester { return &digester{hash: sha256.New()} }

func (d *digester) write(b []byte) {
	d.hash.Write(b) // never fails
	d.size += int64(len(b))
}

func (d *digester) digest() string {
	return "sha256:" + hex.EncodeToString(d.hash.Sum(nil))
}

// open starts a stage that reads src ahead and returns the stream of its
// output. taken is as in read.
func (p *pipeline) open(src io.Reader, taken *counting) *stream {
	return &stream{in: p.read(src, taken), stop: p.stop}
}

// stream reads the output of a stage.
type stream struct {
	in   <-chan chunk
	stop <-chan struct{}
	// sum, if not nil, digests the chunks. A separate stage would have to move
	// each byte into the cache of another core, which costs more than hashing.
	sum *digester
	cur chunk
	pos int // consumed bytes of cur
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if err := s.fill(); err != nil {
		return 0, err
	}
	n := copy(p, s.cur.buf[s.pos:s.cur.n])
	s.pos += n
	return n, nil
}

// Discard skips n bytes without copying them. It returns an error if there are
// fewer.
func (s *stream) Discard(n int) (int, error) {
	left := n
	for left > 0 {
		if err := s.fill(); err != nil {
			return n - left, err
		}
		k := min(left, s.cur.n-s.pos)
		s.pos += k
		left -= k
	}
	return n, nil
}

// fill ensures that cur has unread bytes, or returns the stream's error.
func (s *stream) fill() error {
	for s.pos == s.cur.n {
		if s.cur.err != nil {
			return s.cur.err
		}
		s.release()
		select {
		case s.cur = <-s.in:
			if s.sum != nil {
				s.sum.write(s.cur.buf[:s.cur.n])
			}
		case <-s.stop:
			s.cur.err = errClosed
		}
	}
	return nil
}

// release returns the current buffer to the pool.
func (s *stream) release() {
	if s.cur.buf != nil {
		chunkPool.Put(s.cur.buf)
	}
	s.cur, s.pos = chunk{err: s.cur.err, taken: s.cur.taken}, 0
}

// drain reads and drops the rest of the stream. It returns nil at its end.
func (s *stream) drain() error {
	for {
		err := s.fill()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.pos = s.cur.n
	}
}
