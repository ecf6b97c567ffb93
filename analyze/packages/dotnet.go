package packages

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/manifest"
)

const (
	// depsFormat is the format of the files that describe a .NET application.
	depsFormat       = "deps.json"
	unreadAssemblies = ".NET assemblies without a deps.json (DLL)"
	// maxManaged bounds the assemblies and the directories of deps.json files that
	// are remembered of a layer.
	maxManaged = 20_000
)

// managed are the .NET assemblies of a layer. A deps.json says of which packages
// those in its directory, and below it, are.
type managed struct {
	described map[string]bool // directories
	files     []string
}

func (m *managed) describe(deps string) {
	if len(m.described) == maxManaged {
		return
	}
	if m.described == nil {
		m.described = map[string]bool{}
	}
	m.described[path.Dir(deps)] = true
}

func (m *managed) add(file string) {
	if len(m.files) < maxManaged {
		m.files = append(m.files, file)
	}
}

// alone returns the assemblies that no deps.json describes.
func (m *managed) alone() []string {
	var out []string
	for _, file := range m.files {
		if !m.isDescribed(path.Dir(file)) {
			out = append(out, file)
		}
	}
	return out
}

func (m *managed) isDescribed(dir string) bool {
	for ; ; dir = path.Dir(dir) {
		if m.described[dir] {
			return true
		}
		if dir == "." || dir == "/" {
			return false
		}
	}
}

// The headers of PE by which an assembly is known: its directory of CLI data is
// not empty (ECMA-335, II.25.2.3.3).
const (
	peOffsetAt    = 0x3c
	peHeaders     = 24  // "PE\0\0" and the COFF header
	cliDirectory  = 208 // in the optional header of 32 bits: the 15th directory
	cliDirectory6 = 224 // in that of 64 bits
	peMagic6      = 0x20b
)

// isManaged reports whether a file is a .NET assembly.
func isManaged(f *File) bool {
	var dos [64]byte
	if f.Size < int64(len(dos)) {
		return false
	}
	if _, err := f.Data.ReadAt(dos[:], 0); err != nil || string(dos[:2]) != "MZ" {
		return false
	}
	at := int64(binary.LittleEndian.Uint32(dos[peOffsetAt:]))
	var head [peHeaders + cliDirectory6 + 8]byte
	n, err := f.Data.ReadAt(head[:], at)
	if err != nil && err != io.EOF || n < peHeaders+cliDirectory+8 || string(head[:4]) != "PE\x00\x00" {
		return false
	}
	directory := head[peHeaders+cliDirectory:]
	if binary.LittleEndian.Uint16(head[peHeaders:]) == peMagic6 {
		directory = head[peHeaders+cliDirectory6:]
	}
	return binary.LittleEndian.Uint32(directory) != 0
}

// An application published as a single file is a host program with the files of
// the application behind it, deps.json among them. In the host, a mark of 32
// bytes follows the offset of the bundle's header, which is 0 in a host without
// a bundle (https://github.com/dotnet/designs/blob/main/accepted/2020/single-file/design.md).
const (
	bundleMark    = "\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14" + bundleMarkEnd
	bundleMarkEnd = "\xd7\xa0\x32\x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae"
	// maxBundleHeader bounds what is read of the header: numbers, and a name of at
	// most 127 bytes.
	maxBundleHeader = 256
)

var errBundle = errors.New("a .NET application in one file, whose list of packages could not be read")

// readBundle reads the deps.json in a single-file application. At is where the
// end of the mark is.
func readBundle(ctx context.Context, f *File, at int64) ([]landwaiter.Package, error) {
	start := at - int64(len(bundleMark)-len(bundleMarkEnd))
	var mark [8 + len(bundleMark)]byte
	if _, err := f.Data.ReadAt(mark[:], max(0, start-8)); err != nil || string(mark[8:]) != bundleMark {
		return nil, nil //nolint:nilerr // a mark that is cut off is none
	}
	header := int64(binary.LittleEndian.Uint64(mark[:]))
	if header == 0 {
		return nil, nil // the host alone: its application lies beside it
	}
	if header < 0 || header >= f.Size {
		return nil, errBundle
	}
	b := make([]byte, maxBundleHeader)
	n, err := f.Data.ReadAt(b, header)
	if err != nil && err != io.EOF {
		return nil, err
	}
	offset, size := bundleDeps(b[:n])
	if offset <= 0 || size <= 0 || size > maxManifest || offset > f.Size-size {
		return nil, errBundle
	}
	data := make([]byte, size)
	if _, err := f.Data.ReadAt(data, offset); err != nil && err != io.EOF {
		return nil, err
	}
	return readText(
		ctx,
		"nuget",
		manifest.NuGetDeps,
		&File{Path: f.Path, Size: size, Data: bytes.NewReader(data), Whole: data},
	)
}

// bundleDeps finds the deps.json in the header of a bundle: major and minor
// version, number of files, an identifier with its length before it, and since
// version 2 the offsets and sizes of deps.json and runtimeconfig.json.
func bundleDeps(b []byte) (offset, size int64) {
	if len(b) < 13 || binary.LittleEndian.Uint32(b) < 2 || b[12] > 127 {
		return 0, 0
	}
	if b = b[13+min(int(b[12]), len(b)-13):]; len(b) < 16 {
		return 0, 0
	}
	return int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))
}
