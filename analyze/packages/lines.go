package packages

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"sync"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxFound bounds the packages of one file that is read record by record:
	// a full Fedora has 60,000, and 200,000 take about 60 MiB.
	maxFound = 200_000
	// maxFoundText bounds their names, versions and the like together, in bytes.
	maxFoundText = 64 << 20
	// maxLine bounds a line, in bytes. The fields of databases that we read are
	// much shorter; a path in a list of files may have 4,096.
	maxLine = maxPath + 256
	// linesPerLook is how many lines are read between two looks at the context.
	linesPerLook = 4096
)

var errFound = errors.New("too many packages, or too long names; the rest was not read")

// errEnough ends eachLine without an error.
var errEnough = errors.New("enough")

// lineReaders are used again: archives have thousands of texts.
var lineReaders = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, maxLine) }}

// eachLine shows the lines of r, without their ends, until show returns an
// error, which it returns, but for errEnough. Of a line longer than maxLine bytes
// show gets the first of them, and cut set. The line is overwritten by the next.
func eachLine(ctx context.Context, r io.Reader, show func(line []byte, cut bool) error) error {
	lines := lineReaders.Get().(*bufio.Reader)
	defer lineReaders.Put(lines)
	lines.Reset(r)
	defer lines.Reset(nil)
	for n, within := 0, false; ; n++ {
		if n%linesPerLook == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := lines.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if !within && (len(line) > 0 || err == nil) {
			if e := show(bytes.TrimRight(line, "\r\n"), full); errors.Is(e, errEnough) {
				return nil
			} else if e != nil {
				return e
			}
		}
		if within = full; err != nil && !full {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

// found gathers the packages of one file, each once, and counts the records
// that cannot be read: each costs itself alone.
type found struct {
	max     int // packages; 0 means maxFound
	maxText int // bytes in them; 0 means maxFoundText
	pkgs    []landwaiter.Package
	text    int
	seen    map[uint64]struct{} // hashes
	bad     int
	first   error // of those that are bad
}

// add takes a package. It returns errFound when there are too many.
func (f *found) add(p landwaiter.Package) error {
	hash := maphash.Comparable(pathSeed, p)
	if _, dup := f.seen[hash]; dup {
		return nil
	}
	f.text += len(p.Name) + len(p.Version) + len(p.Arch) + len(p.SourceName) + len(p.SourceVersion) + len(p.Vendor)
	if len(f.pkgs) == cmp.Or(f.max, maxFound) || f.text > cmp.Or(f.maxText, maxFoundText) {
		return errFound
	}
	if f.seen == nil {
		f.seen = map[uint64]struct{}{}
	}
	f.seen[hash] = struct{}{}
	if len(f.pkgs) == cap(f.pkgs) { // twice as many: append would copy the most of them five times
		f.pkgs = slices.Grow(f.pkgs, max(8, len(f.pkgs)))
	}
	f.pkgs = append(f.pkgs, p)
	return nil
}

// spoiled counts a record that cannot be read, and why.
func (f *found) spoiled(format string, args ...any) {
	if f.bad++; f.bad == 1 {
		f.first = fmt.Errorf(format, args...)
	}
}

// result is what was found. Its error is err, or tells of the records that could
// not be read.
func (f *found) result(err error) ([]landwaiter.Package, error) {
	if err == nil && f.bad > 0 {
		err = fmt.Errorf("%d entries could not be read; the first: %w", f.bad, f.first)
	}
	return f.pkgs, err
}

// cutField is a value of a record as a string, or of more than maxField bytes as
// one that is not plausible.
func cutField(value []byte) string { return string(value[:min(len(value), maxField+1)]) }
