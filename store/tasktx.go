package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// TaskTx is a write transaction on the rows of tasks and image scans. It knows
// how the rows change, not when: those rules are package task's. It is valid
// inside the function it was handed to, for one goroutine.
type TaskTx struct {
	db *DB
	tx bun.Tx
}

// Update runs fn in one transaction. fn runs again when the database gave the
// transaction up for another, so it must have no effects outside it.
func (s Tasks) Update(ctx context.Context, fn func(tx TaskTx) error) error {
	return s.db.tx(ctx, func(tx bun.Tx) error { return fn(TaskTx{s.db, tx}) })
}

// SQL is the transaction itself, for the job queue in the same database.
func (t TaskTx) SQL() *sql.Tx { return t.tx.Tx }

// Now is the store's clock.
func (t TaskTx) Now() time.Time { return t.db.clock() }

// Task returns a task. NotFound when there is none.
func (t TaskTx) Task(ctx context.Context, id string) (landwaiter.Task, error) {
	return t.task(ctx, id, "")
}

// LockTask returns a task and keeps others from changing it until the
// transaction ends. A caller that locks an image scan as well locks that first, so
// that reports of one task can be written side by side.
func (t TaskTx) LockTask(ctx context.Context, id string) (landwaiter.Task, error) {
	return t.task(ctx, id, t.forUpdate())
}

func (t TaskTx) task(ctx context.Context, id, lock string) (landwaiter.Task, error) {
	var row taskRow
	err := t.tx.NewRaw("SELECT * FROM task WHERE id = ? ?", clean(id), bun.Safe(lock)).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return landwaiter.Task{}, noTask(id)
	}
	return row.task(), err
}

// forUpdate locks the rows that a SELECT returns. On SQLite a transaction that
// writes is alone anyway.
func (t TaskTx) forUpdate() string {
	if t.db.Postgres() {
		return "FOR UPDATE"
	}
	return ""
}

func noTask(id string) error { return landwaiter.Errorf(landwaiter.NotFound, "no task %s", clean(id)) }

// StartTask takes a task from READY to SCANNING and returns it so.
func (t TaskTx) StartTask(ctx context.Context, task landwaiter.Task) (landwaiter.Task, error) {
	at := t.db.now()
	task.Status, task.Started = landwaiter.TaskScanning, fromMillis(at)
	_, err := t.tx.NewRaw("UPDATE task SET status = ?, started_at = ?, deadline = ? WHERE id = ?",
		string(task.Status), at, at+task.Timeout.Milliseconds(), task.ID).Exec(ctx)
	return task, err
}

// StopTask records that a stop was asked for, unless the task has ended.
func (t TaskTx) StopTask(ctx context.Context, id string) error {
	_, err := t.tx.NewRaw("UPDATE task SET stopped = TRUE WHERE id = ? AND status <> 'END'", id).Exec(ctx)
	return err
}

// EndTask ends a task.
func (t TaskTx) EndTask(ctx context.Context, id string, result landwaiter.TaskResult) error {
	_, err := t.tx.NewRaw("UPDATE task SET status = ?, result = ?, ended_at = ? WHERE id = ?",
		string(landwaiter.TaskEnd), string(result), t.db.now(), id).Exec(ctx)
	return err
}

// Outcome counts how the image scans of a task ended.
type Outcome struct{ Total, Failed, Late int }

// Outcome reads all rows of the task: call it once, at its end.
func (t TaskTx) Outcome(ctx context.Context, taskID string) (o Outcome, err error) {
	const query = `
		SELECT COUNT(*) AS total,
			COUNT(CASE WHEN state = 'SCAN_ERR' THEN 1 END) AS failed,
			COUNT(CASE WHEN state = 'SCAN_TIMEOUT' THEN 1 END) AS late
		FROM image_scan WHERE task_id = ?`
	return o, t.tx.NewRaw(query, taskID).Scan(ctx, &o)
}

// InFlight counts the scans of a task that run or are queued to run. Like the
// two queries that follow it reads a few entries of the index on (task_id,
// state, queued, retry_at, seq), whatever the size of the task.
func (t TaskTx) InFlight(ctx context.Context, taskID string) (n int, err error) {
	const query = `
		SELECT (SELECT COUNT(*) FROM image_scan WHERE task_id = ?0 AND state = 'SCANNING')
			+ (SELECT COUNT(*) FROM image_scan WHERE task_id = ?0 AND state = 'WAIT_SCAN' AND queued = TRUE)`
	return n, t.tx.NewRaw(query, taskID).Scan(ctx, &n)
}

