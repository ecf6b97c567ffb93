package analyze

import (
	"context"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/analyze/malware"
	"github.com/landwaiter/landwaiter/analyze/packages"
	"github.com/landwaiter/landwaiter/analyze/secret"
	"github.com/landwaiter/landwaiter/layer"
)

// The names of the analysers.
const (
	Packages = "packages"
	Malware  = "malware"
	Secrets  = "secrets"
	Files    = "files"
)

// Options configure an Engine. The zero value is usable.
type Options struct {
	// Spool is the directory for unlinked temporary files; "" means the
	// system's. It needs room for the largest file of a layer that is read by
	// random access, at most 1 GiB, for each concurrent call of Layer.
	Spool string
	// HashLists are files of known-bad digests; see package malware.
	HashLists []string
	// Limits bound a layer; zero fields mean the defaults.
	Limits layer.Limits
}

// Engine holds the analysers. It is built once and safe for concurrent use.
type Engine struct {
	spool    string
	limits   layer.Limits
	packages *packages.Set
	malware  *malware.Detector
	buffers  sync.Pool // of *buffer
}

// New builds an engine. It fails when a hash list cannot be read (NotFound,
// Invalid) or the spool directory is none (Invalid).
func New(o Options) (*Engine, error) {
	if o.Spool == "" {
		o.Spool = os.TempDir()
	}
	if info, err := os.Stat(o.Spool); err != nil || !info.IsDir() {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "spool %s is not a directory: create it or name another", o.Spool)
	}
	set, err := packages.New()
	if err != nil {
		return nil, err
	}
	detector, err := malware.New(o.HashLists...)
	if err != nil {
		return nil, err
	}
	return &Engine{
		spool: o.Spool, limits: o.Limits, packages: set, malware: detector,
		buffers: sync.Pool{New: func() any { return new(buffer) }},
	}, nil
}

// Analysers returns the layer analysers, with the versions that their stored
// results are kept under. Packages serve two kinds of scan: vulnerabilities,
// and malicious packages.
func (e *Engine) Analysers() []landwaiter.Analyser {
	return []landwaiter.Analyser{
		{Name: Packages, Version: packages.Version, Kind: landwaiter.ScanVul | landwaiter.ScanVirus},
		{Name: Malware, Version: e.malware.Version(), Kind: landwaiter.ScanVirus},
		{Name: Secrets, Version: secret.Version, Kind: landwaiter.ScanRisk},
		{Name: Files, Version: config.FileVersion, Kind: landwaiter.ScanRisk},
	}
}

// Layer reads one layer and runs the wanted analysers over it, all when want is
// empty. The report has the digests of what was read, which the caller compares
// with those it expects. What goes wrong within a file is coverage, not an
// error. Errors: Invalid for an unknown analyser, Corrupt, TooLarge and
// Unsupported for the layer, Unavailable when the blob or the spool fails or
// ctx ends.
func (e *Engine) Layer(ctx context.Context, blob io.Reader, want []string) (*landwaiter.LayerReport, error) {
	p, err := e.newPass(ctx, want)
	if err != nil {
		return nil, err
	}
	defer p.close()
	r, err := layer.NewReader(blob, e.limits)
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
		if err := p.entry(r, entry); err != nil {
			return nil, err
		}
	}
	sum, err := r.Finish()
	if err != nil {
		return nil, err
	}
	return p.report(sum, r.Index()), nil
}

// ended gives a context's error a kind.
func ended(err error) error {
	return landwaiter.Errorf(landwaiter.Unavailable, "the analysis of the layer was stopped: %w", err)
}

// wanted checks the names of analysers; none means all.
func (e *Engine) wanted(want []string) ([]string, error) {
	var all []string
	for _, a := range e.Analysers() {
		all = append(all, a.Name)
	}
	if len(want) == 0 {
		return all, nil
	}
	for _, name := range want {
		if !slices.Contains(all, name) {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "no analyser %q: there are %q", name, all)
		}
	}
	return want, nil
}
