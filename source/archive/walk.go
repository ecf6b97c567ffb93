package archive

import (
	"context"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// extensions of the files that are candidates below a directory.
var extensions = []string{".tar", ".tar.gz", ".tgz", ".tar.zst"}

const (
	// maxWalkDepth bounds the nesting of directories: registry, project, repository
	// and tag, and some more.
	maxWalkDepth = 10
	// maxWalked bounds the number of files, in case of a mistaken "/".
	maxWalked = 1_000_000
)

// walk calls visit for each candidate in lexical order. Symbolic links to
// directories are not followed, and those to files only within the root.
func (s *Source) walk(ctx context.Context, visit func(p string) error) error {
	walked := 0
	return fs.WalkDir(s.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if walked++; walked > maxWalked {
			return landwaiter.Errorf(landwaiter.TooLarge, "more than %d files below %s: choose a smaller directory", maxWalked,
				s.root.Name())
		}
		switch {
		case err != nil:
			s.options.Skipped(p, pathError(p, err))
			return nil
		case d.IsDir() && p != "." && isLayout(s.root, p):
			if err := visit(p); err != nil {
				return err
			}
			return fs.SkipDir
		case d.IsDir() && strings.Count(p, "/") >= maxWalkDepth:
			s.options.Skipped(p, landwaiter.Errorf(landwaiter.TooLarge, "more than %d directories deep", maxWalkDepth))
			return fs.SkipDir
		case d.IsDir() || !isCandidate(p):
			return nil
		}
		return visit(p)
	})
}

func isCandidate(p string) bool {
	return slices.ContainsFunc(extensions, func(ext string) bool { return strings.HasSuffix(p, ext) })
}

// isLayout reports whether the directory has the files of an OCI layout.
func isLayout(root *os.Root, dir string) bool {
	for _, name := range []string{"oci-layout", indexFile} {
		if info, err := root.Stat(path.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}