// QueueNext marks up to n waiting scans as queued, in their order, and returns
// their images. Scans whose next try is not due are left out.
func (t TaskTx) QueueNext(ctx context.Context, taskID string, n int) (images []string, err error) {
	const query = `
		UPDATE image_scan SET queued = TRUE WHERE task_id = ?0 AND image_id IN (
			SELECT image_id FROM image_scan
			WHERE task_id = ?0 AND state = 'WAIT_SCAN' AND queued = FALSE AND retry_at <= ?1
			ORDER BY retry_at, seq LIMIT ?2)
		RETURNING image_id`
	return images, t.tx.NewRaw(query, taskID, t.db.now(), n).Scan(ctx, &images)
}

// Waiting reports whether scans of a task wait, be it for their next try.
func (t TaskTx) Waiting(ctx context.Context, taskID string) (bool, error) {
	const query = `
		SELECT COUNT(*) FROM (
			SELECT 1 AS one FROM image_scan WHERE task_id = ? AND state = 'WAIT_SCAN' LIMIT 1) AS x`
	var n int
	err := t.tx.NewRaw(query, taskID).Scan(ctx, &n)
	return n > 0, err
}

// Scan returns an image scan and keeps others from changing it until the
// transaction ends. ok is false when there is none (any more). Of the scan,
// State, Tries, Retries and Stopped are filled.
func (t TaskTx) Scan(ctx context.Context, taskID, imageID string) (scan landwaiter.ImageScan, ok bool, err error) {
	var row struct {
		State          string
		Tries, Retries int
		Queued         bool
		Stopped        bool
	}
	const query = "SELECT state, tries, retries, queued, stopped FROM image_scan WHERE task_id = ? AND image_id = ? ?"
	err = t.tx.NewRaw(query, taskID, imageID, bun.Safe(t.forUpdate())).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return scan, false, nil
	}
	return landwaiter.ImageScan{
		TaskID: taskID, ImageID: imageID, State: landwaiter.ScanState(row.State), Tries: row.Tries, Retries: row.Retries,
		Queued: row.Queued, Stopped: row.Stopped,
	}, true, err
}

// StartScan takes an image scan to SCANNING for one more try.
func (t TaskTx) StartScan(ctx context.Context, scan landwaiter.ImageScan) (landwaiter.ImageScan, error) {
	at := t.db.now()
	scan.State, scan.Started = landwaiter.ScanRunning, fromMillis(at)
	scan.Tries++
	const query = "UPDATE image_scan SET state = ?, tries = ?, started_at = ? WHERE task_id = ? AND image_id = ?"
	_, err := t.tx.NewRaw(query, string(scan.State), scan.Tries, at, scan.TaskID, scan.ImageID).Exec(ctx)
	return scan, err
}

// EndScan ends an image scan. Of one with a report, risky says that something
// was found, and incomplete that not everything could be looked at.
func (t TaskTx) EndScan(
	ctx context.Context, taskID, imageID string, state landwaiter.ScanState, reason string,
	risky, incomplete bool,
) error {
	const query = `
		UPDATE image_scan SET state = ?, reason = ?, risky = ?, incomplete = ?, ended_at = ?
		WHERE task_id = ? AND image_id = ?`
	_, err := t.tx.NewRaw(query,
		string(state), clean(reason), risky, incomplete, t.db.now(), taskID, imageID).Exec(ctx)
	return err
}

// MarkImage shows in the inventory how the last scan of an image ended that
// brought no report. Its last report stays.
func (t TaskTx) MarkImage(ctx context.Context, imageID string, state landwaiter.ScanState, reason string) error {
	_, err := t.tx.NewRaw("UPDATE image SET scan_state = ?, scan_reason = ? WHERE id = ?",
		string(state), clean(reason), imageID).Exec(ctx)
	return err
}

// DelayScan puts a running scan back to waiting. QueueNext finds it again
// after the given time.
func (t TaskTx) DelayScan(ctx context.Context, taskID, imageID, reason string, after time.Duration) error {
	const query = `
		UPDATE image_scan SET state = ?, reason = ?, queued = FALSE, retries = retries + 1, retry_at = ?
		WHERE task_id = ? AND image_id = ? AND state = ?`
	_, err := t.tx.NewRaw(query, string(landwaiter.ScanWait), clean(reason), t.db.now()+after.Milliseconds(),
		taskID, imageID, string(landwaiter.ScanRunning)).Exec(ctx)
	return err
}

