// Package rpmdb reads the package list out of an RPM database in any of its
// three containers: Berkeley DB hash ("Packages"), NDB ("Packages.db") and
// SQLite ("rpmdb.sqlite").
//
// It reads from an io.ReaderAt, starts no goroutine and writes nothing, so that
// a hostile database costs at most an error of its own file: a panic stays on
// the caller's stack and no file of an image is recreated on disk.
package rpmdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Package is what an RPM header says of an installed package.
type Package struct {
	Name       string
	Epoch      int // 0 when the header has none, which rpm treats alike
	Version    string
	Release    string
	Arch       string // "" for imported public keys
	SourceRPM  string // "bash-5.1.8-6.el9.src.rpm"; "" for a source package
	Vendor     string // "Red Hat, Inc."; "" when it has none
	Modularity string // "nodejs:18:8080020221213:bd1311ed"; "" outside modules
}

const (
	// maxHeader bounds one RPM header. The largest seen in Fedora and RHEL
	// (texlive, kernel-devel) are about 4 MiB.
	maxHeader = 32 << 20
	// maxPackages bounds a database; a full Fedora has 60,000 packages.
	maxPackages = 200_000
	// maxText bounds the names, versions and the like of all packages, in bytes.
	// Those of a full Fedora have 10 MiB; a header may have one long text in
	// each of its fields.
	maxText = 64 << 20
)

// ErrFormat means that the file is none of the three containers.
var ErrFormat = errors.New("not an RPM database")

// errFull stops a read that found more than maxPackages or maxText.
var errFull = fmt.Errorf("more than %d packages, or %d bytes of names; the rest was not read", maxPackages, maxText)

// Read returns the packages of the database in the first size bytes of r. What
// is broken costs itself alone: a header, an item of a page, a page with what
// only it leads to. The error, which comes with all that could be read, says how
// many these were, or that ctx has ended. No page is read twice.
//
// Unless it is nil, owns is called with each file of each package: the
// package's name and the absolute path. Once it returns false it is not called
// again.
func Read(ctx context.Context, r io.ReaderAt, size int64, owns func(owner, path string) bool) ([]Package, error) {
	c := &collector{ctx: ctx, owns: owns}
	head := make([]byte, 32)
	if n, _ := r.ReadAt(head, 0); n < len(head) {
		return nil, ErrFormat
	}
	var err error
	switch {
	case string(head[:16]) == sqliteMagic:
		err = readSQLite(r, size, c)
	case string(head[:4]) == ndbMagic:
		err = readNDB(r, size, c)
	case binary.LittleEndian.Uint32(head[12:]) == bdbHashMagic:
		err = readBDB(r, size, binary.LittleEndian, c)
	case binary.BigEndian.Uint32(head[12:]) == bdbHashMagic:
		err = readBDB(r, size, binary.BigEndian, c)
	default:
		err = ErrFormat
	}
	if err == nil && c.broken > 0 {
		err = fmt.Errorf("%d parts could not be read; the first: %w", c.broken, c.first)
	}
	return c.pkgs, err
}

// collector parses headers as the container readers hand them over.
type collector struct {
	ctx    context.Context
	owns   func(owner, path string) bool
	pkgs   []Package
	text   int // bytes in pkgs
	broken int
	first  error // of what is broken
}

// skip takes note of something that is broken.
func (c *collector) skip(err error) {
	if c.broken++; c.broken == 1 {
		c.first = err
	}
}

// add is called with one header blob, which it does not keep. Its error ends the
// reading.
func (c *collector) add(blob []byte) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	p, files, err := parseHeader(blob)
	if err != nil {
		c.skip(err)
		return nil
	}
	c.text += len(p.Name) + len(p.Version) + len(p.Release) + len(p.Arch) + len(p.SourceRPM) +
		len(p.Vendor) + len(p.Modularity)
	if len(c.pkgs) == maxPackages || c.text > maxText {
		return errFull
	}
	c.pkgs = append(c.pkgs, p)
	if c.owns != nil && !files.each(func(path string) bool { return c.owns(p.Name, path) }) {
		c.owns = nil
	}
	return nil
}

// pages are those of a file, of which each may be read once.
type pages struct {
	r    io.ReaderAt
	size int64 // of a page
	n    int64
	seen []uint64 // a bit for each
}

func newPages(r io.ReaderAt, fileSize, size int64) *pages {
	n := fileSize / size
	return &pages{r: r, size: size, n: n, seen: make([]uint64, n/64+1)}
}

// read fills b with the start of page n, counted from 0. It reports false for
// one that is not in the file, or was read before.
func (p *pages) read(b []byte, n int64) bool {
	if n < 0 || n >= p.n || p.seen[n/64]&(1<<(n%64)) != 0 {
		return false
	}
	p.seen[n/64] |= 1 << (n % 64)
	m, _ := p.r.ReadAt(b, n*p.size)
	return m == len(b)
}
