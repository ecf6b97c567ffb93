package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Advance moves a task on: ends waiting scans of a stopped or expired task,
// ends the task when nothing is left, else queues waiting scans until window
// of them are queued or running. It reports whether the task has ended.
func (s Tasks) Advance(ctx context.Context, taskID string, window int, enqueue Enqueue) (ended bool, err error) {
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		ended, err = s.db.advance(ctx, tx, taskID, window, enqueue)
		return err
	})
	return ended, err
}

func (s *DB) advance(ctx context.Context, tx bun.Tx, taskID string, window int, enqueue Enqueue) (bool, error) {
	var row taskRow
	q := tx.NewSelect().Model(&row).Where("id = ?", taskID)
	if s.Postgres() {
		q = q.For("UPDATE") // one at a time: two ends of scans must not both fill the window
	}
	if err := q.Scan(ctx); errors.Is(err, sql.ErrNoRows) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	if row.Status == string(landwaiter.TaskEnd) {
		return true, nil
	}
	at := s.now()
	if row.Status == string(landwaiter.TaskReady) {
		row.Status, row.StartedAt, row.Deadline = string(landwaiter.TaskScanning), at, at+row.TimeoutMs
		if _, err := tx.NewUpdate().Model(&row).Column("status", "started_at", "deadline").WherePK().Exec(ctx); err != nil {
			return false, err
		}
	}
	if state := haltState(row, at); state != "" {
		if err := haltWaiting(ctx, tx, taskID, state, at); err != nil {
			return false, err
		}
	}
	return s.fillOrEnd(ctx, tx, row, window, enqueue)
}

// haltWaiting ends the scans of a task that have not begun, or wait to be
// tried again; these tell what failed them before. The image follows its scan,
// never the other way round: a worker may begin it, and end it, meanwhile.
func haltWaiting(ctx context.Context, tx bun.Tx, taskID string, state landwaiter.ScanState, at int64) error {
	_, err := tx.NewRaw("UPDATE image_scan SET state = ?0, reason = CASE WHEN reason = '' THEN ?1 ELSE ?1 || '; before, ' || reason END, ended_at = ?2 "+
		"WHERE task_id = ?3 AND state = ?4", string(state), haltReason(state), at, taskID, string(landwaiter.ScanWait)).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("UPDATE image SET scan_state = ?0, scan_reason = ?1 WHERE id IN "+
		"(SELECT image_id FROM image_scan WHERE task_id = ?2 AND state = ?0 AND ended_at = ?3)",
		string(state), haltReason(state), taskID, at).Exec(ctx)
	return err
}

// haltState returns what becomes of unfinished scans of a task that must not
// go on, "" while it may.
func haltState(row taskRow, at int64) landwaiter.ScanState {
	switch {
	case row.Stopped:
		return landwaiter.ScanCanceled
	case row.Deadline > 0 && at >= row.Deadline:
		return landwaiter.ScanTimeout
	}
	return ""
}

func haltReason(state landwaiter.ScanState) string {
	if state == landwaiter.ScanTimeout {
		return "the task's timeout came first; scan again with a longer Timeout"
	}
	return "stopped on request"
}

