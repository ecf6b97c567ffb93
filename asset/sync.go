package asset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

// SyncResult is the result of a sync.
type SyncResult struct {
	Images int     // found at the source, new or known
	Failed []error // one for each image that could not be described
}

// describers is how many images of a source are described at once: what a
// registry gets at once by default, see registry.Config.
const describers = 4

// Sync reads which images a source has. An image that cannot be read is in the
// result and does not affect the others. A source that cannot be listed is an error,
// and its images stay as they were. It returns Conflict while another process syncs
// the source. Progress, if not nil, is called after each image, by one goroutine at a
// time.
func (v *Inventory) Sync(ctx context.Context, name string, progress func(done int)) (SyncResult, error) {
	lease, err := v.Store.Sources.LeaseSync(ctx, name)
	if err != nil {
		return SyncResult{}, err
	}
	if progress == nil {
		progress = func(int) {}
	}
	s := &syncing{inventory: v, lease: lease, progress: progress}
	heartbeat := s.renew(ctx)
	err = s.run(heartbeat.ctx)
	heartbeat.stop()
	if cause := context.Cause(heartbeat.ctx); err != nil && landwaiter.KindOf(cause) == landwaiter.Conflict {
		return s.result, cause // the lease was lost; its new holder reports the result
	}
	if err == nil && len(s.result.Failed) > 0 {
		v.Log.Warn("some images of a source could not be read", "source", name, "failed", len(s.result.Failed), "first",
			s.result.Failed[0])
	}
	// The lease is released even after an interrupt.
	if endErr := v.Store.Sources.EndSync(context.WithoutCancel(ctx), lease, err); err == nil {
		err = endErr
	}
	return s.result, err
}

// syncing is one sync of one source.
type syncing struct {
	inventory *Inventory
	lease     store.SyncLease
	progress  func(int)

	mu     sync.Mutex
	result SyncResult
}

type renewal struct {
	ctx  context.Context // ends when the lease is lost
	stop func()
}

// renew keeps the lease until stop is called.
func (s *syncing) renew(ctx context.Context) renewal {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(store.SyncHeartbeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := s.inventory.Store.Sources.RenewSync(ctx, s.lease, s.read())
			if landwaiter.KindOf(err) == landwaiter.Conflict {
				cancel(err)
			}
		}
	})
	return renewal{ctx: ctx, stop: func() { cancel(nil); wg.Wait() }}
}

// read is the number of images so far.
func (s *syncing) read() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result.Images + len(s.result.Failed)
}

func (s *syncing) run(ctx context.Context) error {
	v := s.inventory
	cfg, err := v.Store.Sources.Get(ctx, s.lease.Source)
	if err != nil {
		return err
	}
	src, done, err := v.use(cfg)
	if err != nil {
		return err
	}
	defer done()
	known, err := v.Store.Images.At(ctx, cfg.Name)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(describers)
	err = src.List(groupCtx, func(ref source.Ref) error {
		group.Go(func() error {
			_, again := known[ref.Locator]
			return s.note(ctx, src, ref, s.describe(groupCtx, src, ref, again))
		})
		return groupCtx.Err()
	})
	if first := group.Wait(); first != nil {
		err = first // List may only have seen that it should stop
	}
	if err == nil {
		err = v.syncRuntime(ctx, cfg.Name, src)
	}
	if err == nil {
		err = v.Store.Sources.RenewSync(ctx, s.lease, s.read())
	}
	return err
}

// note counts an image. It returns an error if the source or this process has a
// problem: the images of the source must not be recorded as gone.
func (s *syncing) note(ctx context.Context, src source.Source, ref source.Ref, err error) error {
	if err != nil {
		kind := landwaiter.KindOf(err)
		// A registry that is down affects only some images of a collection.
		_, many := src.(source.Collection)
		down := kind == landwaiter.Unavailable && !many
		if ctx.Err() != nil || errors.Is(err, context.Canceled) || down || kind == landwaiter.Internal {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.result.Failed = append(s.result.Failed, fmt.Errorf("%s: %w", ref.Locator, err))
	} else {
		s.result.Images++
	}
	s.progress(s.result.Images + len(s.result.Failed))
	return nil
}

// describe stores an image and where it is, unless its content is known.
func (s *syncing) describe(ctx context.Context, src source.Source, ref source.Ref, again bool) error {
	place := store.Place{Source: s.lease.Source, Locator: ref.Locator}
	if again {
		unchanged, err := s.unchanged(ctx, src, ref, &place)
		if unchanged || err != nil {
			return err
		}
	}
	img, err := src.Open(ctx, ref.Locator)
	if err != nil {
		return err
	}
	defer img.Close()
	desc := img.Describe()
	if _, ok := src.(source.Digester); ok && len(desc.RepoDigests) > 0 {
		_, place.Digest, _ = strings.Cut(desc.RepoDigests[0], "@")
	}
	return s.inventory.Store.Images.Put(ctx, history.Image(desc), place)
}

// unchanged reports whether a place still holds the image of an earlier sync, without
// opening it. It then records that the image was seen.
func (s *syncing) unchanged(ctx context.Context, src source.Source, ref source.Ref, place *store.Place) (bool, error) {
	if pinner, ok := src.(source.Pinner); !ok || !pinner.Pinned(ref.Locator) {
		digester, ok := src.(source.Digester)
		if !ok {
			return false, nil
		}
		digest, err := digester.Digest(ctx, ref.Locator)
		if err != nil {
			return false, nil //nolint:nilerr // not all registries report digests; opening returns other errors
		}
		place.Digest = digest
	}
	return s.inventory.Store.Images.TouchPlace(ctx, *place, ref.Names)
}
