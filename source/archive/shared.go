package archive

import (
	"context"
	"errors"
	"path"
	"sync"

	"github.com/landwaiter/landwaiter"
)

// sharedArchives are the archives in use: images of one archive share it, so
// that it is indexed (and inflated) once.
type sharedArchives struct {
	mu     sync.Mutex
	byPath map[string]*openArchive
}

// openArchive is an archive in use by refs holders.
type openArchive struct {
	files   files
	members []member

	owner *sharedArchives
	path  string
	refs  int // under owner.mu
	once  sync.Once
	err   error
}

// acquire opens the archive at p, or shares it if it is open. The caller releases
// it.
func (s *Source) acquire(ctx context.Context, p string) (*openArchive, error) {
	for {
		a := s.open.join(p)
		a.once.Do(func() { a.files, a.members, a.err = s.openArchive(ctx, p) })
		if a.err == nil {
			return a, nil
		}
		a.release()
		// The first caller may have been cancelled; this one has not.
		if ctx.Err() != nil || !(errors.Is(a.err, context.Canceled) || errors.Is(a.err, context.DeadlineExceeded)) {
			return nil, landwaiter.Errorf(landwaiter.KindOf(a.err), "%s: %w", p, a.err)
		}
	}
}

func (o *sharedArchives) join(p string) *openArchive {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.byPath[p]; a != nil {
		a.refs++
		return a
	}
	if o.byPath == nil {
		o.byPath = map[string]*openArchive{}
	}
	a := &openArchive{owner: o, path: p, refs: 1}
	o.byPath[p] = a
	return a
}

// release drops a reference; the last one closes the archive.
func (a *openArchive) release() error {
	a.owner.mu.Lock()
	defer a.owner.mu.Unlock()
	a.refs--
	if (a.refs == 0 || a.err != nil) && a.owner.byPath[a.path] == a {
		delete(a.owner.byPath, a.path)
	}
	if a.refs == 0 && a.files != nil {
		return a.files.Close()
	}
	return nil
}

// openArchive opens what is at p and lists the images in it.
func (s *Source) openArchive(ctx context.Context, p string) (files, []member, error) {
	f, err := s.openFiles(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	members, err := s.members(f, p)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, members, nil
}

func (s *Source) openFiles(ctx context.Context, p string) (files, error) {
	if p == "." || isLayout(s.root, path.Clean(p)) {
		root, err := s.root.OpenRoot(p)
		if err != nil {
			return nil, pathError(p, err)
		}
		return dirFiles{root}, nil
	}
	return s.openTar(ctx, p)
}
