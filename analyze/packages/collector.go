package packages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxPackages bounds the packages of one layer: the largest images seen have
// 20,000, and half a million are 100 MiB.
const maxPackages = 500_000

var errPackages = fmt.Errorf("more than %d packages in one layer", maxPackages)

// Collector gathers the packages of one layer. It is not safe for concurrent use.
type Collector struct {
	set  *Set
	pkgs []landwaiter.Package
	seen map[landwaiter.Package]struct{}
	os   osFinder
	own  owners
}

// NewCollector returns an empty collector.
func (s *Set) NewCollector() *Collector {
	return &Collector{set: s, seen: map[landwaiter.Package]struct{}{}}
}

// File reads one file of a format other than None. An error is the file's own:
// what could be read of it is kept, and other files are not affected. The
// content is not used after the return.
func (c *Collector) File(ctx context.Context, format Format, f *File) error {
	if format == OSRelease {
		data, err := io.ReadAll(io.NewSectionReader(f.Data, 0, min(f.Size, maxOSRelease)))
		c.os.file(f.Path, data)
		return err
	}
	if format == RPMLog {
		if f.Size > 0 {
			return errors.New("the write-ahead log of the RPM database was not read; packages changed last may be missing")
		}
		return nil
	}
	if format == DpkgFiles {
		return c.own.dpkg(f)
	}
	pkgs, err := c.extract(ctx, format, f)
	slices.SortFunc(pkgs, byNameAndVersion) // some extractors walk a map
	for _, p := range pkgs {
		if _, dup := c.seen[p]; dup {
			continue
		}
		if len(c.pkgs) == maxPackages {
			return errPackages
		}
		c.seen[p] = struct{}{}
		c.pkgs = append(c.pkgs, p)
	}
	return err
}

// extract returns the packages of a file, and has the owners see the files that
// a package database lists.
func (c *Collector) extract(ctx context.Context, format Format, f *File) ([]landwaiter.Package, error) {
	switch format {
	case RPM:
		pkgs, err := readRPM(f, c.own.add)
		return pkgs, cmp.Or(err, c.own.err)
	case Apk:
		pkgs, err := c.set.extract(ctx, format, f)
		return pkgs, cmp.Or(err, c.own.apk(f))
	}
	return c.set.extract(ctx, format, f)
}

func byNameAndVersion(a, b landwaiter.Package) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Arch, b.Arch))
}

// Link takes note of a symbolic or hard link at a path, whose target is
// relative to the root of the layer for a hard link. It returns an error when a
// package database is reached through a link only.
func (c *Collector) Link(at, to []byte, hard bool) error {
	format := FormatOf(at)
	if format != OSRelease && format != Dpkg && format != Apk && format != RPM {
		return nil
	}
	target := string(to)
	if !hard && !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir("/"+string(at)), target)
	}
	target = strings.TrimPrefix(path.Clean("/"+target), "/")
	if format == OSRelease {
		c.os.link(string(at), target)
		return nil
	}
	if FormatOf(target) == format {
		return nil // read under its own name
	}
	return fmt.Errorf("package database is a link to %q, which was not read", target)
}

// Packages returns the packages found, each once: the files in the order of the
// tar, the packages of a file by name. A package in a file that a distribution
// package of the layer installed has it as its owner.
func (c *Collector) Packages() []landwaiter.Package {
	c.own.settle(c.pkgs)
	return c.pkgs
}

// OS returns what the layer says of the distribution, and in which file; zero
// when it says nothing.
func (c *Collector) OS() (landwaiter.OSRelease, string) { return c.os.find() }
