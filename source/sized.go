package source

import (
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
)

// Sized ends a blob where the manifest says that it ends. A byte more is a Corrupt error, told with the last bytes that
// fit, so that a sender without an end costs no more than the blob it claims to be. A size of zero or less is no limit.
func Sized(blob io.ReadCloser, size int64) io.ReadCloser {
	if size <= 0 {
		return blob
	}
	s := &sized{blob, size, size}
	if in, ok := blob.(Section); ok {
		return sizedSection{s, in}
	}
	return s
}

// sizedSection is a blob in a file, which says so unless it is too long.
type sizedSection struct {
	*sized
	in Section
}

// Section implements [Section].
func (s sizedSection) Section() (f *os.File, offset, size int64, ok bool) {
	f, offset, size, ok = s.in.Section()
	return f, offset, size, ok && size <= s.size
}

type sized struct {
	io.ReadCloser
	size, left int64
}

func (s *sized) Read(p []byte) (int, error) {
	if int64(len(p)) > s.left+1 {
		p = p[:s.left+1]
	}
	n, err := s.ReadCloser.Read(p)
	if int64(n) <= s.left {
		s.left -= int64(n)
		return n, err
	}
	n, s.left = int(s.left), 0
	return n, landwaiter.Errorf(landwaiter.Corrupt, "the blob is longer than the %d bytes that its manifest says: "+
		"it was damaged or changed where it is stored, push the image again", s.size)
}
