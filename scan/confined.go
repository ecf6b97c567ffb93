package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/confine"
)

// Child enables this program to read layers in a child process. main must call it
// before anything else. In the child it does not return.
func Child() {
	confine.Child(func(s confine.Setup) (confine.Analyse, error) {
		o := analyze.Options{SpoolFile: s.Spool}
		for _, list := range s.Files {
			o.HashLists = append(o.HashLists, fmt.Sprintf("/dev/fd/%d", list.Fd()))
		}
		suite, err := analyze.New(o)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, blob io.Reader, job confine.Job) (*landwaiter.LayerReport, error) {
			return suite.Watched(ctx, blob, job.Want, analyze.Watch{Mark: job.Mark, Skipped: job.Skipped})
		}, nil
	})
}

// reader reads the layers of one image: in confined children, or in this process
// if confinement is off or not available.
type reader struct {
	scanner *Scanner
	pool    *confine.Pool // nil: in process
}

func (s *Scanner) newReader() *reader {
	r := &reader{scanner: s}
	if s.Confine != nil && s.Confine.Mode != confine.Off {
		r.pool = s.Confine.NewPool()
	}
	return r
}

func (r *reader) close() {
	if r.pool != nil {
		r.pool.Close()
	}
}

// layer analyses the blob that open opens.
func (r *reader) layer(ctx context.Context, open confine.Open, names []string) (*landwaiter.LayerReport, error) {
	if r.pool == nil {
		return r.inProcess(ctx, open, names)
	}
	res, err := r.pool.Layer(ctx, open, names, nil)
	for _, c := range res.Culprits {
		r.scanner.Log.Warn("a file was skipped because its parser failed",
			"path", c.Path, "analyser", c.Analyser, "reason", c.Reason)
	}
	if errors.Is(err, confine.ErrUnavailable) && r.scanner.Confine.Mode == confine.Prefer {
		r.scanner.unconfined.Do(func() { r.scanner.Log.Warn("layers are read in process", "reason", err) })
		return r.inProcess(ctx, open, names)
	}
	return res.Report, err
}

func (r *reader) inProcess(ctx context.Context, open confine.Open, names []string) (*landwaiter.LayerReport, error) {
	blob, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	return r.scanner.Suite.Layer(ctx, blob, names)
}

// confinement returns how far the reading of the unknown layers was confined, and
// why not further.
func (r *reader) confinement() (level, reason string) {
	if r.pool == nil {
		return string(confine.None), "confinement is off: layers are read in process"
	}
	s := r.pool.Status()
	return string(s.Level), strings.Join(s.Reasons, "; ")
}
