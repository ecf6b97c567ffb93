package packages

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxJavaManifest bounds what is read of a manifest: its main section comes
// first and has some kilobytes, digests of each class may follow.
const maxJavaManifest = 64 << 10

// namesFile reports whether one of the packages is called like the archive: as
// "org.x:lib" is in lib.jar and lib-1.0.jar.
func namesFile(pkgs []landwaiter.Package, file string) bool {
	base := path.Base(file)
	return slices.ContainsFunc(pkgs, func(p landwaiter.Package) bool {
		rest, ok := strings.CutPrefix(base, artifactOf(p.Name))
		return ok && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "."))
	})
}

func artifactOf(name string) string {
	_, artifact, _ := strings.Cut(name, ":")
	return artifact
}

// hasPOM reports whether the extractor named the packages by pom.properties.
func hasPOM(z *zip.Reader) bool {
	return slices.ContainsFunc(z.File, func(e *zip.File) bool { return path.Base(e.Name) == "pom.properties" })
}

// shading returns the package that an archive itself is when all of its
// pom.properties are of others that were shaded into it: guice.jar holds those
// of cglib alone. The extractor looks at manifest and file name only where
// there are no pom.properties, so that it is shown the manifest alone.
func (w *javaWalk) shading(ctx context.Context, z *zip.Reader, f *File, shaded []landwaiter.Package) []landwaiter.Package {
	at := slices.IndexFunc(z.File, func(e *zip.File) bool { return strings.EqualFold(e.Name, "META-INF/MANIFEST.MF") })
	if at < 0 {
		return nil
	}
	manifest := onlyManifest(z.File[at])
	pkgs, _ := extract(ctx, w.extractors, &File{
		Path: f.Path, Mode: f.Mode, Size: int64(len(manifest)), Data: bytes.NewReader(manifest), Whole: manifest,
	})
	return slices.DeleteFunc(pkgs, func(p landwaiter.Package) bool {
		return slices.ContainsFunc(shaded, func(other landwaiter.Package) bool { return sameArchive(p.Name, other.Name) })
	})
}

// sameArchive reports whether a guessed name means what pom.properties name: a
// jar that was renamed has the group in its manifest, often with more behind it.
func sameArchive(guessed, exact string) bool {
	guessedGroup, guessedArtifact, _ := strings.Cut(guessed, ":")
	group, artifact, _ := strings.Cut(exact, ":")
	return guessedArtifact == artifact || strings.HasPrefix(guessedGroup+".", group+".")
}

// onlyManifest makes an archive of the start of a manifest, up to a whole line.
func onlyManifest(entry *zip.File) []byte {
	r, err := entry.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	text, _ := io.ReadAll(io.LimitReader(r, maxJavaManifest))
	if len(text) == maxJavaManifest {
		text = text[:bytes.LastIndexByte(text, '\n')+1]
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	if w, err := z.Create(entry.Name); err == nil {
		_, _ = w.Write(text) // to memory
	}
	_ = z.Close()
	return out.Bytes()
}
