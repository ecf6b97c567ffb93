package packages

import (
	"bytes"
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/objfile"
)

const (
	// maxManifest bounds files that a parser holds in memory as a tree, about
	// ten times their size. The largest lock files in the wild are 5 MiB.
	maxManifest = 16 << 20
	// maxDatabase bounds databases read record by record. The dpkg status of a
	// desktop is 6 MiB, the rpmdb of a full Fedora about 300 MiB.
	maxDatabase = 512 << 20
	// maxBinary bounds archives and executables, read by random access.
	maxBinary = 1 << 30
	// minExecutable is the size of a 64-bit ELF header: a smaller file is no
	// executable.
	minExecutable = 64
	// minArchive is the size of a zip archive without entries.
	minArchive = 22
)

// Format is all that is known of one format of files that name packages: an
// entry of the table formats. It is immutable.
type Format struct {
	name string
	// paths are patterns; see pattern for what they mean. An exact base name
	// wins over a directory, a directory over an extension.
	paths []string
	// anyCase has an extension match in upper case, too.
	anyCase bool
	// except names directories whose files are left out, although the path
	// matches; nil means none. Lock files have isInstalled here.
	except func(dir string) bool
	// system marks what a distribution installs for itself: no language package
	// is in such a file.
	system bool
	// min and max bound the size in bytes; a max of 0 means maxManifest. Smaller
	// files hold nothing, larger ones are not read, which coverage tells.
	min, max int64
	// accepts reports whether a file that starts with head can be of the format;
	// nil means that every file is accepted.
	accepts func(head []byte) bool
	// read reads a file.
	read reader
	// link takes note of a link that has a path of the format; nil means that
	// links do not matter.
	link func(c *Collector, at, target string) error
	// byPath takes what the path alone tells, in place of read: the content is
	// not looked at.
	byPath func(c *Collector, path []byte) error
	// unread describes software that is recognised and not read, in place of
	// read: coverage names it. advised says that OSV has advisories for it, so
	// that findings may be missing.
	unread  string
	advised bool
}

// input is a file, with what its reader may need besides.
type input struct {
	*File
	collector *Collector
}

// reader returns the packages that a file names. With an error it returns those
// that could be read all the same.
type reader func(context.Context, input) ([]landwaiter.Package, error)

// own makes a reader of a function that needs nothing but the file.
func own(read func(*File) ([]landwaiter.Package, error)) reader {
	return func(_ context.Context, in input) ([]landwaiter.Package, error) { return read(in.File) }
}

// String is the name of the format, for messages.
func (f *Format) String() string { return f.name }

// Max is the largest size, in bytes, that is read of a file of the format.
func (f *Format) Max() int64 {
	if f.max == 0 {
		return maxManifest
	}
	return f.max
}

// Accepts reports whether a file that starts with head can be of the format.
// Most text formats have no signature and accept everything.
func (f *Format) Accepts(head []byte) bool { return f.accepts == nil || f.accepts(head) }

// zipMagic is for archives that nothing can precede.
func zipMagic(head []byte) bool { return bytes.HasPrefix(head, []byte("PK")) }

// executableMagic knows ELF, PE, and Mach-O in both byte orders.
func executableMagic(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch string(head[:4]) {
	case "\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe":
		return true
	}
	return string(head[:2]) == "MZ" || objfile.IsFat(head)
}
