package scan

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// readLayer makes sure that the facts of a layer are stored. If it read the layer
// itself, with all wanted analysers, it returns them as fresh; otherwise fresh is
// nil and they are in the store. Known reports whether nothing had to be read.
func (s *Scanner) readLayer(
	ctx context.Context, r *reader, img source.Image, i int, ref landwaiter.LayerRef, want []landwaiter.Analyser,
) (fresh *landwaiter.LayerReport, known bool, err error) {
	for {
		done, leader, err := s.flights.join(ctx, ref.DiffID)
		if err != nil {
			return nil, false, err
		}
		if leader {
			return s.lead(ctx, r, img, i, ref, want, done)
		}
		// Another scan has just read the layer, or failed to.
		names, err := s.missing(ctx, ref, want)
		if err != nil || len(names) == 0 {
			return nil, err == nil, err
		}
	}
}

// lead reads a layer while no other scan does. It first checks again whether the
// facts are stored: the previous reader may have finished in the meantime.
func (s *Scanner) lead(
	ctx context.Context, r *reader, img source.Image, i int, ref landwaiter.LayerRef, want []landwaiter.Analyser,
	done func(),
) (fresh *landwaiter.LayerReport, known bool, err error) {
	defer done()
	names, err := s.missing(ctx, ref, want)
	if err != nil || len(names) == 0 {
		return nil, err == nil, err
	}
	fresh, err = s.analyseLayer(ctx, r, img, i, ref, names, want)
	if err != nil || len(names) < len(want) {
		return nil, false, err
	}
	return fresh, false, nil
}

// missing returns the names of the analysers that have not seen a layer yet.
func (s *Scanner) missing(ctx context.Context, ref landwaiter.LayerRef, want []landwaiter.Analyser) ([]string, error) {
	missing, err := s.Store.Layers().Missing(ctx, []string{ref.DiffID}, want)
	return missing[ref.DiffID], err
}

// analyseLayer reads a layer and stores what the named analysers find in it.
func (s *Scanner) analyseLayer(
	ctx context.Context, r *reader, img source.Image, i int, ref landwaiter.LayerRef, names []string,
	want []landwaiter.Analyser,
) (*landwaiter.LayerReport, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := time.Now()
	rep, err := r.layer(ctx, func(ctx context.Context) (io.ReadCloser, error) { return img.Layer(ctx, i) }, names)
	if err != nil {
		return nil, err
	}
	rep.Took = time.Since(began)
	if err := verify(rep, ref); err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, a := range want {
		versions[a.Name] = a.Version
	}
	return rep, s.Store.Layers().Save(ctx, rep, versions)
}

// verify compares the digests of what was read with those that the image names.
// Images share facts by diffID, so nothing may be stored under a wrong one.
func verify(rep *landwaiter.LayerReport, ref landwaiter.LayerRef) error {
	if rep.DiffID != ref.DiffID {
		return landwaiter.Errorf(landwaiter.Corrupt,
			"layer content is %s, the image config says %s: the image is damaged or forged; pull or push it again",
			rep.DiffID, ref.DiffID)
	}
	if ref.Digest != "" && rep.Digest != ref.Digest {
		return landwaiter.Errorf(landwaiter.Corrupt,
			"layer blob is %s, the manifest says %s: the image is damaged or forged; pull or push it again", rep.Digest,
			ref.Digest)
	}
	return nil
}

// flights lets only one scan at a time read a layer. Other scans that need the
// layer wait.
type flights struct {
	mu sync.Mutex
	m  map[string]chan struct{}
}

// join makes the caller the reader of a layer, which must call done. If there is
// a reader already, join waits for it and returns leader false.
func (f *flights) join(ctx context.Context, diffID string) (done func(), leader bool, err error) {
	f.mu.Lock()
	wait, busy := f.m[diffID]
	if !busy {
		if f.m == nil {
			f.m = map[string]chan struct{}{}
		}
		landed := make(chan struct{})
		f.m[diffID] = landed
		f.mu.Unlock()
		return func() {
			f.mu.Lock()
			delete(f.m, diffID)
			f.mu.Unlock()
			close(landed)
		}, true, nil
	}
	f.mu.Unlock()
	select {
	case <-wait:
		return nil, false, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}
