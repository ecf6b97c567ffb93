package packages

import (
	"context"
	"fmt"
	"sync"
	"time"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/log"

	"github.com/landwaiter/landwaiter"
)

// Version is the version of the analyser: it changes whenever the same bytes
// would give other packages, which a new OSV-SCALIBR may do, too.
const Version = "4+scalibr0.5.3"

// fileTimeout bounds the time that one file may take. Extractors look at the
// context between records; the slowest honest file seen, a war of 300 MiB with
// nested jars, takes four seconds.
const fileTimeout = time.Minute

// Set holds the extractors of all formats. It is safe for concurrent use.
type Set struct {
	extractors map[*Format][]filesystem.Extractor
}

var quietOnce sync.Once

// New returns the set of all formats. It switches off the log of OSV-SCALIBR,
// a global: what matters of it comes back as errors.
func New() (*Set, error) {
	quietOnce.Do(func() { log.SetLogger(quiet{}) })
	s := &Set{extractors: map[*Format][]filesystem.Extractor{}}
	for _, f := range formats {
		for _, make := range f.scalibr {
			x, err := make(&cpb.PluginConfig{})
			if err != nil {
				return nil, landwaiter.Errorf(landwaiter.Internal, "package extractor: %w", err)
			}
			s.extractors[f] = append(s.extractors[f], x)
		}
	}
	return s, nil
}

// extract runs extractors over one file, each contained.
func extract(ctx context.Context, extractors []filesystem.Extractor, f *File) ([]landwaiter.Package, error) {
	var pkgs []landwaiter.Package
	var first error
	for _, e := range extractors {
		found, err := contain(ctx, e, f)
		pkgs = append(pkgs, found...)
		if first == nil {
			first = err
		}
	}
	return pkgs, first
}

// contain turns a panic of an extractor into an error: SCALIBR has no recover
// of its own, and the file is the attacker's.
func contain(ctx context.Context, e filesystem.Extractor, f *File) (pkgs []landwaiter.Package, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v", e.Name(), p)
		}
	}()
	inv, err := e.Extract(ctx, f.scanInput())
	for _, p := range inv.Packages {
		if converted, ok := convert(p, f.Path); ok {
			pkgs = append(pkgs, converted)
		}
	}
	return pkgs, err
}

// quiet is a SCALIBR logger that drops everything.
type quiet struct{}

func (quiet) Errorf(string, ...any) {}
func (quiet) Error(...any)          {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Warn(...any)           {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Info(...any)           {}
func (quiet) Debugf(string, ...any) {}
func (quiet) Debug(...any)          {}
