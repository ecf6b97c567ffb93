package packages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/zipdir"
)

const (
	// maxZipDepth allows a jar in a war in an ear, and one to spare.
	maxZipDepth = 4
	// maxNestedArchive bounds one nested archive that is packed and therefore
	// held in memory. Fat jars nest libraries of up to 30 MiB (native code of
	// machine learning), which Spring Boot does not pack again.
	maxNestedArchive = 48 << 20
	// maxNestedHeld bounds all that are held at once: each is in the one before.
	maxNestedHeld = 96 << 20
	// maxNestedTotal bounds all nested archives of one file together, so that a
	// tree of bombs shares one budget.
	maxNestedTotal = 1 << 30
	// maxNestedArchives bounds their number: 5,000 jars is ten times the largest
	// application seen.
	maxNestedArchives = 5000
	// maxDescriptors bounds the coordinates that one archive names. The largest
	// shaded ones have 500.
	maxDescriptors = 50_000
)

var errNested = errors.New("was not read: too deep, too large or too many")

// javaArchives are the patterns of Java archives, nested ones included.
var javaArchives = []string{
	"*.jar", "*.war", "*.ear", "*.jmod", "*.par", "*.sar", "*.jpi", "*.hpi", "*.lpkg", "*.nar",
}

// isJavaExtension compares in any case.
func isJavaExtension(ext string) bool {
	return slices.ContainsFunc(javaArchives, func(p string) bool { return strings.EqualFold(ext, p[1:]) })
}

// javaWalk is the walk over one archive and those nested in it.
type javaWalk struct {
	found
	unpacker
	path     string // of the outermost file: what a layer above can replace
	bytes    int64  // budget left for nested archives
	held     int64  // of it, what may be held in memory
	archives int    // the same, in number
}

// readJava reads an archive and those nested in it.
func readJava(ctx context.Context, in input) ([]landwaiter.Package, error) {
	w := &javaWalk{
		path: in.Path, unpacker: unpacker{left: maxUnpacked},
		bytes: maxNestedTotal, held: maxNestedHeld, archives: maxNestedArchives,
	}
	return w.result(w.archive(ctx, in.File, 1))
}

// archive reads what an archive says of itself, and then what is nested in it,
// so that a limit that one of these meets costs the others nothing. An error
// ends the walk; what is broken is counted.
func (w *javaWalk) archive(ctx context.Context, f *File, depth int) error {
	a, err := zipdir.Open(f.Data, f.Size)
	if err != nil && depth == 1 {
		return err
	}
	if err != nil {
		w.spoiled("%s: %w", path.Base(f.Path), err)
		return nil
	}
	about := javaArchive{file: f.Path}
	err = a.Each(ctx, func(e *zipdir.Entry) error { return w.descriptor(ctx, a, e, &about) })
	if fatal := w.fatal(err); fatal != nil {
		return fatal
	}
	if err != nil {
		w.spoiled("%s: %w", path.Base(f.Path), err)
	}
	err = w.pomXMLs(ctx, a, &about)
	if fatal := w.fatal(err); fatal != nil {
		return fatal
	}
	if err := w.take(about.packages()); err != nil {
		return err
	}
	err = a.Each(ctx, func(e *zipdir.Entry) error {
		if dot := bytes.LastIndexByte(e.Name, '.'); dot < 0 || !isJavaExtension(string(e.Name[dot:])) {
			return nil
		}
		return w.nested(ctx, a, e, f.Path, depth)
	})
	return w.fatal(err)
}

// fatal tells the errors that end the walk from those of one archive.
func (w *javaWalk) fatal(err error) error {
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if ended || errors.Is(err, errFound) || errors.Is(err, errUnpacked) {
		return err
	}
	return nil
}

func (w *javaWalk) take(all []coordinates) error {
	for _, c := range all {
		if p, ok := c.pkg(w.path); ok {
			if err := w.add(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// descriptor reads an entry in which an archive says what it is, or holds.
func (w *javaWalk) descriptor(ctx context.Context, a *zipdir.Archive, e *zipdir.Entry, about *javaArchive) error {
	base := e.Name[bytes.LastIndexByte(e.Name, '/')+1:]
	if isPOMXML(e.Name) {
		about.xmls++
	}
	isPOM := string(base) == "pom.properties"
	if !isPOM && !bytes.EqualFold(base, []byte("manifest.mf")) {
		return nil
	}
	if len(about.poms)+len(about.manifests) == maxDescriptors {
		return fmt.Errorf("more than %d manifests and the like; the rest was not read", maxDescriptors)
	}
	var err error
	if isPOM {
		var pom pomReader
		err = w.lines(ctx, a, e, maxPOM, pom.line)
		if pom.valid() {
			about.poms = append(about.poms, pom.coordinates)
			about.describe(path.Dir(string(e.Name)))
		}
	} else {
		var manifest manifestReader
		err = w.lines(ctx, a, e, maxJavaManifest, manifest.line)
		about.manifest(&manifest, bytes.EqualFold(e.Name, []byte("META-INF/MANIFEST.MF")))
	}
	if fatal := w.fatal(err); fatal != nil {
		return fatal
	}
	if err != nil {
		w.spoiled("%s in %s: %w", base, path.Base(about.file), err)
	}
	return nil
}

// nested reads an archive in an archive: where it lies when it is not packed,
// else in memory.
func (w *javaWalk) nested(ctx context.Context, a *zipdir.Archive, e *zipdir.Entry, outer string, depth int) error {
	name := outer + "/" + strings.TrimPrefix(path.Clean("/"+string(e.Name)), "/")
	if depth == maxZipDepth || w.archives == 0 || e.Size > uint64(w.bytes) {
		w.spoiled("nested archive %s %w", path.Base(name), errNested)
		return nil
	}
	w.archives--
	w.bytes -= int64(e.Size)
	if s := a.Stored(e); s != nil {
		return w.archive(ctx, &File{Path: name, Size: s.Size(), Data: s}, depth+1)
	}
	data, err := w.ReadAll(a, e, min(maxNestedArchive, w.held))
	if err != nil {
		w.spoiled("nested archive %s was not read: %w", path.Base(name), err)
		return nil
	}
	w.held -= int64(len(data))
	defer func() { w.held += int64(len(data)) }()
	return w.archive(ctx, &File{Path: name, Size: int64(len(data)), Data: bytes.NewReader(data), Whole: data}, depth+1)
}