// ReleaseScan puts a running scan back to waiting as if it had not begun. Its
// job stays in the queue and runs again.
func (t TaskTx) ReleaseScan(ctx context.Context, taskID, imageID string) error {
	const query = `
		UPDATE image_scan SET state = ?, tries = tries - 1 WHERE task_id = ? AND image_id = ? AND state = ?`
	_, err := t.tx.NewRaw(query,
		string(landwaiter.ScanWait), taskID, imageID, string(landwaiter.ScanRunning)).Exec(ctx)
	return err
}

// EndWaiting ends all waiting scans of a task and marks their images. Scans
// that wait for another try keep the reason of the last one. It returns how
// many there were.
func (t TaskTx) EndWaiting(ctx context.Context, taskID string, state landwaiter.ScanState, reason string) (int, error) {
	at := t.db.now()
	const end = `
		UPDATE image_scan SET state = ?0, ended_at = ?2,
			reason = CASE WHEN reason = '' THEN ?1 ELSE ?1 || '; before, ' || reason END
		WHERE task_id = ?3 AND state = 'WAIT_SCAN'`
	res, err := t.tx.NewRaw(end, string(state), reason, at, taskID).Exec(ctx)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return 0, err
	}
	// From the scans to the images, never the other way round: a worker may
	// start a scan, and end it, meanwhile.
	const mark = `
		UPDATE image SET scan_state = ?0, scan_reason = ?1 WHERE id IN (
			SELECT image_id FROM image_scan WHERE task_id = ?2 AND state = ?0 AND ended_at = ?3)`
	_, err = t.tx.NewRaw(mark, string(state), reason, taskID, at).Exec(ctx)
	return int(n), err
}

// StopScans asks all unfinished scans of the images that a selection picks to
// stop, in whichever tasks they are, and ends those that wait. NotFound when
// the selection names an image that is not known.
func (t TaskTx) StopScans(
	ctx context.Context, sel landwaiter.Selection, state landwaiter.ScanState, reason string,
) error {
	picked, err := selectionWhere(sel)
	if err != nil {
		return err
	}
	if err := t.db.checkImages(ctx, t.tx, sel.Images); err != nil {
		return err
	}
	at := t.db.now()
	const stop = `
		UPDATE image_scan SET stopped = TRUE,
			ended_at = CASE WHEN state = 'WAIT_SCAN' THEN CAST(?0 AS BIGINT) ELSE ended_at END,
			reason = CASE WHEN state = 'WAIT_SCAN' THEN ?1 ELSE reason END,
			state = CASE WHEN state = 'WAIT_SCAN' THEN ?2 ELSE state END
		WHERE state IN ('WAIT_SCAN', 'SCANNING') AND image_id IN (SELECT i.id FROM image AS i WHERE ?3)`
	if _, err := t.tx.NewRaw(stop, at, reason, string(state), picked).Exec(ctx); err != nil {
		return err
	}
	const mark = `
		UPDATE image SET scan_state = ?0, scan_reason = ?1 WHERE id IN (SELECT i.id FROM image AS i WHERE ?2)
			AND EXISTS (SELECT 1 FROM image_scan AS s WHERE s.image_id = image.id AND s.state = ?0 AND s.ended_at = ?3)`
	_, err = t.tx.NewRaw(mark, string(state), reason, picked, at).Exec(ctx)
	return err
}

// Unfinished is a running scan whose task, or which itself, must not go on.
type Unfinished struct {
	TaskID, ImageID string
	Stopped         bool // else its task is out of time
}

// Unfinished lists the running scans of stopped and expired tasks, and those
// stopped one by one. It is asked for several times a second: naming the tasks
// in a query of their own keeps SQLite from reading the scans of all tasks that
// ever were.
func (s Tasks) Unfinished(ctx context.Context) (list []Unfinished, err error) {
	const query = `
		SELECT s.task_id, s.image_id, (t.stopped OR s.stopped) AS stopped
		FROM image_scan AS s JOIN task AS t ON t.id = s.task_id
		WHERE s.task_id IN (SELECT id FROM task WHERE status = 'SCANNING') AND s.state = 'SCANNING'
			AND (t.stopped OR s.stopped OR t.deadline <= ?now)`
	return list, s.db.r.NewRaw(query).Scan(ctx, &list)
}
