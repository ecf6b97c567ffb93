package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Schedules holds the periodic scans.
//
// After StartRun returned a due run, no other process starts the same one;
// EndRun records how it began.
type Schedules struct{ db *DB }

// Schedules gives access to the periodic scans.
func (s *DB) Schedules() Schedules { return Schedules{s} }

// ScheduleName names a periodic scan.
type ScheduleName string

// The periodic scans: of all images, and of those that registries have.
const (
	LocalSchedule    ScheduleName = "schedule"
	RegistrySchedule ScheduleName = "registry_schedule"
)

// Get returns the periodic scan; the zero value, which is disabled, when
// none was set.
func (s Schedules) Get(ctx context.Context, name ScheduleName) (landwaiter.Schedule, error) {
	return s.db.readSchedule(ctx, s.db.r, name, "")
}

func (s *DB) readSchedule(
	ctx context.Context, db bun.IDB, name ScheduleName, lock string,
) (landwaiter.Schedule, error) {
	var sch landwaiter.Schedule
	var value string
	err := db.NewRaw("SELECT value FROM setting WHERE name = ? ?", string(name), bun.Safe(lock)).Scan(ctx, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return sch, nil
	}
	if err != nil {
		return sch, err
	}
	return sch, json.Unmarshal([]byte(value), &sch)
}

// Set replaces the periodic scan. What is known of its last run stays.
func (s Schedules) Set(ctx context.Context, name ScheduleName, sch landwaiter.Schedule) error {
	return s.db.changeSchedule(ctx, name, func(old *landwaiter.Schedule) bool {
		sch.LastRun, sch.LastTask, sch.Result = old.LastRun, old.LastTask, old.Result
		*old = sch
		return true
	})
}

// StartRun gives the run that is due, if any, to the caller: no other process gets
// the same one. Timeout is what is left of the window, 0 when it has no end.
// Unfinished are the images that the last run had no time for.
func (s Schedules) StartRun(
	ctx context.Context, name ScheduleName,
) (sch landwaiter.Schedule, timeout time.Duration, unfinished []string, due bool, err error) {
	if sch, err = s.Get(ctx, name); err != nil || !sch.Enabled {
		return sch, 0, nil, false, err
	}
	var left int
	const query = `
		SELECT COUNT(*) FROM (SELECT 1 AS one FROM image_scan WHERE task_id = ? AND state = ? LIMIT 1) AS x`
	err = s.db.r.NewRaw(query, sch.LastTask, string(landwaiter.ScanTimeout)).Scan(ctx, &left)
	if err != nil {
		return sch, 0, nil, false, err
	}
	err = s.db.changeSchedule(ctx, name, func(now *landwaiter.Schedule) bool {
		at := s.db.clock()
		if timeout, due = now.Due(at, left > 0); due {
			now.LastRun = at.UTC()
		}
		sch = *now
		return due
	})
	if err == nil && due && left > 0 {
		unfinished, err = s.db.timedOut(ctx, sch.LastTask)
	}
	return sch, timeout, unfinished, due, err
}

// timedOut lists the images that a task had no time for.
func (s *DB) timedOut(ctx context.Context, taskID string) ([]string, error) {
	var ids []string
	const query = "SELECT image_id FROM image_scan WHERE task_id = ? AND state = ? ORDER BY seq"
	err := s.r.NewRaw(query, taskID, string(landwaiter.ScanTimeout)).Scan(ctx, &ids)
	return ids, err
}

// EndRun records how a run began: its task, or why there is none.
func (s Schedules) EndRun(ctx context.Context, name ScheduleName, taskID, result string) error {
	return s.db.changeSchedule(ctx, name, func(sch *landwaiter.Schedule) bool {
		sch.LastTask, sch.Result = taskID, result
		return true
	})
}

// changeSchedule lets fn change the schedule; nothing is written when it
// returns false.
func (s *DB) changeSchedule(ctx context.Context, name ScheduleName, fn func(*landwaiter.Schedule) bool) error {
	return s.tx(ctx, func(tx bun.Tx) error {
		lock := ""
		if s.Postgres() {
			lock = "FOR UPDATE"
		}
		sch, err := s.readSchedule(ctx, tx, name, lock)
		if err != nil || !fn(&sch) {
			return err
		}
		b, err := json.Marshal(sch)
		if err != nil {
			return err
		}
		const query = `
			INSERT INTO setting (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`
		_, err = tx.NewRaw(query, string(name), clean(string(b))).Exec(ctx)
		return err
	})
}
