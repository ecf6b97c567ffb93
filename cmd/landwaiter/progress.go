package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/landwaiter/landwaiter"
)

// progress is a progress bar on a terminal. Elsewhere it prints nothing. It may
// be used concurrently.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	label string
	width int
	last  time.Time
	shown bool
}

// newProgress returns a bar that is drawn if w is a terminal.
func newProgress(w io.Writer, label string) *progress {
	width, ok := terminal(w)
	if !ok {
		w = nil
	}
	return &progress{w: w, label: label, width: width}
}

// redrawEvery keeps the terminal from being the slowest part of the work.
const redrawEvery = 100 * time.Millisecond

// set draws done of total. A total of 0 is not known.
func (p *progress) set(done, total int64, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil || (time.Since(p.last) < redrawEvery && done != total) {
		return
	}
	p.last, p.shown = time.Now(), true
	line := fmt.Sprintf("%s %d %s", p.label, done, note)
	if total > 0 {
		const cells = 24
		full := int(min(done, total) * cells / total)
		line = fmt.Sprintf("%s [%s%s] %3d%% %s", p.label, strings.Repeat("#", full), strings.Repeat("-", cells-full),
			min(done, total)*100/total, note)
	}
	line = landwaiter.Printable(line)
	if r := []rune(line); len(r) > p.width-1 {
		line = string(r[:p.width-1])
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
}

// clear removes the bar.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
