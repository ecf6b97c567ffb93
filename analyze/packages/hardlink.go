package packages

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"path"
	"strings"
)

const (
	// maxNamed bounds the files of a layer that are remembered for the hard links
	// to them: 500,000 take about 20 MiB.
	maxNamed = 500_000
	// maxKept bounds the contents that are kept for hard links, in all and of one
	// file, in bytes: those of a store whose names are digests. 20,000 packages
	// of pnpm have 40 MiB of package.json.
	maxKept, maxKeptFile = 64 << 20, 1 << 20
	// minDigest is the length of the shortest name that counts as a digest: 128
	// bits in hexadecimal.
	minDigest = 32
)

// names are the files of a layer that a hard link may be another name of: tar
// writes the content of a file once, under the name that comes first, and which
// that is depends on the spelling.
type names struct {
	read map[uint64]namedFile
	kept map[uint64][]byte
	left int // bytes that may still be kept; valid when kept is not nil
}

// namedFile is a file that was read: the packages of its format are from..to of
// the collector's.
type namedFile struct {
	format   *Format
	from, to int32
}

func hashOf[T text](p T) uint64 { return maphash.Bytes(pathSeed, []byte(p)) }

func (n *names) remember(at string, file namedFile) {
	if len(n.read) == maxNamed || file.format == formatLookup.other && file.from == file.to {
		return
	}
	if n.read == nil {
		n.read = map[uint64]namedFile{}
	}
	n.read[hashOf(at)] = file
}

// keep keeps the content of a file of a store, whose name says nothing. It
// returns false when there is no room.
func (n *names) keep(f *File) bool {
	if n.kept == nil {
		n.kept, n.left = map[uint64][]byte{}, maxKept
	}
	if f.Size > maxKeptFile || int(f.Size) > n.left {
		return false
	}
	data := make([]byte, f.Size)
	if _, err := io.ReadFull(io.NewSectionReader(f.Data, 0, f.Size), data); err != nil {
		return false
	}
	n.left -= len(data)
	n.kept[hashOf(f.Path)] = data
	return true
}

// isDigest reports whether the base name of a path is a digest, as in the stores
// of pnpm (ab/cdef...), OSTree (ab/cdef....file) and Nix (.links/...).
func isDigest[T text](p T) bool {
	base := p[lastByte(p, '/')+1:]
	if len(base) < minDigest {
		return false
	}
	for i := range minDigest {
		if c := base[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// worthKeeping reports whether a file without a telling name may name packages,
// by its first bytes: JSON, metadata of Python, a database of packages, an
// os-release.
func worthKeeping(head []byte) bool {
	s := strings.TrimLeft(string(head[:min(len(head), 64)]), " \t\r\n")
	for _, prefix := range [...]string{
		"{", "Metadata-Version:", "Package:", "Package=", "C:Q", "P:", "NAME=", "ID=", "PRETTY_NAME=", "PK\x03\x04",
		"Gem::", "# -*- encoding", "%NAME%", "%FILENAME%", "groupId", "version=", "#Generated", "go1.",
	} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// HardLink reads the file that a path is another name of: it is read anew where
// its content was kept, otherwise it has the packages that were found under the
// first name.
func (c *Collector) HardLink(ctx context.Context, at, target string) error {
	format := FormatOf(at)
	if taken, err := c.ByPath(format, []byte(at)); taken {
		return err
	}
	if format.link != nil && format.name == "os-release" {
		return format.link(c, at, target)
	}
	first := FormatOf(target)
	if content, ok := c.names.kept[hashOf(target)]; ok && format != formatLookup.other {
		if int64(len(content)) > format.Max() || !format.Accepts(content[:min(len(content), 4096)]) {
			return nil
		}
		return c.File(ctx, format, &File{
			Path: at, Size: int64(len(content)), Data: strings.NewReader(string(content)), Whole: content,
		})
	}
	file, known := c.names.read[hashOf(target)]
	switch {
	case known && file.format == format:
		from := int32(len(c.all.pkgs))
		for _, p := range c.all.pkgs[file.from:file.to] {
			p.Path = at
			if c.all.add(p) != nil {
				return errPackages
			}
		}
		c.names.remember(at, namedFile{format: format, from: from, to: int32(len(c.all.pkgs))})
		return nil
	case format == formatLookup.other || first == format:
		return nil
	}
	return fmt.Errorf("a second name of %s (%s), which was not read", path.Base(target), format)
}
