package packages

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/objfile"
)

// What debug/buildinfo says of the form of build information: the magic, the
// size of a pointer, flags; then, since Go 1.18, two strings with their lengths
// as varints, before that pointers to the two strings.
const (
	goMagic     = "\xff Go buildinf:"
	goHeader    = 32 // bytes: the strings follow, or the pointers end
	goAlign     = 16 // of the address
	goInline    = 2  // flag: strings, not pointers
	goBigEndian = 1  // flag, with pointers
	goSentinel  = 16 // bytes before and behind the list of modules
	goSection   = ".go.buildinfo"
	goMachO     = "__go_buildinfo"

	// maxGoVersion bounds the version of the toolchain, "go1.22.1 X:boringcrypto".
	maxGoVersion = 256
	// maxGoModules bounds the list of modules. The longest seen has 60 KiB.
	maxGoModules = 16 << 20
	// maxGoPackages bounds them. Kubernetes has 200.
	maxGoPackages = 20_000
	// maxGoBuilds bounds what is read of one file: there is one in each image.
	maxGoBuilds = 16
)

// goBuilds reads the build information of Go programs in a file.
type goBuilds struct {
	found
	f      *File
	builds int
}

// readGoBuild reads the build information in an executable that has its magic at
// some offsets. Where there is one in a section of its own, or in what is loaded
// to be written, as the linker of Go puts it, others are only text: a program
// that looks for build information holds the magic, too. Programs run whatever
// the section headers say, so that both count.
func readGoBuild(ctx context.Context, f *File, images []*objfile.Image, offsets []int64) ([]landwaiter.Package, error) {
	g := goBuilds{f: f, found: found{max: maxGoPackages}}
	var err error
	for _, ordinary := range []bool{true, false} {
		for _, image := range images {
			err = cmp.Or(err, ctx.Err())
			for _, at := range offsets {
				addr, ok := goAddress(image, at, ordinary)
				if !ok || addr%goAlign != 0 || err != nil {
					continue
				}
				err = g.read(ctx, image, at)
			}
		}
		if g.builds > 0 || err != nil {
			return g.result(err)
		}
	}
	return g.result(errors.New("build information of Go that cannot be read"))
}

// goAddress returns the address of what is at an offset of the file: ordinary
// means that it is where the linker of Go puts build information.
func goAddress(image *objfile.Image, at int64, ordinary bool) (uint64, bool) {
	for _, s := range image.Sections {
		if ordinary && at >= s.Offset && at < s.Offset+s.Size {
			return s.Addr + uint64(at-s.Offset), s.Name == goSection || s.Name == goMachO
		}
	}
	for _, s := range image.Segments {
		if at >= s.Offset && at < s.Offset+s.Size && s.Writable == ordinary {
			return s.Addr + uint64(at-s.Offset), true
		}
	}
	return 0, false
}

// read reads the build information at an offset, if there is some.
func (g *goBuilds) read(ctx context.Context, image *objfile.Image, at int64) error {
	version, modules, ok := g.strings(image, at)
	if !ok || !strings.HasPrefix(version, "go") && !strings.HasPrefix(version, "devel") {
		return nil
	}
	if g.builds++; g.builds > maxGoBuilds {
		return fmt.Errorf("build information of more than %d programs; the rest was not read", maxGoBuilds)
	}
	version, _, _ = strings.Cut(version, " ")
	if err := g.module("go", strings.TrimPrefix(version, "go")); err != nil {
		return err
	}
	if modules == nil {
		g.spoiled("the list of modules is broken")
		return nil
	}
	if modules.Size() > maxGoModules {
		modules = io.NewSectionReader(modules, 0, maxGoModules)
		g.spoiled("the list of modules is longer than %d bytes", maxGoModules)
	}
	return g.modules(ctx, modules)
}

// strings finds the version of the toolchain and the list of modules, which may
// be empty and is nil when it is broken.
func (g *goBuilds) strings(image *objfile.Image, at int64) (string, *io.SectionReader, bool) {
	var head [goHeader]byte
	if n, _ := g.f.Data.ReadAt(head[:], at); n < len(head) || string(head[:len(goMagic)]) != goMagic {
		return "", nil, false
	}
	var version, modules *io.SectionReader
	if head[15]&goInline != 0 {
		version = g.inline(at + goHeader)
		if version != nil {
			_, start, size := version.Outer()
			modules = g.inline(start + size)
		}
	} else {
		var order binary.ByteOrder = binary.LittleEndian
		if head[15]&goBigEndian != 0 {
			order = binary.BigEndian
		}
		word := int(head[14])
		if word != 4 && word != 8 {
			return "", nil, false
		}
		version = g.pointed(image, order, word, head[16:])
		modules = g.pointed(image, order, word, head[16+word:])
	}
	if version == nil || version.Size() > maxGoVersion {
		return "", nil, false
	}
	text, err := io.ReadAll(version)
	return string(text), withoutSentinels(modules), err == nil
}

// part is a part of the file; nil when it is not within it.
func (g *goBuilds) part(at int64, size uint64) *io.SectionReader {
	if at < 0 || at > g.f.Size || size > uint64(g.f.Size-at) {
		return nil
	}
	return io.NewSectionReader(g.f.Data, at, int64(size))
}