// fillOrEnd costs the same for a task of ten images and one of a hundred
// thousand: each query reads at most window+1 entries of the index on
// (task_id, state, queued, retry_at, seq). Scans that wait to be tried again
// hold no place in the window, so a source that is down does not hold up the
// images of others.
func (s *DB) fillOrEnd(ctx context.Context, tx bun.Tx, row taskRow, window int, enqueue Enqueue) (bool, error) {
	var inflight int
	err := tx.NewRaw("SELECT (SELECT COUNT(*) FROM image_scan WHERE task_id = ?0 AND state = 'SCANNING') + "+
		"(SELECT COUNT(*) FROM image_scan WHERE task_id = ?0 AND state = 'WAIT_SCAN' AND queued = TRUE)", row.ID).Scan(ctx, &inflight)
	if err != nil {
		return false, err
	}
	if inflight >= window {
		return false, nil
	}
	var ids []string
	err = tx.NewRaw("UPDATE image_scan SET queued = TRUE WHERE task_id = ? AND image_id IN "+
		"(SELECT image_id FROM image_scan WHERE task_id = ? AND state = 'WAIT_SCAN' AND queued = FALSE AND retry_at <= ? ORDER BY retry_at, seq LIMIT ?) "+
		"RETURNING image_id", row.ID, row.ID, s.now(), window-inflight).Scan(ctx, &ids)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := enqueue(tx.Tx, Job{TaskID: row.ID, ImageID: id, Class: landwaiter.TaskClass(row.Class)}); err != nil {
			return false, err
		}
	}
	if inflight+len(ids) > 0 {
		return false, nil
	}
	var waiting int
	err = tx.NewRaw("SELECT COUNT(*) FROM (SELECT 1 AS one FROM image_scan WHERE task_id = ? AND state = 'WAIT_SCAN' LIMIT 1) AS x", row.ID).Scan(ctx, &waiting)
	if err != nil || waiting > 0 {
		return false, err
	}
	return true, s.endTask(ctx, tx, row)
}

// endTask derives the result from the rows: Cancel and Timeout when that
// stopped it, Error when every scan failed, else Success.
func (s *DB) endTask(ctx context.Context, tx bun.Tx, row taskRow) error {
	var n struct{ Total, Failed, Late int }
	err := tx.NewRaw("SELECT COUNT(*) AS total, COUNT(CASE WHEN state = 'SCAN_ERR' THEN 1 END) AS failed, "+
		"COUNT(CASE WHEN state = 'SCAN_TIMEOUT' THEN 1 END) AS late FROM image_scan WHERE task_id = ?", row.ID).Scan(ctx, &n)
	if err != nil {
		return err
	}
	result := landwaiter.TaskSuccess
	switch {
	case row.Stopped:
		result = landwaiter.TaskCancel
	case n.Late > 0:
		result = landwaiter.TaskTimeout
	case n.Failed == n.Total:
		result = landwaiter.TaskError
	}
	_, err = tx.NewRaw("UPDATE task SET status = ?, result = ?, ended_at = ? WHERE id = ?",
		string(landwaiter.TaskEnd), string(result), s.now(), row.ID).Exec(ctx)
	return err
}

// BeginScan takes an image scan into SCANNING and returns its task and its
// tries, this one included. It also takes one that is SCANNING
// already: only one job ever speaks for a scan, so its worker has died. ok is
// false when there is nothing to do: it has ended, or ends now since it was
// stopped or is out of time. That matters when its worker died before it could
// do so: nobody else would.
func (s Tasks) BeginScan(ctx context.Context, taskID, imageID string) (task landwaiter.Task, scan landwaiter.ImageScan, ok bool, err error) {
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		var row taskRow
		if err := tx.NewSelect().Model(&row).Where("id = ?", taskID).Scan(ctx); err != nil {
			return err
		}
		task = row.task()
		at := s.db.now()
		if row.Status == string(landwaiter.TaskEnd) {
			return nil
		}
		if halt := haltState(row, at); halt != "" {
			return s.db.endScan(ctx, tx, taskID, imageID, halt, haltReason(halt))
		}
		var got []struct{ Tries, Retries int }
		err := tx.NewRaw("UPDATE image_scan SET state = ?, tries = tries + 1, started_at = ? "+
			"WHERE task_id = ? AND image_id = ? AND (state = ? OR (state = ? AND queued)) AND NOT stopped RETURNING tries, retries",
			string(landwaiter.ScanRunning), at, taskID, imageID,
			string(landwaiter.ScanRunning), string(landwaiter.ScanWait)).Scan(ctx, &got)
		if err != nil {
			return err
		}
		if len(got) == 0 {
			var stopped bool
			err := tx.NewRaw("SELECT stopped FROM image_scan WHERE task_id = ? AND image_id = ?", taskID, imageID).Scan(ctx, &stopped)
			if err != nil || !stopped {
				return err
			}
			return s.db.endScan(ctx, tx, taskID, imageID, landwaiter.ScanCanceled, haltReason(landwaiter.ScanCanceled))
		}
		scan = landwaiter.ImageScan{
			TaskID: taskID, ImageID: imageID, State: landwaiter.ScanRunning,
			Tries: got[0].Tries, Retries: got[0].Retries, Started: fromMillis(at),
		}
		ok = true
		return nil
	})
	if errors.Is(err, sql.ErrNoRows) {
		return task, scan, false, nil
	}
	return task, scan, ok, err
}

