package archive

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// Options of a Source. The zero value is usable.
type Options struct {
	// Platform is the one to take of multi-platform images.
	Platform source.Platform
	// Spool is the directory for inflated archives; "" means the system's
	// directory for temporary files.
	Spool string
	// MaxInflated is the most bytes one archive may inflate to; 0 means 64 GiB.
	MaxInflated int64
	// Skipped is called for files in a directory that look like images but cannot
	// be read, and for archives some of whose images cannot. nil means to log them.
	// It must be safe for concurrent use.
	Skipped func(path string, reason error)
}

// defaultMaxInflated is twice the largest layer that the layer reader takes.
const defaultMaxInflated = 64 << 30

// Source reads images from one file or from the files below a directory.
type Source struct {
	root    *os.Root
	name    string // of the directory or file, for images without names
	single  string // the one candidate, relative to root; "" to walk
	options Options
	open    sharedArchives
}

var _ source.Source = (*Source)(nil)

// New opens the file or directory at path. Errors: NotFound, Denied, Invalid.
func New(path string, options Options) (*Source, error) {
	if options.MaxInflated == 0 {
		options.MaxInflated = defaultMaxInflated
	}
	if options.Skipped == nil {
		options.Skipped = func(path string, reason error) {
			slog.Warn("not an image archive, skipped", "path", path, "reason", reason)
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, pathError(path, err)
	}
	dir, single := path, ""
	if !info.IsDir() {
		dir, single = filepath.Split(path)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, pathError(path, err)
	}
	if info.IsDir() && isLayout(root, ".") {
		single = "."
	}
	return &Source{root: root, name: filepath.Base(path), single: single, options: options}, nil
}

// List implements [source.Source]. If New got a file, it must be an image. In a
// directory, other files are skipped.
func (s *Source) List(ctx context.Context, yield func(source.Ref) error) error {
	if s.single != "" {
		return s.listArchive(ctx, s.single, yield)
	}
	return s.walk(ctx, func(p string) error {
		var stopped error
		err := s.listArchive(ctx, p, func(r source.Ref) error {
			stopped = yield(r)
			return stopped
		})
		if stopped != nil || ctx.Err() != nil {
			return err
		}
		if err != nil {
			s.options.Skipped(p, err)
		}
		return nil
	})
}

func (s *Source) listArchive(ctx context.Context, p string, yield func(source.Ref) error) error {
	a, err := s.acquire(ctx, p)
	if err != nil {
		return err
	}
	defer a.release()
	for _, m := range a.members {
		if err := yield(source.Ref{Locator: p + "#" + m.digest, Names: m.names}); err != nil {
			return err
		}
	}
	return nil
}

// Open implements [source.Source]. A locator is "path#digest", the path
// relative to the source's directory.
func (s *Source) Open(ctx context.Context, locator string) (source.Image, error) {
	i := strings.LastIndexByte(locator, '#')
	if i < 0 {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "locator %q: want path#digest", locator)
	}
	a, err := s.acquire(ctx, locator[:i])
	if err != nil {
		return nil, err
	}
	for _, m := range a.members {
		if m.digest == locator[i+1:] {
			return openImage(ctx, a, m)
		}
	}
	a.release()
	return nil, landwaiter.Errorf(landwaiter.NotFound, "%s does not contain the image %s any more: sync the source",
		locator[:i], locator[i+1:])
}

// Close implements [source.Source].
func (s *Source) Close() error { return s.root.Close() }

// stem is the name of images without names: the file name of the archive without
// extensions.
func (s *Source) stem(p string) string {
	if p == "." {
		return s.name
	}
	base := path.Base(p)
	for _, ext := range extensions {
		if b, ok := strings.CutSuffix(base, ext); ok && b != "" {
			return b
		}
	}
	return base
}

// pathError returns an error of the file system with its kind. A link that is
// broken, circular, or leads out of the directory counts as a missing file; os.Root
// has no exported error for the last.
func pathError(path string, err error) error {
	switch {
	case os.IsNotExist(err):
		return landwaiter.Errorf(landwaiter.NotFound, "%s does not exist: %w", path, err)
	case errors.Is(err, syscall.ELOOP),
		errors.Is(err, syscall.ENOTDIR),
		errors.Is(err, syscall.ENAMETOOLONG),
		strings.Contains(err.Error(), "path escapes from parent"):
		return landwaiter.Errorf(landwaiter.NotFound, "%s is not a file of the image: %w", path, err)
	case os.IsPermission(err):
		return landwaiter.Errorf(landwaiter.Denied, "this user has no permission to read %s: %w", path, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s cannot be read: %w", path, err)
}
