package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// RegistryTasks gives tasks over registry images the numbers that the registry
// actions call them by. The tasks themselves are those of [Tasks].
type RegistryTasks struct{ db *DB }

// RegistryTasks gives access to the numbered tasks of the registry actions.
func (s *DB) RegistryTasks() RegistryTasks { return RegistryTasks{s} }

// Number gives a task over images of registries its number. Conflict when
// oneClick and another such task has not ended; the caller should stop the new
// one then. A process that dies between the creation of a task and this call
// leaves a task that runs like any other, but can be found by its ID only.
func (s RegistryTasks) Number(ctx context.Context, taskID string, oneClick bool) (number int64, err error) {
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		if number, err = s.db.takeNumbers(ctx, tx, lastRegistryTask, 1); err != nil { // holds others apart
			return err
		}
		if oneClick {
			if err := oneClickRuns(ctx, tx); err != nil {
				return err
			}
		}
		const query = "INSERT INTO registry_task (number, task_id, one_click) VALUES (?, ?, ?)"
		_, err := tx.NewRaw(query, number, taskID, oneClick).Exec(ctx)
		return err
	})
	return number, err
}

// CheckOneClick is a Conflict while a one-click task over images of
// registries has not ended.
func (s RegistryTasks) CheckOneClick(ctx context.Context) error { return oneClickRuns(ctx, s.db.r) }

func oneClickRuns(ctx context.Context, db bun.IDB) error {
	var running int64
	const query = `
		SELECT n.number FROM registry_task AS n JOIN task AS t ON t.id = n.task_id
		WHERE n.one_click AND t.status <> 'END' LIMIT 1`
	err := db.NewRaw(query).Scan(ctx, &running)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return landwaiter.Errorf(landwaiter.Conflict, "the one-click registry task %d is running; wait for it or stop it",
		running)
}

// Get returns the ID of the task with a number. NotFound when there is none.
func (s RegistryTasks) Get(ctx context.Context, number int64) (taskID string, err error) {
	err = s.db.r.NewRaw("SELECT task_id FROM registry_task WHERE number = ?", number).Scan(ctx, &taskID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", landwaiter.Errorf(landwaiter.NotFound, "no registry task %d", number)
	}
	return taskID, err
}

// Last returns the ID of the newest task over images of registries, or of the
// newest one-click one. NotFound when there is none.
func (s RegistryTasks) Last(ctx context.Context, oneClick bool) (taskID string, err error) {
	const query = "SELECT task_id FROM registry_task WHERE one_click OR NOT ? ORDER BY number DESC LIMIT 1"
	err = s.db.r.NewRaw(query, oneClick).Scan(ctx, &taskID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", landwaiter.Errorf(landwaiter.NotFound, "no registry task was created yet")
	}
	return taskID, err
}

// Stop asks all tasks over images of registries to stop, or only the one-click
// one.
func (s RegistryTasks) Stop(ctx context.Context, oneClick bool) error {
	const query = `
		UPDATE task SET stopped = TRUE
		WHERE status <> 'END' AND id IN (SELECT task_id FROM registry_task WHERE one_click OR NOT ?)`
	_, err := s.db.w.NewRaw(query, oneClick).Exec(ctx)
	return err
}

// Images returns at most limit images of a task, by number, as they are in the
// registries now, with the state of the task's own scans.
func (s RegistryTasks) Images(
	ctx context.Context, taskID string, r RegistrySelection, limit int,
) ([]RegistryImage, error) {
	c, err := r.where()
	if err != nil {
		return nil, err
	}
	if err := s.db.RegistryImages().AssignNumbers(ctx); err != nil {
		return nil, err
	}
	const query = "EXISTS (SELECT 1 FROM image_scan AS t WHERE t.task_id = ? AND t.image_id = i.id)"
	c = and(cond(inRegistry), c, cond(query, taskID))
	list, err := s.db.registryImages(ctx, c, cond("g.number"), limit, 0)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i, img := range list {
		ids[i] = img.ID
	}
	states := map[string]string{}
	for _, part := range chunks(ids, insertChunk) {
		var rows []struct{ ImageID, State string }
		const query = "SELECT image_id, state FROM image_scan WHERE task_id = ? AND image_id IN (?)"
		err := s.db.r.NewRaw(query, taskID, bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			states[row.ImageID] = row.State
		}
	}
	for i := range list {
		list[i].State = landwaiter.ScanState(states[list[i].ID])
	}
	return list, nil
}

// AwaitingFirstScan returns the registries that were synced and whose first scan,
// which Add or Update asked for, has not begun.
func (s Registries) AwaitingFirstScan(ctx context.Context) ([]Registry, error) {
	return s.db.registries(ctx, cond("s.first_scan <> '' AND s.synced_at > 0"), cond("s.name"), maxRegistries, 0)
}

// EndFirstScan records that the first scan of a registry has begun, or that there
// is nothing to scan.
func (s Registries) EndFirstScan(ctx context.Context, number int64) error {
	const query = "UPDATE source SET first_scan = '' WHERE type = ? AND number = ?"
	_, err := s.db.w.NewRaw(query, typeRegistry, number).Exec(ctx)
	return err
}
