package task

import (
	"context"
	"database/sql"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// life holds the rules by which tasks and image scans go from one state to the
// next. Each method is one transaction. A job that it enqueues is part of it.
type life struct {
	tasks store.Tasks
	// window returns how many scans of one task may be running or queued.
	window func() int
	// enqueue adds a job to the queue.
	enqueue func(tx *sql.Tx, job job) error
}

// job is what the queue is asked to run.
type job struct {
	taskID  string
	imageID string // "": the job of the task itself
	class   landwaiter.TaskClass
}

// create stores a task with its images and its job; errors as
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

// advance moves a task on and reports whether it has ended.
func (l life) advance(ctx context.Context, taskID string) (ended bool, err error) {
	err = l.tasks.Update(ctx, func(tx store.TaskTx) error {
		ended, err = l.advanceIn(ctx, tx, taskID)
		return err
	})
	return ended, err
}

// advanceIn starts a task, ends the waiting scans of one that must not go on,
// queues waiting scans until the window is full, and ends the task when nothing
// is left. The end of each scan calls it, too, so that the window stays full.
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

// fillOrEnd costs the same for a task of ten images and one of a hundred
// thousand. Scans that wait for another try hold no place in the window, so a
// source that is down does not hold up the images of others.
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

// endTask derives the result from the rows: Cancel and Timeout when that
// stopped it, Error when every scan failed, else Success.
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

// haltState returns what becomes of the unfinished scans of a task that must
// not go on, "" while it may.
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
		return "the task's timeout came first; scan again with a longer Timeout"
	}
	return "stopped on request"
}

// begin takes an image scan to SCANNING and returns it with its task. It takes
// one that is SCANNING already, too: only one job ever speaks for a scan, so its
// worker has died. ok is false when there is nothing to do: the scan has ended,
// waits for another try, or ends now because it was stopped or is out of time.
// That matters when its worker died before it could end it: nobody else would.
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

// end ends a scan that brought no report, and moves its task on. The image's
// last good report stays.
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

// commit writes the report of a scan, ends the scan and moves its task on, in
// the transaction of the report. It writes nothing when the scan was stopped, or
// when its worker was silent for so long that another one has scanned the image.
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

// retry puts a running scan that a source failed back to waiting, and gives its
// place in the window to another.
func (l life) retry(ctx context.Context, taskID, imageID, reason string, after time.Duration) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error {
		if err := tx.DelayScan(ctx, taskID, imageID, reason, after); err != nil {
			return err
		}
		_, err := l.advanceIn(ctx, tx, taskID)
		return err
	})
}

// release puts a running scan back to waiting as if it had not begun: its worker
// shuts down.
func (l life) release(ctx context.Context, taskID, imageID string) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error { return tx.ReleaseScan(ctx, taskID, imageID) })
}

// stop asks a task to stop. NotFound when there is none; stopping an ended task
// changes nothing.
func (l life) stop(ctx context.Context, taskID string) error {
	return l.tasks.Update(ctx, func(tx store.TaskTx) error {
		if _, err := tx.Task(ctx, taskID); err != nil {
			return err
		}
		return tx.StopTask(ctx, taskID)
	})
}

// stopImages stops the scans of the images that a selection picks, in whichever
// tasks they are: waiting ones end now, running ones soon.
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
