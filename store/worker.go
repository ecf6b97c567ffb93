package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Workers knows which worker processes are alive, by their heartbeats.
//
// After Heartbeat returns, jobs of workers that have been silent for too long
// are back in the queue.
type Workers struct{ db *DB }

// Workers gives access to the living workers.
func (s *DB) Workers() Workers { return Workers{s} }

// HeartbeatInterval is how often a worker must call Heartbeat.
const HeartbeatInterval = 3 * time.Second

// workerTimeout is how long a worker may be silent before its jobs go to others:
// four heartbeats may be late or lost.
const workerTimeout = 15 * time.Second

// Heartbeat records that a worker is alive and how many images it scans at once,
// and returns the jobs of dead workers to the queue. It returns how many
// images all living workers scan at once. first is true once, at start: on
// SQLite, where only one server can run, all other workers are then known to
// be dead.
func (s Workers) Heartbeat(ctx context.Context, workerID string, slots int, first bool) (total int, err error) {
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		if first && !s.db.Postgres() {
			if _, err := tx.NewRaw("DELETE FROM worker").Exec(ctx); err != nil {
				return err
			}
		}
		at := s.db.now()
		const beat = `
			INSERT INTO worker (id, beat, slots) VALUES (?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET beat = excluded.beat`
		_, err := tx.NewRaw(beat, workerID, at, slots).Exec(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("DELETE FROM worker WHERE beat < ?", at-workerTimeout.Milliseconds()).Exec(ctx); err != nil {
			return err
		}
		last := "json_extract(attempted_by, '$[#-1]')"
		if s.db.Postgres() {
			last = "attempted_by[array_upper(attempted_by, 1)]"
		}
		const giveBack = `
			UPDATE river_job SET state = 'available'
			WHERE state = 'running' AND ? NOT IN (SELECT id FROM worker)`
		_, err = tx.NewRaw(giveBack, cond(last)).Exec(ctx)
		if err != nil {
			return err
		}
		return tx.NewRaw("SELECT CAST(SUM(slots) AS BIGINT) FROM worker").Scan(ctx, &total)
	})
	return total, err
}

// End removes a worker that stops in good order.
func (s Workers) End(ctx context.Context, workerID string) error {
	_, err := s.db.w.NewRaw("DELETE FROM worker WHERE id = ?", workerID).Exec(ctx)
	return err
}
