package packages

import (
	"bytes"
	"cmp"
	"context"
	"errors"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/objfile"
)

const (
	// goMagicEnd is what is searched for: the first byte of goMagic, 0xff, is in
	// every second instruction and would stop the search all the time.
	goMagicEnd = "buildinf:"
	// maxMarkers bounds the places of goMagic that are looked at. What looks for
	// build information in others holds it some times.
	maxMarkers = 4096
	// upxMagic is within the first upxWithin bytes of what UPX packed, behind the
	// headers (https://github.com/upx/upx, src/stub/src/include/linux.h).
	upxMagic  = "UPX!"
	upxWithin = 4096
)

var (
	errUPX     = errors.New("packed by UPX; what is in it was not read")
	errMarkers = errors.New("too many places that look like build information of Go; the rest was not read")
)

// markers are what a program holds that names its packages.
type markers struct {
	goBuild []int64 // where goMagic is
	tooMany bool
	rust    bool
	bundle  int64 // where bundleMark is; 0 when nowhere
}

// readProgram reads an executable that holds one of the markers: to look for
// them is a hundred times cheaper than to look up sections. An ELF file that
// nobody could load is told, since nobody knows what it is.
func readProgram(ctx context.Context, in input) ([]landwaiter.Package, error) {
	f := in.File
	var found markers
	versions := newVersionSearch(f.Path)
	if err := f.search(runtimeOverlap, func(offset int64, part []byte) error {
		found.look(offset, part)
		versions.look(part, offset+int64(len(part)) >= f.Size)
		return ctx.Err()
	}); err != nil {
		return nil, err
	}
	if len(found.goBuild) == 0 && !found.rust {
		pkgs := versions.packages(in.collector)
		if found.bundle > 0 {
			return readBundle(ctx, f, found.bundle)
		}
		if isManaged(f) {
			in.collector.managed.add(f.Path)
			return pkgs, nil
		}
		return pkgs, hidden(f)
	}
	images, err := objfile.Open(f.Data, f.Size, goSection, goMachO, rustSection)
	if errors.Is(err, objfile.ErrFormat) {
		return nil, nil // a text that begins with MZ
	}
	if err != nil {
		return nil, err
	}
	var pkgs []landwaiter.Package
	if len(found.goBuild) > 0 {
		pkgs, err = readGoBuild(ctx, f, images, found.goBuild)
	}
	if found.rust {
		crates, e := readRustAudit(ctx, f, images)
		pkgs, err = append(pkgs, crates...), cmp.Or(err, e)
	}
	if found.tooMany {
		err = cmp.Or(err, errMarkers)
	}
	return pkgs, err
}

// look searches a part of the file. Parts overlap.
func (m *markers) look(offset int64, part []byte) {
	if at := bytes.Index(part, []byte(bundleMarkEnd)); at >= 0 && m.bundle == 0 {
		m.bundle = offset + int64(at)
	}
	m.rust = m.rust || bytes.Contains(part, []byte(rustSection))
	const before = len(goMagic) - len(goMagicEnd)
	for from := 0; ; {
		at := bytes.Index(part[from:], []byte(goMagicEnd))
		if at < 0 {
			return
		}
		start := from + at - before
		from += at + len(goMagicEnd)
		if start < 0 || !bytes.HasPrefix(part[start:], []byte(goMagic)) {
			continue
		}
		if n := len(m.goBuild); n > 0 && m.goBuild[n-1] >= offset+int64(start) {
			continue // seen in the part before
		}
		if m.tooMany = len(m.goBuild) == maxMarkers; m.tooMany {
			return
		}
		m.goBuild = append(m.goBuild, offset+int64(start))
	}
}

// hidden tells why a program without markers may hide what it is: it is packed,
// or it is said to be ELF and has no headers by which it could be loaded.
func hidden(f *File) error {
	head := make([]byte, min(f.Size, upxWithin))
	n, _ := f.Data.ReadAt(head, 0)
	if head = head[:n]; bytes.Contains(head, []byte(upxMagic)) {
		return errUPX
	}
	if !bytes.HasPrefix(head, []byte("\x7fELF")) {
		return nil
	}
	_, err := objfile.Open(f.Data, f.Size)
	return err
}
