// Package rpmdb reads the package list out of an RPM database in any of its
// three containers: Berkeley DB hash ("Packages"), NDB ("Packages.db") and
// SQLite ("rpmdb.sqlite").
//
// It reads from an io.ReaderAt, starts no goroutine and writes nothing, so that
// a hostile database costs at most an error of its own file: a panic stays on
// the caller's stack and no file of an image is recreated on disk.
package rpmdb

import (
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
	Modularity string // "nodejs:18:8080020221213:bd1311ed"; "" outside modules
}

const (
	// maxHeader bounds one RPM header. The largest seen in Fedora and RHEL
	// (texlive, kernel-devel) are about 4 MiB.
	maxHeader = 32 << 20
	// maxPackages bounds a database; a full Fedora has 60,000 packages.
	maxPackages = 200_000
)

// ErrFormat means that the file is none of the three containers.
var ErrFormat = errors.New("not an RPM database")

// errFull stops a read that found more than maxPackages packages.
var errFull = fmt.Errorf("more than %d packages", maxPackages)

// Read returns the packages of the database in the first size bytes of r. With
// an error it returns what it could read before it; a header that is broken in
// itself does not end the read, and the first such error is returned at the end.
//
// Unless it is nil, owns is called with each file of each package: the
// package's name and the absolute path. Once it returns false it is not called
// again.
func Read(r io.ReaderAt, size int64, owns func(owner, path string) bool) ([]Package, error) {
	c := collector{owns: owns}
	head := make([]byte, 32)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, ErrFormat
	}
	var err error
	switch {
	case string(head[:16]) == sqliteMagic:
		err = readSQLite(r, size, c.add)
	case string(head[:4]) == ndbMagic:
		err = readNDB(r, size, c.add)
	case binary.LittleEndian.Uint32(head[12:]) == bdbHashMagic:
		err = readBDB(r, size, binary.LittleEndian, c.add)
	case binary.BigEndian.Uint32(head[12:]) == bdbHashMagic:
		err = readBDB(r, size, binary.BigEndian, c.add)
	default:
		err = ErrFormat
	}
	if err == nil {
		err = c.err
	}
	return c.pkgs, err
}

// collector parses headers as the container readers hand them over.
type collector struct {
	owns func(owner, path string) bool
	pkgs []Package
	err  error // of the first broken header
}

// add is called with one header blob, which it does not keep.
func (c *collector) add(blob []byte) error {
	p, files, err := parseHeader(blob)
	if err != nil {
		if c.err == nil {
			c.err = err
		}
		return nil
	}
	if len(c.pkgs) == maxPackages {
		return errFull
	}
	c.pkgs = append(c.pkgs, p)
	if c.owns != nil && !files.each(func(path string) bool { return c.owns(p.Name, path) }) {
		c.owns = nil
	}
	return nil
}
