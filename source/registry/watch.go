package registry

import (
	"context"
	"io"
	"sync/atomic"
	"time"
)

// A layer must come at stallBytes in every stallTimeout that we wait for it,
// about 4 kB/s: a sixth of what one of four streams gets over a 1 Mbit/s line,
// so that only registries that stall on purpose are cut off.
const (
	stallBytes   = 256 << 10
	stallTimeout = time.Minute
)

// watched is the body of a layer. It cancels its request when the registry
// sends too slowly; the time between reads is the reader's own.
type watched struct {
	io.ReadCloser
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	tooSlow atomic.Bool

	// Since stallBytes were last complete:
	bytes  int
	waited time.Duration
}

func newWatched(body io.ReadCloser, cancel context.CancelCauseFunc) *watched {
	w := &watched{ReadCloser: body, cancel: cancel}
	w.timer = time.AfterFunc(stallTimeout, func() {
		w.tooSlow.Store(true)
		cancel(errSlow)
	})
	w.timer.Stop()
	return w
}

func (w *watched) Read(p []byte) (int, error) {
	start := time.Now()
	w.timer.Reset(stallTimeout - w.waited)
	n, err := w.ReadCloser.Read(p)
	w.timer.Stop()
	if w.bytes += n; w.bytes >= stallBytes {
		w.bytes, w.waited = 0, 0
	} else {
		w.waited += time.Since(start)
	}
	if err != nil && err != io.EOF && w.tooSlow.Load() {
		err = errSlow
	}
	return n, err
}

// Close ends the request, whether or not all was read.
func (w *watched) Close() error {
	w.timer.Stop()
	defer w.cancel(nil)
	return w.ReadCloser.Close()
}
