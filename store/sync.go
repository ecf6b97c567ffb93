package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// SyncHeartbeat is how often the process that reads a source must call
// RenewSync. syncTimeout after the last call, another may take the source over.
const (
	SyncHeartbeat = 3 * time.Second
	syncTimeout   = 15 * time.Second
)

// SyncLease is the right to read a source into the store. At most one process
// has it for a source.
type SyncLease struct {
	Source  string
	Started time.Time
	owner   string
}

// LeaseSync takes the right to sync a source, to be given back by EndSync.
// Conflict while another process has it; NotFound when there is no such source.
func (s Sources) LeaseSync(ctx context.Context, source string) (SyncLease, error) {
	at := s.db.now()
	l := SyncLease{Source: source, Started: fromMillis(at), owner: uuid.NewString()}
	const query = `
		UPDATE source SET sync_owner = ?, sync_started = ?, sync_beat = ?, sync_read = 0
		WHERE name = ? AND (sync_owner = '' OR sync_beat < ?)`
	res, err := s.db.w.NewRaw(query, l.owner, at, at, source, at-syncTimeout.Milliseconds()).Exec(ctx)
	if err != nil {
		return l, err
	}
	if n, _ := res.RowsAffected(); n > 0 {
		return l, nil
	}
	if _, err := s.Get(ctx, source); err != nil {
		return l, err
	}
	return l, landwaiter.Errorf(landwaiter.Conflict, "source %s is being read by another process", source)
}

// RenewSync keeps the lease and records how many images were read. Conflict
// when the lease was lost: the source was removed, or this process was silent
// for too long.
func (s Sources) RenewSync(ctx context.Context, l SyncLease, read int) error {
	res, err := s.db.w.NewRaw("UPDATE source SET sync_beat = ?, sync_read = ? WHERE name = ? AND sync_owner = ?",
		s.db.now(), read, l.Source, l.owner).Exec(ctx)
	if err != nil {
		return err
	}
	return stillLeased(res, l.Source)
}

func stillLeased(res sql.Result, source string) error {
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.Conflict, "source %s was removed or taken over while it was read", source)
	}
	return nil
}

// EndSync gives a lease back and records how the sync went. After a good one,
// places that it did not see are marked gone, and a name that it saw at
// another image is taken from the one that had it before. Conflict, and
// nothing is changed, when the lease was lost.
func (s Sources) EndSync(ctx context.Context, l SyncLease, syncErr error) error {
	return s.db.tx(ctx, func(tx bun.Tx) error {
		at, message := s.db.now(), ""
		if syncErr != nil {
			message = clean(syncErr.Error())
		}
		const free = `
			UPDATE source
			SET sync_owner = '', sync_error = ?0,
				synced_at = CASE WHEN ?0 = '' THEN CAST(?1 AS BIGINT) ELSE synced_at END
			WHERE name = ?2 AND sync_owner = ?3`
		res, err := tx.NewRaw(free, message, at, l.Source, l.owner).Exec(ctx)
		if err != nil {
			return err
		}
		if err := stillLeased(res, l.Source); err != nil {
			return err
		}
		const done = `
			UPDATE sync_task_source SET ended_at = ?, error = ?
			WHERE source = ? AND ended_at = 0 AND created_at <= ?`
		_, err = tx.NewRaw(done, at, message, l.Source, millis(l.Started)).Exec(ctx)
		if err != nil || syncErr != nil {
			return err
		}
		return markGone(ctx, tx, l)
	})
}

func markGone(ctx context.Context, tx bun.Tx, l SyncLease) error {
	_, err := tx.NewRaw("UPDATE image_place SET gone = TRUE WHERE source = ? AND seen_at < ? AND NOT gone",
		l.Source, millis(l.Started)).Exec(ctx)
	if err != nil {
		return err
	}
	const query = `
		DELETE FROM image_name
		WHERE source = ?0 AND seen_at < ?1
			AND EXISTS (
				SELECT 1 FROM image_name AS other
				WHERE other.source = ?0 AND other.name = image_name.name AND other.seen_at >= ?1)`
	_, err = tx.NewRaw(query, l.Source, millis(l.Started)).Exec(ctx)
	return err
}

// SyncStatus is how far a sync task is.
type SyncStatus string

