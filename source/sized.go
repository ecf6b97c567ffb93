package source

import (
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
)

// Sized ends a blob at its size in the manifest. Any byte more is a Corrupt error, returned with the last bytes that
// fit: an endless sender costs no more than the blob. A size of zero or less means no limit.
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
	return n, landwaiter.Errorf(landwaiter.Corrupt, "the blob is longer than the %d bytes of its manifest: "+
		"it was damaged or changed in its storage; push the image again", s.size)
}