// EndScan ends a running or waiting scan without a report and moves its task
// on. The image's last good report stays.
func (s Tasks) EndScan(ctx context.Context, taskID, imageID string, state landwaiter.ScanState, reason string, window int, enqueue Enqueue) error {
	return s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.endScan(ctx, tx, taskID, imageID, state, reason); err != nil {
			return err
		}
		_, err := s.db.advance(ctx, tx, taskID, window, enqueue)
		return err
	})
}

// endScan ends an image scan that is not ended yet without a report.
func (s *DB) endScan(ctx context.Context, tx bun.Tx, taskID, imageID string, state landwaiter.ScanState, reason string) error {
	before, err := s.lockScan(ctx, tx, taskID, imageID)
	if err != nil || before == "" || before.Terminal() {
		return err
	}
	_, err = tx.NewRaw("UPDATE image SET scan_state = ?, scan_reason = ? WHERE id = ?", string(state), clean(reason), imageID).Exec(ctx)
	if err != nil {
		return err
	}
	return s.setScanState(ctx, tx, taskID, imageID, state, reason, false)
}

// lockScan returns the state of an image scan, "" when there is none any more,
// and keeps others from changing it until the transaction ends.
func (s *DB) lockScan(ctx context.Context, tx bun.Tx, taskID, imageID string) (landwaiter.ScanState, error) {
	lock := ""
	if s.Postgres() {
		lock = "FOR UPDATE"
	}
	var state string
	err := tx.NewRaw("SELECT state FROM image_scan WHERE task_id = ? AND image_id = ? ?", taskID, imageID, bun.Safe(lock)).Scan(ctx, &state)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return landwaiter.ScanState(state), err
}

// setScanState ends an image scan, if the table of transitions allows it.
func (s *DB) setScanState(ctx context.Context, tx bun.Tx, taskID, imageID string, state landwaiter.ScanState, reason string, risky bool) error {
	var from []string
	for _, f := range []landwaiter.ScanState{landwaiter.ScanWait, landwaiter.ScanRunning} {
		if f.CanBecome(state) {
			from = append(from, string(f))
		}
	}
	_, err := tx.NewRaw("UPDATE image_scan SET state = ?, reason = ?, risky = ?, ended_at = ? WHERE task_id = ? AND image_id = ? AND state IN (?)",
		string(state), clean(reason), risky, s.now(), taskID, imageID, bun.List(from)).Exec(ctx)
	return err
}

// RetryScan puts a running scan that a source failed back to waiting, and its
// place in the window to another. Advance queues it again after a while.
func (s Tasks) RetryScan(ctx context.Context, taskID, imageID, reason string, after time.Duration, window int, enqueue Enqueue) error {
	return s.db.tx(ctx, func(tx bun.Tx) error {
		_, err := tx.NewRaw("UPDATE image_scan SET state = ?, reason = ?, queued = FALSE, retries = retries + 1, retry_at = ? "+
			"WHERE task_id = ? AND image_id = ? AND state = ?", string(landwaiter.ScanWait), clean(reason), s.db.now()+after.Milliseconds(),
			taskID, imageID, string(landwaiter.ScanRunning)).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = s.db.advance(ctx, tx, taskID, window, enqueue)
		return err
	})
}

