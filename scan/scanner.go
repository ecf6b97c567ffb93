package scan

import (
	"context"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/confine"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

// layersAtOnce is how many layers of one image are read concurrently: enough to
// overlap inflating and analysing on two cores. A scan needs the memory of that
// many layers (see package analyze).
const layersAtOnce = 2

// Scanner scans single images. It is safe for concurrent use; scans that need
// the same layer at once read it once.
type Scanner struct {
	Store Store
	Suite *analyze.Suite
	Log   *slog.Logger
	// Confine, if not nil, starts the confined children that read the layers.
	// The analysers of Child must be the same as those of Suite.
	Confine *confine.Reader

	flights    flights
	facts      factsCache
	purls      purlCache
	slots      chan struct{} // layers read at once, over all images
	once       sync.Once
	unconfined sync.Once // a warning
}

// Options of one scan.
type Options struct {
	Kinds landwaiter.ScanKind
	// Layer, if not nil, is called when a layer is done. Known reports whether
	// it did not have to be read. Calls may come from several goroutines.
	Layer func(ref landwaiter.LayerRef, known bool)
	// Commit, if not nil, is called in the transaction that stores the report.
	// It decides whether write is called; see [store.Reports.Commit].
	Commit func(ctx context.Context, tx store.TaskTx, rep *landwaiter.Report, write func() (risky bool, err error)) error
}

// Scan reads the layers of the image that are not known yet, and stores and returns
// its report. The image itself must be in the store ([store.Images.Put]).
//
// A layer that cannot be read, or that does not match its digest, becomes a
// coverage entry of the report. Scan returns an error only if that happens to
// every layer, or if the source does not answer.
func (s *Scanner) Scan(ctx context.Context, img source.Image, opts Options) (*landwaiter.Report, error) {
	desc := img.Describe()
	want := s.Analysers(opts.Kinds)
	rep := &landwaiter.Report{
		Image: desc, Kinds: opts.Kinds, Analysers: s.AnalyserVersions(),
		ScanTime: time.Now().UTC().Truncate(time.Millisecond), Known: map[string]bool{}, Cut: map[string]bool{},
	}
	read, err := s.readLayers(ctx, img, want, opts, rep)
	if err != nil {
		return nil, err
	}
	layers, err := s.layerReports(ctx, desc, want, read)
	if err != nil {
		return nil, err
	}
	if err := s.assemble(ctx, rep, layers); err != nil {
		return nil, err
	}
	rep.Image = history.Image(rep.Image) // its secrets are judged: from here on they are masked
	if rep.Base, err = s.Store.Images.Base(ctx, desc); err != nil {
		return nil, err
	}
	var around func(store.TaskTx, func() (bool, error)) error
	if opts.Commit != nil {
		around = func(tx store.TaskTx, write func() (bool, error)) error { return opts.Commit(ctx, tx, rep, write) }
	}
	if err := s.Store.Reports.Commit(ctx, rep, Matcher, around); err != nil {
		return nil, err
	}
	return rep, nil
}

// AnalyserVersions names all analysers and the rules on image configurations, with
// their versions: two scans with the same name find the same in the same image.
// It is stored with each scan; an image whose last scan has another name is
// recommended for the next one.
func (s *Scanner) AnalyserVersions() string {
	var parts []string
	for _, a := range s.Suite.Analysers() {
		parts = append(parts, a.Name+"@"+a.Version)
	}
	parts = append(parts, landwaiter.AnalyserConfig+"@"+config.Version)
	return strings.Join(parts, " ")
}

// Analysers returns the analysers that the kinds of scan need, sorted by name.
func (s *Scanner) Analysers(kinds landwaiter.ScanKind) []landwaiter.Analyser {
	var want []landwaiter.Analyser
	for _, a := range s.Suite.Analysers() {
		if a.Kind&kinds != 0 {
			want = append(want, a)
		}
	}
	slices.SortFunc(want, func(a, b landwaiter.Analyser) int { return strings.Compare(a.Name, b.Name) })
	return want
}

// layersRead holds the results of reading the unknown layers, by diffID.
type layersRead struct {
	mu     sync.Mutex
	fresh  map[string]*landwaiter.LayerReport
	cut    map[string]*landwaiter.LayerReport // as fresh, but of this image alone
	failed map[string]error                   // permanently
}

// readLayers reads the unknown layers concurrently. A transient failure ends the
// scan, so that a retry reads the layer.
func (s *Scanner) readLayers(
	ctx context.Context, img source.Image, want []landwaiter.Analyser, opts Options, rep *landwaiter.Report,
) (*layersRead, error) {
	// Twice the number of cores: a slow registry occupies a slot without using one.
	s.once.Do(func() { s.slots = make(chan struct{}, 2*max(layersAtOnce, runtime.GOMAXPROCS(0))) })
	missing, err := s.Store.Layers.Missing(ctx, diffIDs(rep.Layers), want)
	if err != nil {
		return nil, err
	}
	reader := s.newReader()
	defer reader.close()
	read := &layersRead{
		fresh: map[string]*landwaiter.LayerReport{}, cut: map[string]*landwaiter.LayerReport{}, failed: map[string]error{},
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(layersAtOnce)
	for i, ref := range rep.Layers {
		g.Go(func() error {
			known, err := len(missing[ref.DiffID]) == 0, error(nil)
			var fresh *landwaiter.LayerReport
			if !known {
				fresh, known, err = s.readLayer(gctx, reader, img, i, ref, want)
			}
			if err != nil && !isPermanent(err) {
				return err
			}
			read.mu.Lock()
			defer read.mu.Unlock()
			switch {
			case err != nil:
				read.failed[ref.DiffID] = err
			case known:
				rep.Known[ref.DiffID] = true
			case fresh != nil && fresh.Cut != "":
				read.cut[ref.DiffID] = fresh
			case fresh != nil:
				read.fresh[ref.DiffID] = fresh
			}
			if opts.Layer != nil {
				opts.Layer(ref, known)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if len(rep.Known) < distinct(rep.Layers) {
		rep.Confinement, rep.ConfinementReason = reader.confinement()
	}
	if n := len(rep.Layers); n > 0 && len(read.failed) == distinct(rep.Layers) {
		return nil, read.failed[rep.Layers[0].DiffID]
	}
	return read, nil
}

// isPermanent reports whether an error is caused by the layer itself, so that the
// scan can continue without it.
func isPermanent(err error) bool {
	switch landwaiter.KindOf(err) {
	case landwaiter.Corrupt, landwaiter.TooLarge, landwaiter.Unsupported, landwaiter.NotFound:
		return true
	}
	return false
}

func diffIDs(refs []landwaiter.LayerRef) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.DiffID
	}
	return out
}

func distinct(refs []landwaiter.LayerRef) int {
	ids := diffIDs(refs)
	slices.Sort(ids)
	return len(slices.Compact(ids))
}

// layerReports returns the facts of all layers, bottom first: those that were just
// read, or else those in the store. For a layer that failed it returns an empty
// report with coverage.
func (s *Scanner) layerReports(
	ctx context.Context, desc landwaiter.Image, want []landwaiter.Analyser, read *layersRead,
) ([]*landwaiter.LayerReport, error) {
	out := make([]*landwaiter.LayerReport, len(desc.Layers))
	for i, ref := range desc.Layers {
		if why := read.failed[ref.DiffID]; why != nil {
			out[i] = failedLayer(ref.DiffID, want, why)
			continue
		}
		if out[i] = read.cut[ref.DiffID]; out[i] != nil {
			continue
		}
		rep, err := s.facts.get(ref.DiffID, want, func() (*landwaiter.LayerReport, error) {
			if fresh := read.fresh[ref.DiffID]; fresh != nil {
				return fresh, nil
			}
			return s.Store.Layers.Report(ctx, ref.DiffID, want)
		})
		if err != nil {
			return nil, err
		}
		out[i] = rep
	}
	return out, nil
}

func failedLayer(diffID string, want []landwaiter.Analyser, why error) *landwaiter.LayerReport {
	rep := &landwaiter.LayerReport{DiffID: diffID}
	for _, a := range want {
		rep.Coverage = append(rep.Coverage, landwaiter.Coverage{
			Layer: diffID, Analyser: a.Name, State: landwaiter.Failed, Reason: why.Error(),
		})
	}
	return rep
}

// assemble merges the layers into the report.
func (s *Scanner) assemble(ctx context.Context, rep *landwaiter.Report, layers []*landwaiter.LayerReport) error {
	merged, err := layer.Merge(ctx, layers)
	if err != nil {
		return err
	}
	rep.Distro = merged.OS
	merged.Packages = takeContentSets(merged.Packages, merged.OS)
	shareOrigins(merged.Packages)
	if err := s.nameSources(ctx, merged.Packages, merged.OS); err != nil {
		return err
	}
	judged, err := s.judgedOwners(ctx, merged.Packages, merged.OS)
	if err != nil {
		return err
	}
	rep.Packages = s.identify(merged.Packages, merged.OS, judged)
	rep.Malware, rep.Risks = merged.Malware, merged.Risks
	for _, l := range layers {
		if l.Cut != "" {
			rep.Cut[l.DiffID] = true
		}
		rep.Coverage = append(rep.Coverage, l.Coverage...)
	}
	rep.Coverage = append(rep.Coverage, landwaiter.Limits(s.Suite.Analysers(), rep.Kinds)...)
	if rep.Kinds.Has(landwaiter.ScanRisk) {
		risks, err := s.imageRisks(ctx, rep)
		if err != nil {
			return err
		}
		rep.Risks = append(risks, rep.Risks...)
	}
	return nil
}
