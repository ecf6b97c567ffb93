package confine

import (
	"bytes"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/landwaiter/landwaiter"
)

// watchEvery is how often a child is checked. A child that allocates as fast as it can
// exceeds the limit by some 10 MiB until then.
const watchEvery = 20 * time.Millisecond

// watch watches a child while it reads a layer, and kills it if it uses too much memory
// or time.
type watch struct {
	p    *process
	r    *Reader
	feed *feed
	quit chan struct{}
	wg   sync.WaitGroup
	// why the child was killed; "" when it was not. Read after stop.
	why  string
	kind landwaiter.ErrorKind

	fileSeq  uint64 // the mark on the slate, and what there was when it came
	fileTime time.Duration
	fileFrom time.Time
	fileCPU  time.Duration
	layerCPU time.Duration
}

func (p *process) watch(r *Reader, f *feed) *watch {
	w := &watch{p: p, r: r, feed: f, quit: make(chan struct{})}
	_, w.layerCPU, _ = p.usage()
	w.wg.Go(w.run)
	return w
}

func (w *watch) stop() {
	close(w.quit)
	w.wg.Wait()
}

func (w *watch) run() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-w.p.ended:
			return
		case <-tick.C:
		}
		if w.look(); w.why != "" {
			w.p.kill()
			return
		}
	}
}

// look checks the limits, and sets why if the child exceeds one.
func (w *watch) look() {
	rss, cpu, err := w.p.usage()
	if err == nil && rss > w.r.Memory {
		w.why, w.kind = "the parser ran out of memory", landwaiter.TooLarge
		return
	}
	if seq := slateCounter(w.p.slate); seq != w.fileSeq || w.fileFrom.IsZero() {
		w.fileSeq, w.fileFrom, w.fileCPU, w.fileTime = seq, time.Now(), cpu, 0
		return
	}
	if w.fileTime == 0 { // the same file at the second check: read its size now
		if now := readSlate(w.p.slate); now.analyser != "" && now.seq == w.fileSeq {
			w.fileTime = w.r.FileTime(now.size)
		}
	}
	// The clock has a higher limit, as the machine may be busy with other work.
	if w.fileTime > 0 && (cpu-w.fileCPU > w.fileTime || time.Since(w.fileFrom) > 3*w.fileTime) {
		w.why, w.kind = fmt.Sprintf("the parser did not end within %v", w.fileTime), landwaiter.TooLarge
		return
	}
	if most := w.r.LayerTime(w.feed.handed.Load()); cpu-w.layerCPU > most {
		w.why, w.kind = fmt.Sprintf("reading took more than %v of processor time", most), landwaiter.TooLarge
	}
}

// death is how a child ended, and in which file.
type death struct {
	at      inFlight
	reason  string
	kind    landwaiter.ErrorKind // of the layer, when there is no file
	outside bool                 // it was killed, but not by watch
}

// died finds out why the child died. The child must have been reaped.
func (p *process) died(w *watch, err error) *death {
	d := &death{at: readSlate(p.slate), kind: landwaiter.Corrupt}
	text := p.stderr.bytes()
	status, _ := p.state.Sys().(syscall.WaitStatus)
	has := func(s string) bool { return bytes.Contains(text, []byte(s)) }
	switch {
	case w != nil && w.why != "":
		d.reason, d.kind = w.why, w.kind
	case status.ExitStatus() == exitCPU || status.Signaled() && status.Signal() == syscall.SIGXCPU:
		d.reason, d.kind = "the parser used up its processor time", landwaiter.TooLarge
	case has("stack exceeds") || has("stack overflow"):
		d.reason, d.kind = "the file nests deeper than the parser's stack", landwaiter.TooLarge
	case has("out of memory") || has("cannot allocate memory") || has("failed to create new OS thread"):
		d.reason, d.kind = "the parser ran out of memory", landwaiter.TooLarge
	case len(text) >= maxStderr:
		d.reason = "the parser crashed with endless output"
	case has("panic") || has("fatal error") || has("SIG"):
		d.reason = "the parser crashed"
	case landwaiter.KindOf(err) == landwaiter.Corrupt:
		d.reason = err.Error()
	case status.Signaled():
		d.reason, d.outside = "the parser was killed from outside, perhaps by the kernel because memory was short", true
	default:
		d.reason = fmt.Sprintf("the parser ended without an answer (exit code %d)", status.ExitStatus())
	}
	return d
}
