package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Tasks holds tasks and their image scans.
//
// After Create returns, the task and its frozen set of images are stored. Rows
// change by the transitions that the root package allows; the rules of when
// they change belong to package task.
type Tasks struct{ db *DB }

// Tasks gives access to tasks and their image scans.
func (s *DB) Tasks() Tasks { return Tasks{s} }

type taskRow struct {
	bun.BaseModel `bun:"table:task,alias:task"`
	ID            string `bun:",pk"`
	Status        string
	Result        string
	Kinds         uint8
	Class         int
	OneClick      bool
	TimeoutMs     int64
	CreatedAt     int64
	StartedAt     int64
	Deadline      int64
	EndedAt       int64
	Stopped       bool
}

func (r taskRow) task() landwaiter.Task {
	return landwaiter.Task{
		ID: r.ID, Status: landwaiter.TaskStatus(r.Status), Result: landwaiter.TaskResult(r.Result),
		Kinds: landwaiter.ScanKind(r.Kinds), Class: landwaiter.TaskClass(r.Class), OneClick: r.OneClick,
		Timeout: time.Duration(r.TimeoutMs) * time.Millisecond,
		Created: fromMillis(r.CreatedAt), Started: fromMillis(r.StartedAt), Ended: fromMillis(r.EndedAt), Stopped: r.Stopped,
	}
}

// Create stores a task with its frozen set of images. NotFound when the
// selection names unknown images or matches none; Conflict when none of them is
// authorized or all are being scanned.
func (t TaskTx) Create(ctx context.Context, sel landwaiter.Selection) (landwaiter.Task, error) {
	picked, err := selectionWhere(sel)
	if err != nil {
		return landwaiter.Task{}, err
	}
	timeout := sel.Timeout
	if timeout <= 0 {
		timeout = landwaiter.DefaultTimeout
	}
	row := taskRow{
		ID: newTaskID(), Status: string(landwaiter.TaskReady), Kinds: uint8(sel.Kinds), Class: int(sel.Class()),
		OneClick: sel.OneClick, TimeoutMs: timeout.Milliseconds(), CreatedAt: t.db.now(),
	}
	// Two at once must not both find an image, or the one click, free.
	if err := t.db.lock(ctx, t.tx, "create task"); err != nil {
		return landwaiter.Task{}, err
	}
	if err := t.db.checkSelection(ctx, t.tx, sel); err != nil {
		return landwaiter.Task{}, err
	}
	if _, err := t.tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return landwaiter.Task{}, err
	}
	// In the order of the indexes on image_id, half as costly as in that of seq.
	const freeze = `
		INSERT INTO image_scan (task_id, image_id, seq, state, why)
		SELECT ?, i.id, ROW_NUMBER() OVER (ORDER BY i.created DESC, i.id), ?, ?
		FROM image AS i WHERE ? AND i.authorized AND NOT ? ORDER BY i.id`
	res, err := t.tx.NewRaw(freeze, row.ID, string(landwaiter.ScanWait), whySQL(sel), picked, cond(busySQL)).Exec(ctx)
	if err != nil {
		return landwaiter.Task{}, err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Task{}, whyEmpty(ctx, t.tx, picked)
	}
	return row.task(), nil
}

// busySQL is true for an image that a task is scanning or about to scan.
const busySQL = `
	EXISTS (
		SELECT 1 FROM image_scan AS s
		WHERE s.image_id = i.id AND s.state IN ('WAIT_SCAN', 'SCANNING'))`

// checkSelection refuses images and clusters that we do not know, and a second
// one-click task.
func (s *DB) checkSelection(ctx context.Context, tx bun.Tx, sel landwaiter.Selection) error {
	if err := s.checkImages(ctx, tx, sel.Images); err != nil {
		return err
	}
	for _, id := range sel.Clusters {
		var n int
		if err := tx.NewRaw("SELECT COUNT(*) FROM cluster WHERE id = ?", clean(id)).Scan(ctx, &n); err != nil {
			return err
		}
		if n == 0 {
			return landwaiter.Errorf(landwaiter.NotFound, "no cluster %s is known", clean(id))
		}
	}
	if !sel.OneClick {
		return nil
	}
	var running string
	err := tx.NewRaw("SELECT id FROM task WHERE one_click AND status <> 'END' LIMIT 1").Scan(ctx, &running)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return landwaiter.Errorf(landwaiter.Conflict, "the one-click task %s is running; wait for it or stop it", running)
}

// checkImages refuses a list that names an image we do not know.
func (s *DB) checkImages(ctx context.Context, tx bun.Tx, ids []string) error {
	for _, part := range chunks(ids, insertChunk) {
		var known []string
		if err := tx.NewRaw("SELECT id FROM image WHERE id IN (?)", bun.List(part)).Scan(ctx, &known); err != nil {
			return err
		}
		have := map[string]bool{}
		for _, id := range known {
			have[id] = true
		}
		for _, id := range part {
			if !have[id] {
				return landwaiter.Errorf(landwaiter.NotFound, "no image %s is known; sync its source first", clean(id))
			}
		}
	}
	return nil
}

