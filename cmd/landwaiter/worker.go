package main

import (
	"context"
	"errors"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/task"
)

type workerCmd struct {
	workersFlag
	readFlags
}

// Help shows examples.
func (workerCmd) Help() string {
	return `Scans images for the tasks in a shared database, together with the server and
other workers. A worker needs the master key of the server (master.key in the
data directory, or LANDWAITER_MASTER_KEY) and access to the same sources. When a
worker dies, others repeat its scans within seconds.

Examples:
  landwaiter worker --database postgres://landwaiter@db/landwaiter`
}

// Run works until interrupted.
func (c *workerCmd) Run(e *environ) error {
	if e.Database == "" {
		return landwaiter.Errorf(landwaiter.Invalid,
			"a worker needs a PostgreSQL --database; with SQLite, the server does all scans")
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	scanner, spool, err := c.scanner(e, s)
	if err != nil {
		return err
	}
	log := e.log()
	inventory := &asset.Inventory{Store: asset.StoreOf(s), Spool: spool, Log: log}
	runner, err := task.New(e.ctx, task.Config{
		Store: s, Scanner: scanner, Opener: inventory, Workers: c.count(), Log: log,
	})
	if err != nil {
		return err
	}
	if err := runner.Start(e.ctx); err != nil {
		return err
	}
	log.Info("working", "workers", c.count(), "version", versionText())
	<-e.ctx.Done()
	log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), shutdownGrace)
	defer cancel()
	return errors.Join(runner.Stop(grace), inventory.Close())
}