// The states of a sync task.
const (
	SyncPending SyncStatus = "pending" // no source is being read yet
	SyncRunning SyncStatus = "running" // some are
	SyncDone    SyncStatus = "done"    // all were read
	SyncFailed  SyncStatus = "failed"  // all have ended, some could not be read
)

// SyncTask is a request to read sources again, and how far it is.
type SyncTask struct {
	Number  int64 // from 1 up
	Status  SyncStatus
	Created time.Time
	Ended   time.Time // zero until all sources have ended
	Sources int
	Done    int    // sources that were read, or could not be
	Images  int    // read so far
	Error   string // of one source that could not be read
}

// RequestSync asks the running server to read sources now; no names mean all
// sources. A sync that is running already does not count: it may be past what
// the caller wants to see. NotFound when a name is unknown.
func (s Sources) RequestSync(ctx context.Context, names []string) (SyncTask, error) {
	at := s.db.now()
	var number int64
	err := s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.lock(ctx, tx, "sync_task"); err != nil {
			return err
		}
		const create = `
			INSERT INTO sync_task (number, created_at)
			SELECT COALESCE(MAX(number), 0) + 1, CAST(? AS BIGINT) FROM sync_task WHERE TRUE
			RETURNING number`
		err := tx.NewRaw(create, at).Scan(ctx, &number)
		if err != nil {
			return err
		}
		wanted := always
		if len(names) > 0 {
			wanted = cond("name IN (?)", bun.List(names))
		}
		var known []string
		err = tx.NewRaw("UPDATE source SET requested_at = ? WHERE ? RETURNING name", at, wanted).Scan(ctx, &known)
		if err != nil {
			return err
		}
		if err := allKnown(names, known); err != nil {
			return err
		}
		const addSources = `
			INSERT INTO sync_task_source (number, source, created_at)
			SELECT ?, name, CAST(? AS BIGINT) FROM source WHERE ?`
		_, err = tx.NewRaw(addSources, number, at, wanted).Exec(ctx)
		return err
	})
	if err != nil {
		return SyncTask{}, err
	}
	return s.SyncTask(ctx, number)
}

func allKnown(names, known []string) error {
	have := map[string]bool{}
	for _, n := range known {
		have[n] = true
	}
	for _, n := range names {
		if !have[n] {
			return landwaiter.Errorf(landwaiter.NotFound, "no source %q; see 'landwaiter source list'", clean(n))
		}
	}
	return nil
}

// SyncTask returns a sync task; 0 means the newest. NotFound when there is
// none. Sources that were removed since do not count.
func (s Sources) SyncTask(ctx context.Context, number int64) (SyncTask, error) {
	var row struct {
		Number, CreatedAt, EndedAt   int64
		Sources, Done, Running, Read int
		Error                        string
	}
	const query = `
		SELECT t.number, t.created_at, COUNT(l.source) AS sources,
			COUNT(CASE WHEN l.ended_at > 0 THEN 1 END) AS done,
			COUNT(CASE
				WHEN l.ended_at = 0 AND s.sync_owner <> '' AND s.sync_started >= t.created_at THEN 1
			END) AS running,
			COALESCE(SUM(CASE WHEN s.sync_started >= t.created_at THEN s.sync_read END), 0) AS read,
			COALESCE(MAX(l.ended_at), 0) AS ended_at, COALESCE(MAX(l.error), '') AS error
		FROM sync_task AS t
			LEFT JOIN sync_task_source AS l ON l.number = t.number
			LEFT JOIN source AS s ON s.name = l.source
		WHERE t.number = ?0 OR (?0 = 0 AND t.number = (SELECT MAX(number) FROM sync_task))
		GROUP BY t.number, t.created_at`
	err := s.db.r.NewRaw(query, number).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return SyncTask{}, landwaiter.Errorf(landwaiter.NotFound, "no sync task %d", number)
	}
	t := SyncTask{
		Number: row.Number, Created: fromMillis(row.CreatedAt), Sources: row.Sources, Done: row.Done, Images: row.Read,
		Error: row.Error,
	}
	switch {
	case row.Done < row.Sources && row.Done+row.Running == 0:
		t.Status = SyncPending
	case row.Done < row.Sources:
		t.Status = SyncRunning
	case row.Error != "":
		t.Status = SyncFailed
	default:
		t.Status = SyncDone
	}
	if row.Done == row.Sources {
		t.Ended = fromMillis(max(row.EndedAt, row.CreatedAt))
	}
	return t, err
}
