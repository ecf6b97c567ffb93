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

	names      names
	unread     unread
	nameless   []nameless
	managed    managed
	lastRoot   []byte            // of the store of Nix: files come one after the other
	directURLs map[string]string // origins, by the directory of the metadata
}

// NewCollector returns an empty collector.
func NewCollector() *Collector {
	return &Collector{all: found{max: maxPackages, maxText: maxPackagesText}}
}

// File reads one file of a format. An error is the file's own: what could be
// read of it is kept, and other files are not affected. The content is not used
// after the return.
func (c *Collector) File(ctx context.Context, format *Format, f *File) error {
	from := int32(len(c.all.pkgs))
	defer func() {
		c.names.remember(f.Path, namedFile{format: format, from: from, to: int32(len(c.all.pkgs))})
	}()
	if format.name == depsFormat {
		c.managed.describe(f.Path)
	}
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

// Keep takes a file whose name says nothing, for the hard links to it that may
// follow. There is a limit, beyond which it is not kept.
func (c *Collector) Keep(f *File) { c.names.keep(f) }

// ByPath takes what the path of a file alone tells, when its format is one of
// which the content is not looked at. Otherwise it does nothing and returns false.
func (c *Collector) ByPath(format *Format, path []byte) (taken bool, err error) {
	switch {
	case format.byPath != nil:
		err = format.byPath(c, path)
	case format.unread != "":
		c.unread.add(format.unread, format.advised, path)
	default:
		return false, nil
	}
	return true, err
}

// compare orders the packages of one file.
func compare(a, b landwaiter.Package) int {
	return cmp.Or(
		strings.Compare(a.Name, b.Name),
		strings.Compare(a.Version, b.Version),
		strings.Compare(a.Arch, b.Arch),
		strings.Compare(a.Type, b.Type),
		strings.Compare(a.SourceName, b.SourceName),
		strings.Compare(a.SourceVersion, b.SourceVersion),
		strings.Compare(a.Modularity, b.Modularity),
	)
}

// Link takes note of a symbolic link. Its target is relative to its directory. It
// returns an error when a package database is reached through a link only.
func (c *Collector) Link(at, to []byte) error {
	format, databases := FormatOf(at), databaseDirs[string(at)]
	if format.link == nil && databases == "" {
		return nil
	}
	target := string(to)
	if !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir("/"+string(at)), target)
	}
	target = strings.TrimPrefix(path.Clean("/"+target), "/")
	if databases != "" && FormatOf(target+"/"+databases) != FormatOf(string(at)+"/"+databases) {
		return fmt.Errorf("the directory of the package database is a link to %q, which was not read", target)
	}
	if format.link != nil {
		return format.link(c, string(at), target)
	}
	return nil
}

// databaseDirs are the directories of package databases, with a file in each.
var databaseDirs = map[string]string{
	"var/lib/dpkg": "status", "var/lib/rpm": "rpmdb.sqlite", "usr/lib/sysimage/rpm": "rpmdb.sqlite",
	"usr/share/rpm": "rpmdb.sqlite", "lib/apk/db": "installed", "lib/apk": "db/installed",
	"usr/lib/apk/db": "installed", "usr/lib/apk": "db/installed", "var/lib/pacman": "local/a/desc",
	"var/lib/pacman/local": "a/desc", "var/db/pkg": "a/b-1/PF", "var/lib": "dpkg/status", "var": "lib/dpkg/status",
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
// package of the layer installed has it as its owner; of programs, only those are
// left that no package installed.
func (c *Collector) Packages() []landwaiter.Package {
	c.own.settle(c.all.pkgs)
	unlisted := c.unlisted()
	c.all.pkgs = slices.DeleteFunc(c.all.pkgs, func(p landwaiter.Package) bool {
		return p.Type == genericType && (p.Owner != "" || unlisted && isSystemPath(p.Path))
	})
	c.settleDirectURLs()
	return c.all.pkgs
}

// Unread returns what was recognised in the layer and not read: first what OSV has
// advisories for, then what is of interest for the inventory alone.
func (c *Collector) Unread() (advised, others []string) {
	u := c.unread
	u.kinds = slices.Clone(u.kinds)
	unlisted := c.unlisted()
	for _, n := range c.nameless {
		owned := c.own.has(n.path) || unlisted && isSystemPath(n.path)
		if !owned && !c.knows(n.name) {
			u.add("the version of "+n.name, n.advised, []byte(n.path))
		}
	}
	for _, file := range c.managed.alone() {
		u.add(unreadAssemblies, true, []byte(file))
	}
	apk := slices.ContainsFunc(c.all.pkgs, func(p landwaiter.Package) bool { return p.Type == "apk" })
	for _, k := range u.kinds {
		switch {
		case k.what == apkoSBOM && apk:
		case k.advised:
			advised = append(advised, k.String())
		default:
			others = append(others, k.String())
		}
	}
	return advised, others
}

// unlisted reports whether the distribution's packages of the layer do not say
// which files they installed, as in distroless images of Azure Linux.
func (c *Collector) unlisted() bool {
	return c.own.listed == 0 && slices.ContainsFunc(c.all.pkgs, func(p landwaiter.Package) bool {
		return landwaiter.IsDistribution(p.Type)
	})
}

// isSystemPath reports whether distributions install files there: not in
// usr/local or opt.
func isSystemPath(file string) bool {
	file = strings.TrimPrefix(file, "usr/")
	return strings.HasPrefix(file, "bin/") || strings.HasPrefix(file, "sbin/") || strings.HasPrefix(file, "lib")
}

// knows reports whether a program was found in another file of the layer, with its
// version: the library beside it.
func (c *Collector) knows(name string) bool {
	return slices.ContainsFunc(
		c.all.pkgs,
		func(p landwaiter.Package) bool { return p.Type == genericType && p.Name == name },
	)
}

// OS returns what the layer says of the distribution, and in which file; zero
// when it says nothing.
func (c *Collector) OS() (landwaiter.OSRelease, string) { return c.os.find() }