// whyEmpty explains a selection that left nothing to scan.
func whyEmpty(ctx context.Context, tx bun.Tx, c where) error {
	var n struct{ Matching, Busy int }
	const query = `
		SELECT COUNT(*) AS matching, COALESCE(SUM(CASE WHEN ? THEN 1 ELSE 0 END), 0) AS busy
		FROM image AS i WHERE ?`
	err := tx.NewRaw(query, cond(busySQL), c).Scan(ctx, &n)
	switch {
	case err != nil:
		return err
	case n.Matching == 0:
		return landwaiter.Errorf(landwaiter.NotFound, "no image matches the selection; add a source or sync it")
	case n.Busy > 0:
		return landwaiter.Errorf(landwaiter.Conflict, "a scan of the selected images is running already (%d of %d)",
			n.Busy, n.Matching)
	}
	return landwaiter.Errorf(landwaiter.Conflict, "none of the %d selected images is authorized for scanning", n.Matching)
}

func newTaskID() string {
	b := make([]byte, 12)
	rand.Read(b) // never fails, see crypto/rand
	return hex.EncodeToString(b)
}

// Progress returns a task with its counts; the remaining time is left to the
// caller. NotFound when there is none.
func (s Tasks) Progress(ctx context.Context, taskID string) (landwaiter.Progress, error) {
	var row taskRow
	err := s.db.r.NewSelect().Model(&row).Where("id = ?", clean(taskID)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return landwaiter.Progress{}, noTask(taskID)
	}
	if err != nil {
		return landwaiter.Progress{}, err
	}
	return s.db.progress(ctx, row)
}

// Last returns the newest task, or the newest one-click task. NotFound
// when there is none.
func (s Tasks) Last(ctx context.Context, oneClick bool) (landwaiter.Progress, error) {
	var row taskRow
	q := s.db.r.NewSelect().Model(&row).OrderExpr("created_at DESC, id DESC").Limit(1)
	if oneClick {
		q = q.Where("one_click")
	}
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return landwaiter.Progress{}, landwaiter.Errorf(landwaiter.NotFound, "no task was created yet")
	}
	if err != nil {
		return landwaiter.Progress{}, err
	}
	return s.db.progress(ctx, row)
}

// List returns the newest tasks, newest first.
func (s Tasks) List(ctx context.Context, limit int) ([]landwaiter.Progress, error) {
	var rows []taskRow
	if err := s.db.r.NewSelect().Model(&rows).OrderExpr("created_at DESC, id DESC").Limit(int64(limit)).
		Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]landwaiter.Progress, len(rows))
	for i, row := range rows {
		p, err := s.db.progress(ctx, row)
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

// progress counts a task's rows.
func (s *DB) progress(ctx context.Context, row taskRow) (landwaiter.Progress, error) {
	var groups []struct {
		State      string
		Risky      bool
		Incomplete bool
		N          int
	}
	const query = `
		SELECT state, risky, incomplete, COUNT(*) AS n
		FROM image_scan WHERE task_id = ? GROUP BY state, risky, incomplete`
	err := s.r.NewRaw(query, row.ID).Scan(ctx, &groups)
	if err != nil {
		return landwaiter.Progress{}, err
	}
	p := landwaiter.Progress{Task: row.task()}
	for _, g := range groups {
		p.Total += g.N
		state := landwaiter.ScanState(g.State)
		if state.Terminal() {
			p.Done += g.N
		}
		switch {
		case state != landwaiter.ScanDone:
		case g.Risky:
			p.Risky += g.N
		case g.Incomplete:
			p.Incomplete += g.N
		default:
			p.Safe += g.N
		}
	}
	return p, nil
}

// ImageScans lists the image scans of a task in their order.
func (s Tasks) ImageScans(ctx context.Context, taskID string) ([]landwaiter.ImageScan, error) {
	var rows []struct {
		ImageID   string
		State     string
		Reason    string
		Why       string
		Tries     int
		Retries   int
		StartedAt int64
		EndedAt   int64
	}
	const query = `
		SELECT image_id, state, reason, why, tries, retries, started_at, ended_at
		FROM image_scan WHERE task_id = ? ORDER BY seq`
	err := s.db.r.NewRaw(query, clean(taskID)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]landwaiter.ImageScan, len(rows))
	for i, r := range rows {
		out[i] = landwaiter.ImageScan{
			TaskID: taskID, ImageID: r.ImageID, State: landwaiter.ScanState(r.State), Reason: r.Reason,
			Why: r.Why, Tries: r.Tries, Retries: r.Retries, Started: fromMillis(r.StartedAt), Ended: fromMillis(r.EndedAt),
		}
	}
	return out, nil
}
