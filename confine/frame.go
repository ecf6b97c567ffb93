package confine

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"

	"github.com/landwaiter/landwaiter"
)

// version is the version of the protocol. Both ends are the same binary, so a difference
// is a bug and not an upgrade.
const version = 1

// A frame is its length (4 bytes, little endian, of what follows), its kind (1
// byte) and its body. Unknown kinds are refused.
type kind byte

const (
	kindSetup  kind = 1 // parent: setup
	kindHello  kind = 2 // child: hello
	kindLayer  kind = 3 // parent: request; the blob's descriptor comes with it
	kindHeader kind = 4 // child: the report without what follows
	kindIndex  kind = 5 // child: path hashes, 8 bytes each, little endian
	kindPkgs   kind = 6 // child: packages
	kindBad    kind = 7 // child: malware
	kindRisks  kind = 8 // child: risks
	kindDone   kind = 9 // child: the report is complete
	kindError  kind = 10
)

const (
	frameHead = 5
	// maxBody bounds one frame, and so what is decoded at once: JSON such as
	// {},{},{} decodes to a hundred times its size, 25 MB.
	maxBody = 256 << 10
	// maxReply bounds all frames of one reply: an index of maxIndex hashes (32
	// MiB) and maxPackages packages of 400 bytes (80 MB).
	maxReply = 192 << 20
)

// setup is what a child needs before it confines itself.
type setup struct {
	Version int
	Config  []byte
	Files   int // descriptors from firstFile on
	CPU     int // seconds
}

// hello reports that a child is ready.
type hello struct {
	Version int
	Status  Status
}

// request asks for one layer. The blob is a pipe, or the part of a file.
type request struct {
	Want   []string
	Skip   []Skip
	Pipe   bool
	Offset int64
	Size   int64
}

// failure is an error of the analysis in the child.
type failure struct {
	Kind    landwaiter.ErrorKind
	Message string
}

// errProtocol returns the error for an answer that violates the protocol.
func errProtocol(format string, args ...any) error {
	return landwaiter.Errorf(landwaiter.Corrupt, "the reader's answer: "+format, args...)
}

// writeFrame writes one frame.
func writeFrame(w io.Writer, k kind, body []byte) error {
	if len(body) > maxBody {
		return errProtocol("a frame of %d bytes; at most %d", len(body), maxBody)
	}
	var head [frameHead]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(body)+1))
	head[4] = byte(k)
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// writeJSON writes one frame with a JSON body.
func writeJSON(w io.Writer, k kind, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(w, k, body)
}

// frames reads the frames of a peer. A body is valid until the next one.
type frames struct {
	r    io.Reader
	left int // bytes that may still come
	buf  []byte
}

func newFrames(r io.Reader) *frames { return &frames{r: r, left: maxReply} }

// next returns the next frame. io.EOF means that the peer has closed the socket between
// two frames.
func (f *frames) next() (kind, []byte, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:])) - 1
	if n < 0 || n > maxBody {
		return 0, nil, errProtocol("a frame of %d bytes; at most %d", n, maxBody)
	}
	if f.left -= frameHead + int(n); f.left < 0 {
		return 0, nil, errProtocol("more than %d bytes", maxReply)
	}
	if int(n) > cap(f.buf) {
		f.buf = make([]byte, n)
	}
	f.buf = f.buf[:n]
	if _, err := io.ReadFull(f.r, f.buf); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	return kind(head[4]), f.buf, nil
}

// decode reads exactly one JSON value without unknown fields.
func decode(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errProtocol("%w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errProtocol("more than one value in a frame")
	}
	return nil
}
