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
	analysers []analysis.Analyser
	buffers   sync.Pool // of *buffer
}

// New returns a Suite with all analysers. It fails if a hash list cannot be read
// (NotFound, Invalid), or if Spool is not a directory (Invalid).
func New(o Options) (*Suite, error) {
	var analysers []analysis.Analyser
	for _, make := range makers {
		a, err := make(o)
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
		spool: o.Spool, file: o.SpoolFile, limits: o.Limits, analysers: analysers,
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

// Layer reads one layer and runs the wanted analysers over it; all of them if want is
// empty. The caller must compare the digests in the report, which are those of what
// was read, with the expected ones. A failure within a file is not an error but goes
// to the coverage. Layer returns Invalid for an unknown analyser, Corrupt, TooLarge or
// Unsupported for a layer that cannot be read, and Unavailable if reading the blob or
// writing the spool fails or ctx ends.
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
	for {
		if err := ctx.Err(); err != nil {
			return nil, ended(err)
		}
		entry, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := p.visit(r, entry); err != nil {
			return nil, err
		}
	}
	sum, err := r.Finish()
	if err != nil {
		return nil, err
	}
	return p.report(sum, r.Index()), nil
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
