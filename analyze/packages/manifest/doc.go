// Package manifest reads the text files that name packages: lock files, and what
// package managers keep beside what they installed.
//
// A reader takes the whole file and returns the packages that it names. The time
// is linear in the file; the memory is that of the packages, at most maxEntries
// and some 250 bytes each beside their names. An entry that cannot be read costs
// itself only: the error counts those, beside the packages that were found. The
// readers share nothing and are safe for concurrent use.
package manifest

import (
	"context"
	"errors"
	"fmt"
)

// Package is what a file says of one package.
type Package struct {
	// Type is the type of its package URL where a format has several, else "".
	Type          string
	Name, Version string
	// Dev is set for what only development or tests need.
	Dev bool
	// Origin is as in landwaiter.Package: "" for the public registry.
	Origin string
}

// Reader reads one file. The error says what could not be read of it, or that the
// context ended; the packages are good all the same. It does not keep data.
type Reader func(ctx context.Context, data []byte) ([]Package, error)

// maxEntries bounds the packages of one file. The largest lock files seen have
// 20,000; a quarter of a million take 60 MiB here.
const maxEntries = 250_000

// found gathers what a reader finds. What is named twice is for development only
// if both say so.
type found struct {
	pkgs []Package
	kind string // the Type of packages that are added now
	// origin is theirs. One package from two places counts as the registry's if
	// one of them is.
	origin string
	index  map[[2]string]int32
	over   int
	bad    int
	first  error
}

// add takes a package, or nothing when it has no name or no version: entries of
// workspaces, links and local files.
func (f *found) add(name, version string, dev bool) {
	if name == "" || version == "" {
		return
	}
	key := [2]string{name, version}
	if i, ok := f.index[key]; ok {
		f.pkgs[i].Dev = f.pkgs[i].Dev && dev
		if f.origin == "" {
			f.pkgs[i].Origin = ""
		}
		return
	}
	if len(f.pkgs) == maxEntries {
		f.over++
		return
	}
	if f.index == nil {
		f.index = map[[2]string]int32{}
	}
	f.index[key] = int32(len(f.pkgs))
	f.pkgs = append(f.pkgs, Package{Type: f.kind, Name: name, Version: version, Dev: dev, Origin: f.origin})
}

// wrong counts an entry that could not be read.
func (f *found) wrong(format string, args ...any) {
	if f.bad++; f.first == nil {
		f.first = fmt.Errorf(format, args...)
	}
}

// wrongs counts entries that a reader of the syntax left out.
func (f *found) wrongs(n int, first error) {
	if f.bad += n; f.first == nil {
		f.first = first
	}
}

// end returns what was found; err is why the rest of the file was not read.
func (f *found) end(err error) ([]Package, error) {
	if f.bad > 0 {
		err = errors.Join(err, fmt.Errorf("entries that could not be read: %d, the first: %w", f.bad, f.first))
	}
	if f.over > 0 {
		err = errors.Join(err, fmt.Errorf("more than %d packages, %d of them were left out", maxEntries, f.over))
	}
	return f.pkgs, err
}

// some shortens what an error quotes of a file.
func some[T string | []byte](s T) string {
	if len(s) > 80 {
		return string(s[:80]) + "..."
	}
	return string(s)
}
