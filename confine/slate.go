package confine

import (
	"encoding/binary"
	"os"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// A slate is shared memory to which the child writes the file and the analyser at work,
// and which the parent can read whatever happens to the child. A message for each file
// would cost two system calls and a context switch; this costs a copy of the path.
//
// It has a counter and two records. The lowest bit of the counter says which record is
// valid, so that a child that dies while it writes one leaves the other one intact. A
// record is the file's size (8 bytes), the lengths of the analyser and of the path (2
// each), and both texts.
const (
	slateHead   = 8
	slateRecord = 20 << 10 // a path of four times PATH_MAX, and an analyser
	slateSize   = slateHead + 2*slateRecord
	recordHead  = 12
	// maxName bounds the name of an analyser.
	maxName = 256
)

// slateWriter is the child's side. It is not safe for concurrent use.
type slateWriter struct {
	mem []byte
	seq uint64
}

func mapSlate(f *os.File) (*slateWriter, error) {
	mem, err := unix.Mmap(int(f.Fd()), 0, slateSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return &slateWriter{mem: mem}, nil
}

// mark writes the file and the analyser at work. An empty analyser means none.
func (s *slateWriter) mark(path []byte, analyser string, size int64) {
	s.seq++
	at := slateHead + int(s.seq&1)*slateRecord
	fillRecord(s.mem[at:at+slateRecord], path, analyser, size)
	publish(s.mem, s.seq)
}

// fillRecord and publish are calls of their own so that the compiler does not
// mix their stores. What the processor does to their order does not matter:
// a record is believed when its writer is dead.

//go:noinline
func fillRecord(rec, path []byte, analyser string, size int64) {
	analyser = analyser[:min(len(analyser), maxName)]
	path = path[:min(len(path), slateRecord-recordHead-len(analyser))]
	binary.LittleEndian.PutUint64(rec, uint64(size))
	binary.LittleEndian.PutUint16(rec[8:], uint16(len(analyser)))
	binary.LittleEndian.PutUint16(rec[10:], uint16(len(path)))
	copy(rec[recordHead:], analyser)
	copy(rec[recordHead+len(analyser):], path)
}

//go:noinline
func publish(mem []byte, seq uint64) { binary.LittleEndian.PutUint64(mem, seq) }

// inFlight is the content of the slate: a file and an analyser, or neither.
type inFlight struct {
	seq      uint64 // changes with each mark
	path     string
	analyser string
	size     int64
}

// readSlate is the parent's side. What it reads is untrusted.
func readSlate(f *os.File) inFlight {
	var buf [slateSize]byte
	if n, _ := f.ReadAt(buf[:], 0); n < slateSize {
		return inFlight{} // the child has truncated it
	}
	return parseSlate(buf[:])
}

func parseSlate(buf []byte) inFlight {
	now := inFlight{seq: binary.LittleEndian.Uint64(buf)}
	rec := buf[slateHead+int(now.seq&1)*slateRecord:][:slateRecord]
	analyser, path := int(binary.LittleEndian.Uint16(rec[8:])), int(binary.LittleEndian.Uint16(rec[10:]))
	text := rec[recordHead:]
	if analyser == 0 || analyser > maxName || path > len(text)-analyser || !utf8.Valid(text[:analyser+path]) {
		return now
	}
	now.size = max(0, int64(binary.LittleEndian.Uint64(rec)))
	now.analyser, now.path = string(text[:analyser]), string(text[analyser:analyser+path])
	return now
}

// slateCounter reads the counter alone, which is cheap.
func slateCounter(f *os.File) uint64 {
	var buf [slateHead]byte
	if n, _ := f.ReadAt(buf[:], 0); n < slateHead {
		return 0
	}
	return binary.LittleEndian.Uint64(buf[:])
}
