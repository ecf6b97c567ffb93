package asset

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

const (
	// pollEvery is how often Watch checks which sources to sync.
	pollEvery = time.Second
	// syncsAtOnce is how many sources are synced in parallel, so that a slow one
	// does not delay the others.
	syncsAtOnce = 4
	// retryAfter is when a source that failed is tried again.
	retryAfter = time.Minute
)

// Watch syncs sources that are new or for which a sync was asked, and all of
// them again every period (0: not), until the context ends. A source that
// fails is tried again after a minute or the period, whichever is less.
// Several processes may watch one store: a source is read by one at a time.
func (v *Inventory) Watch(ctx context.Context, period time.Duration) {
	var busy sync.Map // names of sources that this process reads
	var wg sync.WaitGroup
	defer wg.Wait()
	places := make(chan struct{}, syncsAtOnce)
	for {
		sources, err := v.Store.Sources.States(ctx)
		if err != nil && ctx.Err() == nil {
			v.Log.Warn("cannot read the sources; retrying", "error", err)
		}
		for _, src := range sources {
			if !due(src, period, time.Now()) {
				continue
			}
			if _, again := busy.LoadOrStore(src.Name, true); again {
				continue
			}
			wg.Go(func() {
				defer busy.Delete(src.Name)
				select {
				case places <- struct{}{}:
					defer func() { <-places }()
					v.watchOne(ctx, src.Name)
				case <-ctx.Done():
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollEvery):
		}
	}
}

// due reports whether a source should be synced now.
func due(src store.Source, period time.Duration, now time.Time) bool {
	switch {
	case src.Syncing:
		return false
	case src.Started.IsZero(), src.Requested.After(src.Started):
		return true
	case src.Error != "":
		wait := retryAfter
		if period > 0 {
			wait = min(wait, period)
		}
		return now.Sub(src.Started) >= wait
	case src.Synced.Before(src.Started): // the syncing process died
		return true
	}
	return period > 0 && now.Sub(src.Synced) >= period
}

func (v *Inventory) watchOne(ctx context.Context, name string) {
	res, err := v.Sync(ctx, name, nil)
	switch {
	case err == nil:
		v.Log.Info("source synced", "source", name, "images", res.Images, "failed", len(res.Failed))
	case errors.Is(err, context.Canceled), landwaiter.KindOf(err) == landwaiter.Conflict:
		// This process stops, or another one was faster.
	default:
		v.Log.Warn("source not synced", "source", name, "error", err)
	}
}