// inline is the string at an offset, with its length before it.
func (g *goBuilds) inline(at int64) *io.SectionReader {
	var b [binary.MaxVarintLen64]byte
	n, _ := g.f.Data.ReadAt(b[:], at)
	size, n := binary.Uvarint(b[:n])
	if n <= 0 {
		return nil
	}
	return g.part(at+int64(n), size)
}

// pointed is the string that b points to: its address and its length are at the
// address in b.
func (g *goBuilds) pointed(image *objfile.Image, order binary.ByteOrder, word int, b []byte) *io.SectionReader {
	read := func(b []byte) uint64 {
		if word == 4 {
			return uint64(order.Uint32(b))
		}
		return order.Uint64(b)
	}
	var header [16]byte
	at, ok := fileOffset(image, read(b))
	if n, _ := g.f.Data.ReadAt(header[:2*word], at); !ok || n < 2*word {
		return nil
	}
	at, ok = fileOffset(image, read(header[:]))
	if !ok {
		return nil
	}
	return g.part(at, read(header[word:]))
}

// fileOffset returns where in the file is what is loaded at an address.
func fileOffset(image *objfile.Image, addr uint64) (int64, bool) {
	for _, s := range image.Segments {
		if addr >= s.Addr && addr-s.Addr < uint64(s.Size) {
			return s.Offset + int64(addr-s.Addr), true
		}
	}
	return 0, false
}

// withoutSentinels is the list of modules between its sentinels; nil when it has
// none. An empty one needs none.
func withoutSentinels(modules *io.SectionReader) *io.SectionReader {
	if modules != nil && modules.Size() == 0 {
		return modules
	}
	if modules == nil || modules.Size() < 2*goSentinel+1 {
		return nil
	}
	var last [1]byte
	end := modules.Size() - goSentinel
	if n, _ := modules.ReadAt(last[:], end-1); n < 1 || last[0] != '\n' {
		return nil
	}
	return io.NewSectionReader(modules, goSentinel, end-goSentinel)
}

// modules reads the lines of the list, of which "=>" replaces the module before
// it (see debug.ParseBuildInfo of runtime/debug). The flags of the linker follow
// the modules.
func (g *goBuilds) modules(ctx context.Context, list io.Reader) error {
	var main goMain
	var name, version string // of the dependency before
	take := func() error {
		if name == "" {
			return nil
		}
		return g.module(name, strings.TrimPrefix(version, "v"))
	}
	err := eachLine(ctx, list, func(line []byte, cut bool) error {
		kind, rest, _ := bytes.Cut(line, []byte{'\t'})
		fields := bytes.Split(rest, []byte{'\t'})
		switch k := string(kind); {
		case k == "build":
			g.buildSetting(&main, rest, cut)
			return nil
		case k != "mod" && k != "dep" && k != "=>":
			return nil
		case cut || len(fields) < 2:
			g.spoiled("a line of the list of modules")
			return nil
		case k == "mod":
			main.name, main.version = cutField(fields[0]), cutField(fields[1])
			return nil
		case k == "=>":
			// Nobody replaces the main module, and a directory has no version.
			if path := fields[0]; name != "" && len(path) > 0 {
				name, version = cutField(path), cutField(fields[1])
			}
			return nil
		default:
			err := take()
			name, version = cutField(fields[0]), cutField(fields[1])
			return err
		}
	})
	if err == nil {
		err = take()
	}
	if err != nil || main.name == "" {
		return err
	}
	return g.main(main)
}

// buildSetting keeps the flags of the linker.
func (g *goBuilds) buildSetting(main *goMain, setting []byte, cut bool) {
	flags, ok := bytes.CutPrefix(setting, []byte("-ldflags="))
	switch {
	case !ok:
	case cut:
		g.spoiled("the flags of the linker are longer than %d bytes", maxLine)
	default:
		main.flags = string(flags)
	}
}

// main takes the main module. It was built where it was developed, so that it
// does not come from a proxy.
func (g *goBuilds) main(m goMain) error {
	p := landwaiter.Package{
		Type: "golang", Ecosystem: ecosystem("golang"), Name: m.name, Version: strings.TrimPrefix(m.release(), "v"),
		Path: g.f.Path, Origin: landwaiter.OriginProject,
	}
	goNames(&p)
	if !plausiblePackage(&p) {
		return nil
	}
	return g.add(p)
}

// module takes a module, or the toolchain as "go". One that was built from a
// working tree has no version.
func (g *goBuilds) module(name, version string) error {
	p := landwaiter.Package{Type: "golang", Ecosystem: ecosystem("golang"), Name: name, Version: version, Path: g.f.Path}
	goNames(&p)
	if !plausiblePackage(&p) {
		return nil
	}
	return g.add(p)
}

// goNames gives the toolchain the name that OSV has for it and drops the
// version of a module that was built from a working tree.
func goNames(p *landwaiter.Package) {
	if p.Name == "go" {
		p.Name = "stdlib"
	}
	if p.Version == "(devel)" {
		p.Version = ""
	}
}
