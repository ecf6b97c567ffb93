package packages

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Version is the version of the analyser: it changes whenever the same bytes
// would give other packages.
const Version = "5"

// fileTimeout bounds the time that one file may take. Readers look at the context
// between records; the slowest honest file seen, a war of 300 MiB with nested
// jars, takes four seconds.
const fileTimeout = time.Minute

const (
	// maxPackages bounds the packages of one layer: the largest images seen have
	// 20,000, and half a million are 100 MiB.
	maxPackages = 500_000
	// maxPackagesText bounds their names, versions and the like, in bytes: 300
	// for each, where 50 are usual.
	maxPackagesText = 150 << 20
)

var errPackages = fmt.Errorf("more than %d packages in one layer, or %d bytes of names", maxPackages, maxPackagesText)

// Collector gathers the packages of one layer. It is not safe for concurrent use.
type Collector struct {
	all found
	os  osFinder
	own owners
}

// NewCollector returns an empty collector.
func NewCollector() *Collector {
	return &Collector{all: found{max: maxPackages, maxText: maxPackagesText}}
}

// File reads one file of a format. An error is the file's own: what could be
// read of it is kept, and other files are not affected. The content is not used
// after the return.
func (c *Collector) File(ctx context.Context, format *Format, f *File) error {
	pkgs, err := c.read(ctx, format, f)
	slices.SortFunc(pkgs, compare) // some readers walk a map
	c.all.pkgs = slices.Grow(c.all.pkgs, min(len(pkgs), maxPackages-len(c.all.pkgs)))
	for _, p := range pkgs {
		if c.all.add(p) != nil {
			return errPackages
		}
	}
	return err
}

func (c *Collector) read(ctx context.Context, format *Format, f *File) ([]landwaiter.Package, error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	return format.read(ctx, input{File: f, collector: c})
}

// compare orders the packages of one file.
func compare(a, b landwaiter.Package) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Arch, b.Arch),
		strings.Compare(a.Type, b.Type), strings.Compare(a.SourceName, b.SourceName),
		strings.Compare(a.SourceVersion, b.SourceVersion), strings.Compare(a.Modularity, b.Modularity))
}

// Link takes note of a symbolic or hard link at a path, whose target is
// relative to the root of the layer for a hard link. It returns an error when a
// package database is reached through a link only.
func (c *Collector) Link(at, to []byte, hard bool) error {
	format := FormatOf(at)
	if format.link == nil {
		return nil
	}
	target := string(to)
	if !hard && !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir("/"+string(at)), target)
	}
	return format.link(c, string(at), strings.TrimPrefix(path.Clean("/"+target), "/"))
}

// linkDatabase is about a package database that is a link.
func linkDatabase(_ *Collector, at, target string) error {
	if FormatOf(target) == FormatOf(at) {
		return nil // read under its own name
	}
	return fmt.Errorf("package database is a link to %q, which was not read", target)
}

// Packages returns the packages found, each once: the files in the order of the
// tar, the packages of a file by name. A package in a file that a distribution
// package of the layer installed has it as its owner.
func (c *Collector) Packages() []landwaiter.Package {
	c.own.settle(c.all.pkgs)
	return c.all.pkgs
}

// OS returns what the layer says of the distribution, and in which file; zero
// when it says nothing.
func (c *Collector) OS() (landwaiter.OSRelease, string) { return c.os.find() }
