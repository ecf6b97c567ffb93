package task

import (
	"context"
	"database/sql"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// life has the rules by which tasks and image scans change state. Each method is
// one transaction, which includes the jobs that it enqueues.
type life struct {
	tasks store.Tasks
	// window returns how many scans of one task may be running or queued.
	window func() int
	// enqueue adds a job to the queue.
	enqueue func(tx *sql.Tx, job job) error
}

// job is a job for the queue.
type job struct {
	taskID  string
	imageID string // "": the job of the task itself
	class   landwaiter.TaskClass
}

// create stores a task with its images and its job. It returns the errors of
// [store.TaskTx.Create].
func (l life) create(ctx context.Context, sel landwaiter.Selection) (task landwaiter.Task, err error) {
	err = l.tasks.Update(ctx, func(tx store.TaskTx) error {
		if task, err = tx.Create(ctx, sel); err != nil {
			return err
		}
		return l.enqueue(tx.SQL(), job{taskID: task.ID, class: task.Class})
	})
	return task, err
}

// advance is advanceIn in a transaction.
func (l life) advance(ctx context.Context, taskID string) (ended bool, err error) {
	err = l.tasks.Update(ctx, func(tx store.TaskTx) error {
		ended, err = l.advanceIn(ctx, tx, taskID)
		return err
	})
	return ended, err
}

// advanceIn starts a task that is ready, ends the waiting scans of one that was
// stopped or has timed out, queues waiting scans until the window is full, and ends
// the task if no scan is left. It reports whether the task has ended. It also runs
// at the end of each scan, so that the window stays full.
func (l life) advanceIn(ctx context.Context, tx store.TaskTx, taskID string) (ended bool, err error) {
	task, err := tx.LockTask(ctx, taskID)
	switch {
	case landwaiter.KindOf(err) == landwaiter.NotFound:
		return true, nil
	case err != nil:
		return false, err
	case task.Status == landwaiter.TaskEnd:
		return true, nil
	case task.Status == landwaiter.TaskReady:
		if task, err = tx.StartTask(ctx, task); err != nil {
			return false, err
		}
	}
	if state := haltState(task, tx.Now()); state != "" {
		if _, err := tx.EndWaiting(ctx, taskID, state, haltReason(state)); err != nil {
			return false, err
		}
	}
	return l.fillOrEnd(ctx, tx, task)
}

// fillOrEnd queues waiting scans, or ends the task if there are none. Its cost does
// not depend on the number of images of the task. A scan that waits for a retry does
// not count towards the window, so that a source that is down does not hold up the
// images of other sources.
func (l life) fillOrEnd(ctx context.Context, tx store.TaskTx, task landwaiter.Task) (ended bool, err error) {
	inFlight, err := tx.InFlight(ctx, task.ID)
	if err != nil || inFlight >= l.window() {
		return false, err
	}
	images, err := tx.QueueNext(ctx, task.ID, l.window()-inFlight)
	if err != nil {
		return false, err
	}
	for _, id := range images {
		if err := l.enqueue(tx.SQL(), job{taskID: task.ID, imageID: id, class: task.Class}); err != nil {
			return false, err
		}
	}
	if inFlight+len(images) > 0 {
		return false, nil
	}
	if waiting, err := tx.Waiting(ctx, task.ID); err != nil || waiting {
		return false, err
	}
	return true, endTask(ctx, tx, task)
}

// endTask ends a task. The result is Cancel or Timeout if the task was stopped or
// has timed out, Error if every scan failed, and Success otherwise.
func endTask(ctx context.Context, tx store.TaskTx, task landwaiter.Task) error {
	n, err := tx.Outcome(ctx, task.ID)
	if err != nil {
		return err
	}
	task.Status, task.Ended = landwaiter.TaskEnd, tx.Now()
	switch {
	case task.Stopped:
		task.Result = landwaiter.TaskCancel
	case n.Late > 0:
		task.Result = landwaiter.TaskTimeout
	case n.Failed == n.Total:
		task.Result = landwaiter.TaskError
	default:
		task.Result = landwaiter.TaskSuccess
	}
	if err := tx.EndTask(ctx, task.ID, task.Result); err != nil {
		return err
	}
	return ended(ctx, tx, Ended{Task: task})
}

// haltState returns the state in which the unfinished scans of a stopped or timed
// out task end; "" for other tasks.
func haltState(task landwaiter.Task, now time.Time) landwaiter.ScanState {
	switch {
	case task.Stopped:
		return landwaiter.ScanCanceled
	case task.Status == landwaiter.TaskScanning && !now.Before(task.Deadline()):
		return landwaiter.ScanTimeout
	}
	return ""
}

func haltReason(state landwaiter.ScanState) string {
	if state == landwaiter.ScanTimeout {
		return "the task timed out before this scan was finished; scan again with a longer Timeout"
	}
	return "stopped on request"
}

// begin moves an image scan to SCANNING and returns it with its task. It accepts a
// scan that is SCANNING already: a scan has one job at a time, so its worker must
// have died. ok is false if there is nothing to do: the scan has ended, waits for a
// retry, or was stopped or has timed out. In the last case begin ends the scan, as
// a worker that died could not.
func (l life) begin(ctx context.Context, taskID, imageID string) (
	task landwaiter.Task, scan landwaiter.ImageScan, ok bool, err error,
) {
	err = l.tasks.Update(ctx, func(tx store.TaskTx) error {
		ok = false
		task, err = tx.Task(ctx, taskID)
		if landwaiter.KindOf(err) == landwaiter.NotFound || err == nil && task.Status == landwaiter.TaskEnd {
			return nil
		}
		if err != nil {
			return err
		}
		scan, ok, err = tx.Scan(ctx, taskID, imageID)
		if err != nil || !ok {
			return err
		}
		halt := haltState(task, tx.Now())
		if halt == "" && scan.Stopped {
			halt = landwaiter.ScanCanceled
		}
		if ok = halt == ""; !ok {
			return endScan(ctx, tx, task, scan, halt, haltReason(halt))
		}
		if ok = scan.State == landwaiter.ScanRunning || scan.State == landwaiter.ScanWait && scan.Queued; !ok {
			return nil
		}
		scan, err = tx.StartScan(ctx, scan)
		return err
	})
	return task, scan, ok, err
}

// end ends a scan that has no report, and advances its task. The last successful
// report of the image stays.
func (l life) end(ctx context.Context, taskID, imageID string, state landwaiter.ScanState, reason string) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error {
		task, err := tx.Task(ctx, taskID)
		if err != nil {
			return ignoreNotFound(err)
		}
		scan, ok, err := tx.Scan(ctx, taskID, imageID)
		if err != nil || !ok {
			return err
		}
		if err := endScan(ctx, tx, task, scan, state, reason); err != nil {
			return err
		}
		_, err = l.advanceIn(ctx, tx, taskID)
		return err
	})
}

