package asset

import (
	"context"
	"io"
	"sync"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

// OpenImage opens an image at the first of its places that still holds it; a
// layer that is missing there is read at the others. NotFound when no place
// holds the image, or the error of the last place that failed.
func (v *Inventory) OpenImage(ctx context.Context, imageID string) (source.Image, error) {
	places, err := v.Store.Images.Places(ctx, imageID)
	if err != nil {
		return nil, err
	}
	img, err := v.openFirst(ctx, imageID, places)
	if err != nil {
		return nil, err
	}
	return img, nil
}

func (v *Inventory) openFirst(ctx context.Context, imageID string, places []store.Place) (*scattered, error) {
	last := landwaiter.Errorf(landwaiter.NotFound,
		"no source has this image any more; sync the sources or pull the image again")
	for i, p := range places {
		img, err := v.openAt(ctx, p, imageID)
		if err == nil {
			return &scattered{Image: img, inventory: v, others: places[i+1:]}, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		last = err
	}
	return nil, last
}

func (v *Inventory) openAt(ctx context.Context, p store.Place, imageID string) (source.Image, error) {
	cfg, err := v.Store.Sources.Get(ctx, p.Source)
	if err != nil {
		return nil, err
	}
	src, done, err := v.use(cfg)
	if err != nil {
		return nil, err
	}
	defer done()
	img, err := src.Open(ctx, p.Locator)
	if err != nil {
		return nil, err
	}
	if got := img.Describe().ID; got != imageID {
		img.Close()
		return nil, landwaiter.Errorf(landwaiter.NotFound, "%s in source %s is another image now (%s); sync the source",
			p.Locator, p.Source, got)
	}
	return img, nil
}

// scattered is an image some of whose layers may be at another place only: a node may
// delete blobs after unpacking them, and a container engine may drop an image while it
// is read.
type scattered struct {
	source.Image
	inventory *Inventory

	mu     sync.Mutex
	others []store.Place
	next   *scattered // the image at one of them, when it was needed
}

// Layer implements [source.Image].
func (s *scattered) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	blob, err := s.Image.Layer(ctx, i)
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		return blob, err
	}
	next := s.elsewhere(ctx)
	if next == nil {
		return nil, err
	}
	return next.Layer(ctx, i)
}

// elsewhere opens the image at another place; nil when there is none.
func (s *scattered) elsewhere(ctx context.Context) *scattered {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil && len(s.others) > 0 {
		if img, err := s.inventory.openFirst(ctx, s.Describe().ID, s.others); err == nil {
			s.next = img
		}
		s.others = nil
	}
	return s.next
}

// Close implements [source.Image].
func (s *scattered) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		s.next.Close()
	}
	return s.Image.Close()
}