// ReleaseScan puts a running scan back to waiting as if it had not begun: its
// worker stops in good order. Its job stays and runs again.
func (s Tasks) ReleaseScan(ctx context.Context, taskID, imageID string) error {
	_, err := s.db.w.NewRaw("UPDATE image_scan SET state = ?, tries = tries - 1 WHERE task_id = ? AND image_id = ? AND state = ?",
		string(landwaiter.ScanWait), taskID, imageID, string(landwaiter.ScanRunning)).Exec(ctx)
	return err
}

// Halt names a running scan that must end now, and as what.
type Halt struct {
	TaskID, ImageID string
	State           landwaiter.ScanState
	Reason          string
}

// Halts lists the running scans of stopped and expired tasks, and the ones
// stopped one by one. It is asked for several times a second: naming the tasks
// in a query of their own keeps SQLite from reading the scans of all tasks that
// ever were.
func (s Tasks) Halts(ctx context.Context) ([]Halt, error) {
	var rows []struct {
		TaskID  string
		ImageID string
		Stop    bool
	}
	err := s.db.r.NewRaw("SELECT s.task_id, s.image_id, (t.stopped OR s.stopped) AS stop FROM image_scan AS s "+
		"JOIN task AS t ON t.id = s.task_id WHERE s.task_id IN (SELECT id FROM task WHERE status = 'SCANNING') AND s.state = 'SCANNING' "+
		"AND (t.stopped OR s.stopped OR t.deadline <= ?)", s.db.now()).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	halts := make([]Halt, len(rows))
	for i, r := range rows {
		state := landwaiter.ScanTimeout
		if r.Stop {
			state = landwaiter.ScanCanceled
		}
		halts[i] = Halt{TaskID: r.TaskID, ImageID: r.ImageID, State: state, Reason: haltReason(state)}
	}
	return halts, nil
}

// Stop asks a task to stop: one row. NotFound when there is none;
// stopping an ended task changes nothing.
func (s Tasks) Stop(ctx context.Context, taskID string) error {
	res, err := s.db.w.NewRaw("UPDATE task SET stopped = (stopped OR status <> 'END') WHERE id = ?", clean(taskID)).Exec(ctx)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.NotFound, "no task %s", clean(taskID))
	}
	return nil
}

// StopImages stops the scans of the images that a selection picks, in
// whichever tasks they are: waiting ones end now, running ones soon.
func (s Tasks) StopImages(ctx context.Context, sel landwaiter.Selection) error {
	picked, err := selectionWhere(sel)
	if err != nil {
		return err
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.checkImages(ctx, tx, sel.Images); err != nil {
			return err
		}
		at := s.db.now()
		_, err := tx.NewRaw("UPDATE image_scan SET stopped = TRUE, "+
			"ended_at = CASE WHEN state = 'WAIT_SCAN' THEN CAST(? AS BIGINT) ELSE ended_at END, "+
			"reason = CASE WHEN state = 'WAIT_SCAN' THEN ? ELSE reason END, "+
			"state = CASE WHEN state = 'WAIT_SCAN' THEN 'CANCELED' ELSE state END "+
			"WHERE state IN ('WAIT_SCAN', 'SCANNING') AND image_id IN (SELECT i.id FROM image AS i WHERE ?)",
			at, haltReason(landwaiter.ScanCanceled), picked).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw("UPDATE image SET scan_state = ?0, scan_reason = ?1 WHERE id IN (SELECT i.id FROM image AS i WHERE ?2) "+
			"AND EXISTS (SELECT 1 FROM image_scan AS s WHERE s.image_id = image.id AND s.state = ?0 AND s.ended_at = ?3)",
			string(landwaiter.ScanCanceled), haltReason(landwaiter.ScanCanceled), picked, at).Exec(ctx)
		return err
	})
}
