package source_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

type zeros struct{ read int64 }

func (z *zeros) Read(p []byte) (int, error) {
	z.read += int64(len(p))
	return len(p), nil
}

func TestSized(t *testing.T) {
	content := []byte("0123456789")
	for size, want := range map[int64]struct {
		bytes int
		kind  landwaiter.ErrorKind
	}{
		0: {10, ""}, -1: {10, ""}, 10: {10, ""}, 11: {10, ""}, 1 << 40: {10, ""}, 9: {9, landwaiter.Corrupt}, 1: {1,
			landwaiter.Corrupt},
	} {
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(content), "byte by byte": iotest.OneByteReader(bytes.NewReader(content)),
			"end with data": iotest.DataErrReader(bytes.NewReader(content)),
		} {
			got, err := io.ReadAll(source.Sized(io.NopCloser(r), size))
			if !bytes.Equal(got, content[:want.bytes]) || landwaiter.KindOf(err) != want.kind {
				t.Errorf("%s, size %d: %q, %v", name, size, got, err)
			}
		}
	}
	endless := &zeros{}
	n, err := io.Copy(io.Discard, source.Sized(io.NopCloser(endless), 1000))
	if n != 1000 || landwaiter.KindOf(err) != landwaiter.Corrupt || endless.read > 1001 {
		t.Errorf("without an end: %d bytes of %d read, %v", n, endless.read, err)
	}
}
