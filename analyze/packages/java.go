package packages

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/java/archive"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxZipEntries bounds the central directory, which archive/zip holds in
	// memory at about 300 bytes an entry: 30 MiB. rt.jar has 20,000 entries.
	maxZipEntries = 100_000
	// maxZipDepth allows a jar in a war in an ear, and one to spare.
	maxZipDepth = 4
	// maxNestedArchive bounds one nested archive, which is held in memory.
	// Fat jars nest libraries of up to 30 MiB (native code of machine learning).
	maxNestedArchive = 48 << 20
	// maxNestedTotal bounds all nested archives of one file together, so that a
	// tree of bombs shares one budget.
	maxNestedTotal = 1 << 30
	// maxNestedArchives bounds their number: 5,000 jars is ten times the largest
	// application seen.
	maxNestedArchives = 5000
)

// javaArchives are the patterns of Java archives, nested ones included.
var javaArchives = []string{
	"*.jar", "*.war", "*.ear", "*.jmod", "*.par", "*.sar", "*.jpi", "*.hpi", "*.lpkg", "*.nar",
}

// isJavaExtension compares in any case, as the extractor does.
func isJavaExtension(ext string) bool {
	return slices.ContainsFunc(javaArchives, func(p string) bool { return strings.EqualFold(ext, p[1:]) })
}

// newJava leaves nested archives to us, and the hashes out.
func newJava(*cpb.PluginConfig) (filesystem.Extractor, error) {
	off := false
	return archive.New(&cpb.PluginConfig{PluginSpecific: []*cpb.PluginSpecificConfig{{
		Config: &cpb.PluginSpecificConfig_JavaArchive{JavaArchive: &cpb.JavaArchiveConfig{
			MaxZipDepth: 1, MaxOpenedBytes: maxBinary, HashJars: &off,
		}},
	}}})
}

// javaWalk is the walk over one archive and those nested in it.
type javaWalk struct {
	extractors []filesystem.Extractor
	path       string // of the outermost file: what a layer above can replace
	bytes      int64  // budget left for nested archives
	archives   int    // the same, in number
	pkgs       []landwaiter.Package
	err        error // the first
}

// readJava reads an archive and those nested in it. The extractor handles one
// level; the nesting is ours, for the memory.
func readJava(ctx context.Context, in input) ([]landwaiter.Package, error) {
	w := &javaWalk{extractors: in.extractors, path: in.Path, bytes: maxNestedTotal, archives: maxNestedArchives}
	w.archive(ctx, in.File, 1)
	return w.pkgs, w.err
}

func (w *javaWalk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *javaWalk) add(pkgs []landwaiter.Package) {
	for _, p := range pkgs {
		p.Path = w.path
		w.pkgs = append(w.pkgs, p)
	}
}

// guessed adds packages that were named by manifest and file name.
func (w *javaWalk) guessed(pkgs []landwaiter.Package, file string) {
	for i := range pkgs {
		pkgs[i].Name = knownArtifact(&pkgs[i], file)
	}
	w.add(pkgs)
}

func (w *javaWalk) archive(ctx context.Context, f *File, depth int) {
	if err := checkZip(f); err != nil {
		w.fail(err)
		return
	}
	pkgs, err := extract(ctx, w.extractors, f)
	if err != nil && !onlyDepth(err) {
		w.fail(err)
	}
	z, err := zip.NewReader(f.Data, f.Size)
	if err != nil {
		return // already reported by the extractor
	}
	switch {
	case !hasPOM(z):
		w.guessed(pkgs, f.Path)
	case namesFile(pkgs, f.Path):
		w.add(pkgs)
	default:
		w.add(pkgs)
		w.guessed(w.shading(ctx, z, f, pkgs), f.Path)
	}
	for _, entry := range z.File {
		if ctx.Err() != nil {
			w.fail(ctx.Err())
			return
		}
		if isJavaExtension(path.Ext(entry.Name)) {
			w.nested(ctx, f.Path, entry, depth)
		}
	}
}

func (w *javaWalk) nested(ctx context.Context, outer string, entry *zip.File, depth int) {
	size := entry.UncompressedSize64
	if depth == maxZipDepth || size > maxNestedArchive || int64(size) > w.bytes || w.archives == 0 {
		w.fail(fmt.Errorf("nested archive %s was not read: too deep, too large or too many", path.Base(entry.Name)))
		return
	}
	w.archives--
	r, err := entry.Open()
	if err != nil {
		w.fail(err)
		return
	}
	defer r.Close()
	// The declared size may lie; the limit is on what is really read.
	data, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	w.bytes -= int64(len(data))
	if err != nil || uint64(len(data)) != size {
		w.fail(fmt.Errorf("nested archive %s is broken", path.Base(entry.Name)))
		return
	}
	w.archive(ctx, &File{
		Path: outer + "/" + strings.TrimPrefix(path.Clean("/"+entry.Name), "/"),
		Mode: 0o644, Size: int64(len(data)), Data: bytes.NewReader(data), Whole: data,
	}, depth+1)
}

// onlyDepth reports whether an extractor's error is nothing but its refusal to
// open nested archives.
func onlyDepth(err error) bool {
	for _, line := range strings.Split(err.Error(), ";") {
		if !strings.Contains(line, "reached max zip depth") {
			return false
		}
	}
	return true
}

// readPythonArchive reads a wheel or an egg.
func readPythonArchive(ctx context.Context, in input) ([]landwaiter.Package, error) {
	if err := checkZip(in.File); err != nil {
		return nil, err
	}
	return extract(ctx, in.extractors, in.File)
}

var errZipEntries = errors.New("zip archive with more than 100,000 entries")

// checkZip counts the entries of a zip archive by the signature of its central
// directory, before archive/zip holds them all in memory: the counts that the
// archive declares may lie.
func checkZip(f *File) error {
	signature := []byte("PK\x01\x02")
	entries := 0
	return f.search(len(signature)-1, func(part []byte) error {
		if entries += bytes.Count(part, signature); entries > maxZipEntries {
			return errZipEntries
		}
		return nil
	})
}
