package packages

import (
	"context"
	"fmt"
	"sync"
	"time"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/cpp/conanlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dart/pubspec"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/depsjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packagesconfig"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packageslockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/paketlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/projectassetsjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/elixir/mixlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	"github.com/google/osv-scalibr/extractor/filesystem/language/haskell/cabal"
	"github.com/google/osv-scalibr/extractor/filesystem/language/haskell/stacklock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/archive"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/bunlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagejson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagelockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/pnpmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/yarnlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/julia/manifesttoml"
	"github.com/google/osv-scalibr/extractor/filesystem/language/php/composerlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pdmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pipfilelock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/poetrylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/requirements"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/uvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/wheelegg"
	"github.com/google/osv-scalibr/extractor/filesystem/language/r/renvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/ruby/gemfilelock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/ruby/gemspec"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargoauditable"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargolock"
	"github.com/google/osv-scalibr/extractor/filesystem/os/apk"
	"github.com/google/osv-scalibr/extractor/filesystem/os/dpkg"
	"github.com/google/osv-scalibr/extractor/filesystem/os/pacman"
	"github.com/google/osv-scalibr/log"

	"github.com/landwaiter/landwaiter"
)

// Version is the version of the analyser: it changes whenever the same bytes
// would give other packages, which a new OSV-SCALIBR may do, too.
const Version = "3+scalibr0.5.3"

// fileTimeout bounds the time that one file may take. Extractors look at the
// context between records; the slowest honest file seen, a war of 300 MiB with
// nested jars, takes four seconds.
const fileTimeout = time.Minute

// Set is a set of extractors. It is safe for concurrent use.
type Set struct {
	extractors map[Format][]filesystem.Extractor
}

// readers are the extractors of SCALIBR that we use; formats that are not
// among them are read by our own code. Two of a format both read a file.
var readers = []struct {
	format Format
	make   func(*cpb.PluginConfig) (filesystem.Extractor, error)
	config *cpb.PluginConfig // nil means the defaults
}{
	{format: Dpkg, make: dpkg.New},
	{format: Apk, make: apk.New},
	{format: Pacman, make: pacman.New},
	{format: NPMPackage, make: packagejson.New},
	{format: NPMLock, make: packagelockjson.New},
	{format: YarnLock, make: yarnlock.New},
	{format: PNPMLock, make: pnpmlock.New},
	{format: BunLock, make: bunlock.New},
	{format: PythonMetadata, make: wheelegg.New},
	{format: PythonArchive, make: wheelegg.New},
	{format: Requirements, make: requirements.New},
	{format: PoetryLock, make: poetrylock.New},
	{format: PipfileLock, make: pipfilelock.New},
	{format: UVLock, make: uvlock.New},
	{format: PDMLock, make: pdmlock.New},
	{format: PyLock, make: pylock.New},
	{format: JavaArchive, make: archive.New, config: javaConfig()},
	{format: Gemspec, make: gemspec.New},
	{format: GemfileLock, make: gemfilelock.New},
	{format: CargoLock, make: cargolock.New},
	{format: ComposerLock, make: composerlock.New},
	{format: NuGetDeps, make: depsjson.New},
	{format: NuGetLock, make: packageslockjson.New},
	{format: PaketLock, make: paketlock.New},
	{format: ProjectAssets, make: projectassetsjson.New},
	{format: PackagesConfig, make: packagesconfig.New},
	{format: MixLock, make: mixlock.New},
	{format: PubLock, make: pubspec.New},
	{format: JuliaManifest, make: manifesttoml.New},
	{format: RLock, make: renvlock.New},
	{format: StackLock, make: stacklock.New},
	{format: CabalFreeze, make: cabal.New},
	{format: ConanLock, make: conanlock.New},
	{format: Executable, make: gobinary.New},
	{format: Executable, make: cargoauditable.New},
}

// ownReaders read what SCALIBR does not, or not as far as we want.
var ownReaders = map[Format]func(*File) ([]landwaiter.Package, error){
	Chisel: readChisel, Conda: readConda, ComposerInstalled: readComposerInstalled, RDescription: readRDescription,
	OTPApp: readOTPApp, RebarLock: readRebarLock, GoVersion: readGoVersion, Bitnami: readBitnami, GHCPackage: readGHCPackage,
	OpamState: readOpamState, DenoLock: readDenoLock, SwiftResolved: readSwiftResolved,
}

// javaConfig leaves nested archives to us, and the hashes out.
func javaConfig() *cpb.PluginConfig {
	off := false
	return &cpb.PluginConfig{PluginSpecific: []*cpb.PluginSpecificConfig{{
		Config: &cpb.PluginSpecificConfig_JavaArchive{JavaArchive: &cpb.JavaArchiveConfig{
			MaxZipDepth: 1, MaxOpenedBytes: maxBinary, HashJars: &off,
		}},
	}}}
}

var quietOnce sync.Once

// New returns the set of all extractors. It switches off the log of OSV-SCALIBR,
// a global: what matters of it comes back as errors.
func New() (*Set, error) {
	quietOnce.Do(func() { log.SetLogger(quiet{}) })
	s := &Set{extractors: map[Format][]filesystem.Extractor{}}
	for _, r := range readers {
		config := r.config
		if config == nil {
			config = &cpb.PluginConfig{}
		}
		x, err := r.make(config)
		if err != nil {
			return nil, landwaiter.Errorf(landwaiter.Internal, "package extractor: %w", err)
		}
		s.extractors[r.format] = append(s.extractors[r.format], x)
	}
	return s, nil
}

// extract returns the packages that one file names. With an error it returns
// those that could be read all the same.
func (s *Set) extract(ctx context.Context, format Format, f *File) ([]landwaiter.Package, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	if read := ownReaders[format]; read != nil {
		return read(f)
	}
	switch format {
	case JavaArchive:
		return s.extractJava(ctx, f)
	case PythonArchive:
		if err := checkZip(f); err != nil {
			return nil, err
		}
	case NPMPackage:
		return s.extractNPM(ctx, f)
	case Executable:
		return s.extractExecutable(ctx, f)
	}
	return s.run(ctx, s.extractors[format], f)
}

// run runs extractors over one file, each contained.
func (s *Set) run(ctx context.Context, extractors []filesystem.Extractor, f *File) ([]landwaiter.Package, error) {
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