// endScan ends an image scan without a report, if the table of transitions
// allows it.
func endScan(
	ctx context.Context, tx store.TaskTx, task landwaiter.Task, scan landwaiter.ImageScan,
	state landwaiter.ScanState, reason string,
) error {
	if !scan.State.CanBecome(state) {
		return nil
	}
	if err := tx.MarkImage(ctx, scan.ImageID, state, reason); err != nil {
		return err
	}
	if err := tx.EndScan(ctx, scan.TaskID, scan.ImageID, state, reason, false); err != nil {
		return err
	}
	scan.State, scan.Reason, scan.Ended = state, reason, tx.Now()
	return ended(ctx, tx, Ended{Task: task, Scan: &scan})
}

// commit writes the report of a scan, ends the scan and advances its task, in the
// transaction of the report. It writes nothing if the scan was stopped, or if its
// worker lost its heartbeat for so long that another worker has scanned the image.
func (l life) commit(
	ctx context.Context, tx store.TaskTx, taskID string, rep *landwaiter.Report, write func() (risky bool, err error),
) error {
	task, err := tx.Task(ctx, taskID)
	if err != nil {
		return ignoreNotFound(err)
	}
	scan, ok, err := tx.Scan(ctx, taskID, rep.ID)
	if err != nil || !ok || !scan.State.CanBecome(landwaiter.ScanDone) {
		return err
	}
	risky, err := write()
	if err != nil {
		return err
	}
	scan.State, scan.Reason, scan.Ended = landwaiter.ScanDone, rep.Shortfall(), tx.Now()
	if err := tx.EndScan(ctx, taskID, rep.ID, scan.State, scan.Reason, risky); err != nil {
		return err
	}
	if err := ended(ctx, tx, Ended{Task: task, Scan: &scan, Risky: risky}); err != nil {
		return err
	}
	_, err = l.advanceIn(ctx, tx, taskID)
	return err
}

// retry moves a running scan whose source is unavailable back to waiting, and lets
// another scan into the window.
func (l life) retry(ctx context.Context, taskID, imageID, reason string, after time.Duration) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error {
		if err := tx.DelayScan(ctx, taskID, imageID, reason, after); err != nil {
			return err
		}
		_, err := l.advanceIn(ctx, tx, taskID)
		return err
	})
}

// release moves a running scan back to waiting as if it had not started, because
// its worker shuts down.
func (l life) release(ctx context.Context, taskID, imageID string) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error { return tx.ReleaseScan(ctx, taskID, imageID) })
}

// stop asks a task to stop. It returns NotFound for an unknown task. Stopping a task
// that has ended does nothing.
func (l life) stop(ctx context.Context, taskID string) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error {
		if _, err := tx.Task(ctx, taskID); err != nil {
			return err
		}
		return tx.StopTask(ctx, taskID)
	})
}

// stopImages stops the scans of the selected images in all tasks. Waiting scans end
// now, running ones within seconds.
func (l life) stopImages(ctx context.Context, sel landwaiter.Selection) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error {
		return tx.StopScans(ctx, sel, landwaiter.ScanCanceled, haltReason(landwaiter.ScanCanceled))
	})
}

func ignoreNotFound(err error) error {
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		return nil
	}
	return err
}
