package packages

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// maxChisel bounds the manifest unpacked. An image cut from all of Ubuntu's
// slices lists 20,000 files in 5 MiB.
const maxChisel = 64 << 20

// readChisel reads the manifest of an image that Canonical's chisel cut from
// Ubuntu's packages: zstd of a JSON object a line, of which those of the kind
// "package" have a name, a version and an architecture
// (https://documentation.ubuntu.com/chisel/en/latest/reference/manifest/). It
// does not name source packages, which advisories of Ubuntu speak of: a scan
// takes them from the advisories, which list the binaries of each source.
func readChisel(ctx context.Context, in input) ([]landwaiter.Package, error) {
	z, err := zstd.NewReader(io.NewSectionReader(in.Data, 0, in.Size),
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var pkgs []landwaiter.Package
	unpacked := &io.LimitedReader{R: z, N: maxChisel}
	lines := bufio.NewReaderSize(unpacked, syntax.MaxLine)
	bad := 0
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			bad++
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = lines.ReadSlice('\n')
			}
			line = nil
		}
		pkg, owned, ok := chiselEntry(ctx, line, in.Path)
		if owned.file != "" {
			in.collector.own.add(owned.owner, owned.file)
		}
		if !ok {
			bad++
		} else if pkg.Name != "" {
			pkgs = append(pkgs, pkg)
		}
		switch {
		case ctx.Err() != nil:
			return pkgs, ctx.Err()
		case err == nil:
		case errors.Is(err, io.EOF) && unpacked.N == 0:
			return pkgs, fmt.Errorf("manifest of chisel: more than %d bytes; the rest was not read", maxChisel)
		case !errors.Is(err, io.EOF):
			return pkgs, fmt.Errorf("manifest of chisel: %w", err)
		case bad > 0:
			return pkgs, fmt.Errorf("manifest of chisel: %d lines could not be read", bad)
		default:
			return pkgs, nil
		}
	}
}

// chiselFile is a file, with the package that it was cut from.
type chiselFile struct{ owner, file string }

// chiselEntry reads one line: a package, or a file of a slice, PACKAGE_SLICE. ok is
// false for a line that is wrong; others give neither.
func chiselEntry(ctx context.Context, line []byte, path string) (pkg landwaiter.Package, owned chiselFile, ok bool) {
	if len(line) == 0 {
		return pkg, owned, true
	}
	var kind, name, version, arch, slice, file string
	j := syntax.NewJSON(ctx, line)
	ok, err := j.Object(func(key []byte) (err error) {
		for _, f := range [...]struct {
			key string
			to  *string
		}{{"kind", &kind}, {"name", &name}, {"version", &version}, {"arch", &arch}, {"slice", &slice}, {"path", &file}} {
			if string(key) == f.key {
				*f.to, _, err = j.String()
			}
		}
		return err
	})
	switch {
	case !ok || err != nil:
		return pkg, owned, false
	case kind == "content":
		owner, _, _ := strings.Cut(slice, "_")
		return pkg, chiselFile{owner, file}, true
	case kind != "package":
		return pkg, owned, true
	}
	return landwaiter.Package{
		Type: "deb", Name: name, Version: version, Arch: arch, Path: path,
	}, owned, plausible(name) && plausible(version) && len(arch) <= maxField
}
