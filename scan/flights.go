package scan

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// patience is how long a scan waits for a blob that another scan reads, in
	// addition to what it takes at slowRate.
	patience = time.Second
	// slowRate is the rate of a source, in bytes per second, below which a scan
	// does not wait for it.
	slowRate = 256 << 10
	// lookEvery is the time between two looks at the pace of a source.
	lookEvery = 100 * time.Millisecond
)

// flights lets one scan read a layer while others that need it wait.
//
// That two images have the same layer is only what they claim until one of them
// has been read: an image can claim the layer of another and deliver it slowly,
// or never. So nobody waits for a reader whose source is slow.
type flights struct {
	mu sync.Mutex
	m  map[flightKey]*flight
}

// flightKey is a layer as an image claims it. Images that agree in one digest
// only do not have the same blob.
type flightKey struct{ diffID, digest string }

// flight is the reading of a layer by one scan.
type flight struct {
	landed chan struct{}
	mu     sync.Mutex
	bytes  int64
	waited time.Duration // for the source
	since  time.Time     // since when it waits for the source; zero when it does not
}

func newFlight() *flight { return &flight{landed: make(chan struct{})} }

// join returns the flight for a layer. If there is none, it makes the caller the
// leader, who must call land.
func (f *flights) join(ref landwaiter.LayerRef) (at *flight, leader bool) {
	key := flightKey{ref.DiffID, ref.Digest}
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, busy := f.m[key]; busy {
		return at, false
	}
	if f.m == nil {
		f.m = map[flightKey]*flight{}
	}
	f.m[key] = newFlight()
	return f.m[key], true
}

// land ends the flight of a leader.
func (f *flights) land(ref landwaiter.LayerRef, at *flight) {
	f.mu.Lock()
	delete(f.m, flightKey{ref.DiffID, ref.Digest})
	f.mu.Unlock()
	close(at.landed)
}

// wait waits until the flight has landed, or reports false as soon as its source
// is slow.
func (f *flight) wait(ctx context.Context) (landed bool, err error) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-f.landed:
			return true, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-look.C:
			if f.slow() {
				return false, nil
			}
		}
	}
}

func (f *flight) slow() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	waited := f.waited
	if !f.since.IsZero() {
		waited += time.Since(f.since)
	}
	return waited > patience+time.Duration(float64(f.bytes)/slowRate*float64(time.Second))
}

// begin and end enclose each time that the reader waits for its source.
func (f *flight) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.since = time.Now()
}

func (f *flight) end(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waited += time.Since(f.since)
	f.since = time.Time{}
	f.bytes += int64(n)
}

// open opens a layer and measures the pace of its source.
func (f *flight) open(ctx context.Context, img source.Image, i int) (io.ReadCloser, error) {
	f.begin()
	blob, err := img.Layer(ctx, i)
	f.end(0)
	if err != nil {
		return nil, err
	}
	if s, ok := blob.(source.Section); ok {
		if _, _, _, local := s.Section(); local {
			return blob, nil // never slow, and read by its descriptor
		}
	}
	return &paced{ReadCloser: blob, flight: f}, nil
}

// paced is a blob whose pace is measured.
type paced struct {
	io.ReadCloser
	flight *flight
}

func (p *paced) Read(b []byte) (int, error) {
	p.flight.begin()
	n, err := p.ReadCloser.Read(b)
	p.flight.end(n)
	return n, err
}
