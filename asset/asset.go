// Package asset keeps the inventory: it reads what images the configured
// sources have, and opens an image wherever it can be read now.
package asset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
	"github.com/landwaiter/landwaiter/source/docker"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

// The types of source.
const (
	TypeArchive  = "archive"
	TypeRegistry = "registry"
	TypeDocker   = "docker"
)

// ArchiveConfig says where a source of archives is.
type ArchiveConfig struct {
	Path     string          `json:"path"` // absolute: a file, an OCI layout, or a directory of them
	Platform source.Platform `json:"platform,omitzero"`
}

// Inventory reads sources into the store. It is safe for concurrent use.
type Inventory struct {
	Store *store.Store
	Spool string // directory for unlinked temporary files
	Log   *slog.Logger

	mu   sync.Mutex
	open map[string]shared // by source name
}

// shared is a source that stays open: all that read from a registry keep to
// one rate, and share its connections and its pauses.
type shared struct {
	settings string
	source.Source
}

// Close closes the sources that stayed open.
func (v *Inventory) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all error
	for _, src := range v.open {
		all = errors.Join(all, src.Close())
	}
	v.open = nil
	return all
}

// use returns the source of a configuration, and what to call when done with
// it. An archive is opened anew, as a directory may have been replaced; others
// stay open until their settings change.
func (v *Inventory) use(cfg store.Source) (src source.Source, done func(), err error) {
	if cfg.Type == TypeArchive {
		if src, err = v.OpenSource(cfg); err != nil {
			return nil, nil, err
		}
		return src, func() { src.Close() }, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	settings := cfg.Type + string(cfg.Config)
	old, ok := v.open[cfg.Name]
	if ok && old.settings == settings {
		return old.Source, func() {}, nil
	}
	if src, err = v.OpenSource(cfg); err != nil {
		return nil, nil, err
	}
	if ok {
		old.Close()
	}
	if v.open == nil {
		v.open = map[string]shared{}
	}
	v.open[cfg.Name] = shared{settings, src}
	return src, func() {}, nil
}

// OpenSource makes the adapter of a configured source.
func (v *Inventory) OpenSource(src store.Source) (source.Source, error) {
	switch src.Type {
	case TypeArchive:
		var cfg ArchiveConfig
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return archive.New(cfg.Path, archive.Options{
			Platform: cfg.Platform,
			Spool:    v.Spool,
			Skipped: func(path string, reason error) {
				v.Log.Info("file is no image", "source", src.Name, "path", path, "reason", reason)
			},
		})
	case TypeRegistry:
		var cfg registry.Config
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return registry.New(cfg)
	case TypeDocker:
		var cfg docker.Config
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return docker.New(cfg, v.Spool)
	}
	return nil, landwaiter.Errorf(landwaiter.Invalid, "source %s has the type %q; want archive, registry or docker", src.Name, src.Type)
}

// SyncResult says what a sync saw.
type SyncResult struct {
	Images int     // read
	Failed []error // one for each image that could not be described
}

// Sync reads which images a source has. An image that cannot be read is told
// in the result and loses nothing else; a source that cannot be listed is an
// error, and its images stay as they were. Progress, if not nil, is called
// after each image.
func (v *Inventory) Sync(ctx context.Context, name string, progress func(done int)) (SyncResult, error) {
	started := time.Now()
	res, err := v.sync(ctx, name, progress)
	if err == nil && len(res.Failed) > 0 {
		v.Log.Warn("some images of a source could not be read", "source", name, "failed", len(res.Failed), "first", res.Failed[0])
	}
	if endErr := v.Store.EndSync(ctx, name, started, err); err == nil {
		err = endErr
	}
	return res, err
}

func (v *Inventory) sync(ctx context.Context, name string, progress func(int)) (SyncResult, error) {
	var res SyncResult
	cfg, err := v.Store.Source(ctx, name)
	if err != nil {
		return res, err
	}
	src, done, err := v.use(cfg)
	if err != nil {
		return res, err
	}
	defer done()
	err = src.List(ctx, func(ref source.Ref) error {
		err := v.describe(ctx, src, cfg.Name, ref)
		switch {
		case err == nil:
			res.Images++
		case ctx.Err() != nil, landwaiter.KindOf(err) == landwaiter.Unavailable, landwaiter.KindOf(err) == landwaiter.Internal:
			return err // the source, or we, have a problem: do not call its images gone
		default:
			res.Failed = append(res.Failed, fmt.Errorf("%s: %w", ref.Locator, err))
		}
		if progress != nil {
			progress(res.Images + len(res.Failed))
		}
		return nil
	})
	if engine, ok := src.(*docker.Source); ok && err == nil {
		err = v.syncRuntime(ctx, cfg.Name, engine)
	}
	return res, err
}

func (v *Inventory) describe(ctx context.Context, src source.Source, name string, ref source.Ref) error {
	if _, ok := src.(*docker.Source); ok { // its locators name content, which never changes
		known, err := v.Store.TouchPlace(ctx, store.Place{Source: name, Locator: ref.Locator}, ref.Names)
		if known || err != nil {
			return err
		}
	}
	img, err := src.Open(ctx, ref.Locator)
	if err != nil {
		return err
	}
	defer img.Close()
	return v.Store.PutImage(ctx, img.Describe(), store.Place{Source: name, Locator: ref.Locator})
}

// OpenImage opens an image at the first of its places that still holds it.
// NotFound when none does, or the error of the last place that failed.
func (v *Inventory) OpenImage(ctx context.Context, imageID string) (source.Image, error) {
	places, err := v.Store.Places(ctx, imageID)
	if err != nil {
		return nil, err
	}
	last := landwaiter.Errorf(landwaiter.NotFound, "no source holds this image any more; sync the sources or pull it again")
	for _, p := range places {
		img, err := v.openAt(ctx, p, imageID)
		if err == nil {
			return img, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		last = err
	}
	return nil, last
}

func (v *Inventory) openAt(ctx context.Context, p store.Place, imageID string) (source.Image, error) {
	cfg, err := v.Store.Source(ctx, p.Source)
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
		return nil, landwaiter.Errorf(landwaiter.NotFound, "%s in source %s is another image now (%s); sync the source", p.Locator, p.Source, got)
	}
	return img, nil
}

// pollEvery is how often Watch looks for new sources.
const pollEvery = 2 * time.Second

// Watch syncs sources that were added and never synced, and all of them again
// every period (0: only once), until the context ends. A source that fails is
// tried again after a minute or the period, whichever is less.
func (v *Inventory) Watch(ctx context.Context, period time.Duration) {
	next := map[string]time.Time{} // by name and creation, so that a re-added source is new
	for {
		if sources, err := v.Store.Sources(ctx); err == nil {
			for _, src := range sources {
				v.watchOne(ctx, src, period, next)
			}
		} else if ctx.Err() == nil {
			v.Log.Warn("sources not read; they will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollEvery):
		}
	}
}

const retryAfter = time.Minute

func (v *Inventory) watchOne(ctx context.Context, src store.Source, period time.Duration, next map[string]time.Time) {
	key := src.Name + src.Created.String()
	at, seen := next[key]
	if !seen && !src.Synced.IsZero() && period > 0 {
		at = src.Synced.Add(period)
	} else if !seen && !src.Synced.IsZero() {
		at = time.Now().AddDate(100, 0, 0)
	}
	if time.Now().Before(at) {
		next[key] = at
		return
	}
	res, err := v.Sync(ctx, src.Name, nil)
	wait := period
	if wait == 0 {
		wait = 100 * 365 * 24 * time.Hour
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		v.Log.Warn("source not synced", "source", src.Name, "error", err)
		wait = min(wait, retryAfter)
	case err == nil:
		v.Log.Info("source synced", "source", src.Name, "images", res.Images, "failed", len(res.Failed))
	}
	next[key] = time.Now().Add(wait)
}
