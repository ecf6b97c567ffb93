package analyze

import (
	"context"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/layer"
)

// Options configure a Suite. The zero value is usable.
type Options struct {
	// Spool is the directory for unlinked temporary files; "" means the
	// system's. It needs room for the largest file of a layer that is read by
	// random access, at most 1 GiB, for each concurrent call of Layer.
	Spool string
	// SpoolFile, if not nil, is used instead of Spool. Calls of Layer must then
	// not be concurrent. The file stays open.
	SpoolFile *os.File
	// HashLists are files of known-bad digests; see package malware.
	HashLists []string
	// Limits bound a layer; zero fields mean the defaults.
	Limits layer.Limits
}

// Suite holds the analysers. It is built once and safe for concurrent use.
type Suite struct {
	spool     string
	file      *os.File // Options.SpoolFile
	limits    layer.Limits
	free      int64 // as freeBytes
	analysers []analysis.Analyser
	buffers   sync.Pool // of *buffer
}

// New builds a suite. It fails when a hash list cannot be read (NotFound,
// Invalid) or the spool directory is none (Invalid).
func New(o Options) (*Suite, error) {
	var analysers []analysis.Analyser
	for _, newAnalyser := range makers {
		a, err := newAnalyser(o)
		if err != nil {
			return nil, err
		}
		analysers = append(analysers, a)
	}
	return suiteOf(o, analysers)
}

func suiteOf(o Options, analysers []analysis.Analyser) (*Suite, error) {
	if o.Spool == "" {
		o.Spool = os.TempDir()
	}
	if info, err := os.Stat(o.Spool); o.SpoolFile == nil && (err != nil || !info.IsDir()) {
		return nil, landwaiter.Errorf(landwaiter.Invalid,
			"spool %s is not a directory: create it or choose another one", o.Spool)
	}
	return &Suite{
		spool: o.Spool, file: o.SpoolFile, limits: o.Limits, free: freeBytes, analysers: analysers,
		buffers: sync.Pool{New: func() any { return new(buffer) }},
	}, nil
}

// Analysers returns the analysers with the versions under which their results are
// stored.
func (s *Suite) Analysers() []landwaiter.Analyser {
	out := make([]landwaiter.Analyser, len(s.analysers))
	for i, a := range s.analysers {
		out[i] = a.Describe()
	}
	return out
}

// Watch observes and controls the reading of a layer. The zero value does nothing.
type Watch struct {
	// Mark, if not nil, is called when an analyser starts on a file of size bytes,
	// and with an empty analyser when it is done. The path is only valid during
	// the call. It is empty when an analyser finishes the layer as a whole.
	Mark func(path []byte, analyser string, size int64)
	// Skipped, if not nil, reports whether an analyser must skip a file, and the
	// reason for the coverage.
	Skipped func(path []byte, analyser string) (reason string, skip bool)
}

// Layer reads one layer and runs the wanted analysers over it, all when want is
// empty. The report has the digests of what was read, which the caller compares
// with those it expects. What goes wrong within a file is coverage, not an
// error. So is a limit, or a broken stream, after the first entry: what was found
// before it is reported, and Cut of the report is set if its digest is not known.
// Errors: Invalid for an unknown analyser, Corrupt, TooLarge and Unsupported for a
// layer without a single entry that can be read, Unavailable when the blob or the
// spool fails or ctx ends.
func (s *Suite) Layer(ctx context.Context, blob io.Reader, want []string) (*landwaiter.LayerReport, error) {
	return s.Watched(ctx, blob, want, Watch{})
}

// Watched is like [Suite.Layer] with a Watch.
func (s *Suite) Watched(
	ctx context.Context, blob io.Reader, want []string, watch Watch,
) (*landwaiter.LayerReport, error) {
	p, err := s.newPass(ctx, want, watch)
	if err != nil {
		return nil, err
	}
	defer p.close()
	r, err := layer.NewReader(blob, s.limits)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p.budget.taken = r.Taken
	cut := p.walk(r)
	if cut != nil && !isOfLayer(cut) {
		return nil, cut
	}
	sum, err := r.Finish()
	if err != nil && !isOfLayer(err) {
		return nil, err
	}
	if cut == nil {
		cut = err
	}
	if cut != nil && sum.Entries == 0 {
		return nil, cut
	}
	rep := p.report(sum, r.Index(), cut)
	if err != nil {
		rep.Cut = err.Error()
	}
	return rep, nil
}

// walk shows all entries of the layer to the runs.
func (p *pass) walk(r *layer.Reader) error {
	for {
		if err := p.ctx.Err(); err != nil {
			return ended(err)
		}
		entry, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = p.visit(r, entry)
		}
		if err != nil {
			return err
		}
	}
}

// isOfLayer reports whether an error is one of the bytes of the layer, after
// which what was found before counts.
func isOfLayer(err error) bool {
	kind := landwaiter.KindOf(err)
	return kind == landwaiter.Corrupt || kind == landwaiter.TooLarge
}

// ended returns a context's error as Unavailable.
func ended(err error) error {
	return landwaiter.Errorf(landwaiter.Unavailable, "the analysis of the layer was stopped: %w", err)
}

// wanted returns the analysers with the names in want, in the order of the suite; all
// of them if want is empty.
func (s *Suite) wanted(want []string) ([]analysis.Analyser, error) {
	if len(want) == 0 {
		return s.analysers, nil
	}
	var names []string
	var out []analysis.Analyser
	for _, a := range s.analysers {
		name := a.Describe().Name
		names = append(names, name)
		if slices.Contains(want, name) {
			out = append(out, a)
		}
	}
	for _, name := range want {
		if !slices.Contains(names, name) {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "no analyser %q: there are %q", name, names)
		}
	}
	return out, nil
}
