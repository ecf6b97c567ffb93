package advisory

import (
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// inflaters keeps idle decompressors: one has a window of 32 KB and tables,
// which cost more to make than a record of 1 KB to inflate.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflate is a zip.Decompressor.
func inflate(r io.Reader) io.ReadCloser {
	z := inflaters.Get().(io.ReadCloser)
	if err := z.(flate.Resetter).Reset(r, nil); err != nil {
		return io.NopCloser(failedReader{err})
	}
	return &pooledInflater{z}
}

// pooledInflater gives its decompressor back when closed.
type pooledInflater struct{ io.ReadCloser }

func (p *pooledInflater) Close() error {
	err := p.ReadCloser.Close()
	inflaters.Put(p.ReadCloser)
	p.ReadCloser = io.NopCloser(failedReader{io.ErrClosedPipe})
	return err
}

type failedReader struct{ err error }

func (f failedReader) Read([]byte) (int, error) { return 0, f.err }
