package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
)

type sourceSyncCmd struct {
	Names []string `arg:"" optional:"" name:"name" help:"Names of the sources (default: all)."`
}

// Help shows examples.
func (sourceSyncCmd) Help() string {
	return `Examples:
  landwaiter source sync
  landwaiter source sync builds hub`
}

// Run syncs sources.
func (c *sourceSyncCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	spool, err := e.spool()
	if err != nil {
		return err
	}
	names := c.Names
	if len(names) == 0 {
		list, err := s.Sources().States(e.ctx)
		if err != nil {
			return err
		}
		for _, src := range list {
			names = append(names, src.Name)
		}
	}
	inventory := &asset.Inventory{Store: asset.StoreOf(s), Spool: spool, Log: e.log()}
	defer inventory.Close()
	var failed error // a source that is down does not stop the others
	for _, name := range names {
		failed = errors.Join(failed, syncOne(e, s, inventory, name))
		if e.ctx.Err() != nil {
			break
		}
	}
	return failed
}

// syncOne syncs a source, or follows the process that holds its lease.
func syncOne(e *environ, s *store.DB, inventory *asset.Inventory, name string) error {
	bar := newProgress(e.stderr, "Reading "+name)
	defer bar.clear()
	show := func(done int) { bar.set(int64(done), 0, "images") }
	res, err := inventory.Sync(e.ctx, name, show)
	if landwaiter.KindOf(err) == landwaiter.Conflict {
		res.Images, err = followSync(e.ctx, s, name, show)
	}
	bar.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: %s\n", name, report.Count(res.Images, "image"))
	for _, err := range res.Failed {
		fmt.Fprintf(e.stderr, "  not read: %s\n", landwaiter.Printable(err.Error()))
	}
	return nil
}

// followSync waits until another process has synced a source.
func followSync(ctx context.Context, s *store.DB, name string, show func(int)) (images int, err error) {
	for {
		src, err := s.Sources().Get(ctx, name)
		if err != nil {
			return 0, err
		}
		if !src.Syncing {
			if src.Error != "" {
				return 0, landwaiter.Errorf(landwaiter.Unavailable, "the sync of %s failed: %s", name, src.Error)
			}
			return src.Read, nil
		}
		show(src.Read)
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// followEvery is how often the progress of the other process is read.
const followEvery = 200 * time.Millisecond
