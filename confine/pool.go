package confine

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxDeaths is how many files of a layer may kill a child. At the next one, the
	// analysers that were at work in them are given up for the layer.
	maxDeaths = 5
	// maxSkips bounds what a request names: those of the caller and the new ones.
	maxSkips = 64
)

// Reader starts children. It is safe for concurrent use.
type Reader struct{ Options }

// NewReader returns a reader. It starts nothing. Errors: Invalid.
func NewReader(o Options) (*Reader, error) {
	o = o.orDefaults()
	switch o.Mode {
	case Require, Prefer, Off:
	default:
		return nil, landwaiter.Errorf(landwaiter.Invalid, "confinement %q: want require, prefer or off", o.Mode)
	}
	if len(o.Files) > maxFiles || len(o.Config) > 64<<10 {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "at most %d files, and 64 KiB of configuration", maxFiles)
	}
	return &Reader{o}, nil
}

// Probe starts a child, returns its status, and ends it.
func (r *Reader) Probe(ctx context.Context) (Status, error) {
	p, err := r.start(ctx)
	if err != nil {
		return Status{Level: None, Reasons: []string{err.Error()}}, err
	}
	defer p.close()
	return p.status, nil
}

// Pool holds the children of one image scan: as many as it reads layers at
// once. They are started when they are needed, and used for this image only. It
// is safe for concurrent use, and must be closed.
type Pool struct {
	reader *Reader
	mu     sync.Mutex
	idle   []*process
	closed bool
	status Status
}

// NewPool returns an empty pool.
func (r *Reader) NewPool() *Pool { return &Pool{reader: r} }

// Status returns the status of the least confined child so far. Its level is "" if none
// was started.
func (p *Pool) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// Close ends the children.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}

func (p *Pool) take(ctx context.Context) (*process, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := p.reader.start(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	rank := map[Level]int{"": 3, Full: 2, Partial: 1, None: 0}
	if rank[c.status.Level] < rank[p.status.Level] {
		p.status = c.status
	}
	return c, nil
}

// give returns a child to the pool, or ends it if it should not read another layer.
func (p *Pool) give(c *process) {
	_, cpu, _ := c.usage()
	p.mu.Lock()
	keep := !p.closed && cpu < retireAfter
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.close()
	}
}

// Open opens a blob from its start. It is called once for each attempt.
type Open func(ctx context.Context) (io.ReadCloser, error)

// Result is what reading a layer gave.
type Result struct {
	Report *landwaiter.LayerReport
	// Culprits are the files that a child died of. They are set even if there is an
	// error.
	Culprits []Skip
}

// Layer reads one layer in a child with the analysers in want, at least one, and skips
// the files in skip. If a child dies in a file, the next child skips that file as well;
// see [Result] and the coverage of the report.
//
// Layer returns the errors of open, of the analysis and of ctx, [ErrUnavailable] if no
// child can be started, and TooLarge or Corrupt if children die outside of any file.
func (p *Pool) Layer(ctx context.Context, open Open, want []string, skip []Skip) (Result, error) {
	t := try{pool: p, open: open, want: want, skip: skip[:min(len(skip), maxSkips-maxDeaths)],
		given: map[string]string{}}
	for {
		rep, died, err := t.once(ctx)
		if err != nil {
			return Result{Culprits: t.culprits}, err
		}
		if died == nil {
			t.cover(rep)
			return Result{Report: rep, Culprits: t.culprits}, nil
		}
		if err := t.blame(died); err != nil {
			return Result{Culprits: t.culprits}, err
		}
	}
}

// try is the state of reading one layer over all attempts.
type try struct {
	pool     *Pool
	open     Open
	want     []string
	skip     []Skip
	culprits []Skip
	given    map[string]string // analysers given up, and why
	outside  Skip              // what was at work when a child was killed by someone else
}

// left returns the analysers that are not given up.
func (t *try) left() []string {
	return slices.DeleteFunc(slices.Clone(t.want), func(name string) bool {
		_, given := t.given[name]
		return given
	})
}

func (t *try) once(ctx context.Context) (*landwaiter.LayerReport, *death, error) {
	c, err := t.pool.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	req := request{Want: t.left(), Skip: slices.Concat(t.skip, t.culprits)}
	rep, died, err := c.read(ctx, t.pool.reader, t.open, req)
	select {
	case <-c.ended:
		c.close()
	default:
		t.pool.give(c)
	}
	return rep, died, err
}

// blame decides what the next attempt skips. An error means that there is no next
// attempt.
func (t *try) blame(d *death) error {
	at := d.at
	culprit := Skip{Path: at.path, Analyser: at.analyser, Reason: d.reason + "; the file was not read"}
	where := fmt.Sprintf("last in %.200s", at.path)
	if at.path == "" {
		culprit.Reason, where = d.reason+" after all files had been read; its findings are lost",
			"last after all files"
	}
	// The kernel when memory is short, or an administrator, may have killed it for
	// reasons that have nothing to do with the file. Twice in the same file is no
	// accident.
	if d.outside && t.outside != culprit {
		t.outside = culprit
		return nil
	}
	if at.analyser == "" || !slices.Contains(t.left(), at.analyser) {
		if d.outside {
			return landwaiter.Errorf(landwaiter.Unavailable, "the layer was not read: %s", d.reason)
		}
		return landwaiter.Errorf(d.kind, "the layer cannot be read: %s", d.reason)
	}
	t.outside = Skip{}
	if len(t.culprits) < maxDeaths && !slices.ContainsFunc(t.culprits, culprit.same) {
		t.culprits = append(t.culprits, culprit)
		return nil
	}
	// Too many deaths: give up the analysers that died, and continue with the rest.
	why := "the analyser failed too often in this layer, " + where + ": " + d.reason
	t.given[at.analyser] = why
	for _, c := range t.culprits {
		if _, given := t.given[c.Analyser]; !given {
			t.given[c.Analyser] = why
		}
	}
	if len(t.left()) == 0 {
		return landwaiter.Errorf(d.kind, "%s", why)
	}
	return nil
}

func (s Skip) same(o Skip) bool { return s.Path == o.Path && s.Analyser == o.Analyser }

// cover adds the coverage of analysers that were given up, in the order of want.
func (t *try) cover(rep *landwaiter.LayerReport) {
	for i, name := range t.want {
		if why, given := t.given[name]; given {
			rep.Coverage = slices.Insert(rep.Coverage, i, landwaiter.Coverage{
				Layer: rep.DiffID, Analyser: name, State: landwaiter.Failed, Reason: why,
			})
		}
	}
}

func joinReasons(reasons []string) string { return strings.Join(reasons, "; ") }
