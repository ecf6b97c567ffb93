package task

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// maxCrashes is how many times the process may die during the scan of an image
// before the image is blamed and no longer scanned.
const maxCrashes = 3

type taskWorker struct {
	river.WorkerDefaults[taskArgs]
	runner *Runner
}

// Work advances a task, and runs again until the task has ended.
func (w *taskWorker) Work(ctx context.Context, job *river.Job[taskArgs]) error {
	r := w.runner
	ended, err := r.life.advance(ctx, job.Args.TaskID)
	if err != nil {
		if ctx.Err() == nil {
			r.cfg.Log.Warn("task not advanced; it will be retried", "task", job.Args.TaskID, "error", err)
		}
		return river.JobSnooze(taskTick)
	}
	if ended {
		return nil
	}
	return river.JobSnooze(taskTick)
}

type imageWorker struct {
	river.WorkerDefaults[imageArgs]
	runner *Runner
}

// halted is the cause for which haltScans cancels a scan.
type halted struct{ state landwaiter.ScanState }

func (h halted) Error() string { return haltReason(h.state) }

// Work scans one image. It never returns a failure to the queue: how a scan ended,
// and when it will be retried, is stored with the image scan.
func (w *imageWorker) Work(ctx context.Context, job *river.Job[imageArgs]) error {
	r, args := w.runner, job.Args
	task, try, ok, err := r.life.begin(ctx, args.TaskID, args.ImageID)
	if err != nil {
		return river.JobSnooze(taskTick)
	}
	if !ok {
		return nil
	}
	scanCtx, release := r.running.add(ctx, args)
	err = r.scanImage(scanCtx, task, try)
	cause := context.Cause(scanCtx)
	release()
	if err == nil {
		return nil
	}
	return r.failed(ctx, args, try, err, cause)
}

// scanImage scans an image of a task. A panic is a failure of this image.
func (r *Runner) scanImage(ctx context.Context, task landwaiter.Task, try landwaiter.ImageScan) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.cfg.Log.Error("scan panicked", "image", try.ImageID, "panic", p, "stack", string(debug.Stack()))
			err = landwaiter.Errorf(landwaiter.Corrupt, "the scan of this image crashed (%v); please report it", p)
		}
	}()
	if crashes := try.Tries - try.Retries - 1; crashes >= maxCrashes {
		return landwaiter.Errorf(landwaiter.Corrupt,
			"the worker died %d times while scanning this image; scan it alone to see why, and report it", crashes)
	}
	img, err := r.cfg.Opener.OpenImage(ctx, try.ImageID)
	if err != nil {
		return err
	}
	defer img.Close()
	_, err = r.cfg.Scanner.Scan(ctx, img, scan.Options{
		Kinds: task.Kinds,
		Commit: func(ctx context.Context, tx store.TaskTx, rep *landwaiter.Report, write func() (bool, error)) error {
			return r.life.commit(ctx, tx, task.ID, rep, write)
		},
	})
	return err
}

// failed records how a scan without a report ended.
func (r *Runner) failed(ctx context.Context, args imageArgs, try landwaiter.ImageScan, err, cause error) error {
	var h halted
	switch {
	case errors.As(cause, &h):
		return r.end(ctx, args, h.state, h.Error())
	case ctx.Err() != nil: // we are shutting down: leave it to the next start
		if err := r.life.release(context.WithoutCancel(ctx), args.TaskID, args.ImageID); err != nil {
			r.cfg.Log.Warn("interrupted image scan not put back into the queue; the next start will find it",
				"image", args.ImageID, "error", err)
		}
		return river.JobSnooze(0)
	case landwaiter.KindOf(err) == landwaiter.Unavailable, store.Transient(err):
		return r.retry(ctx, args, try.Retries+1, err)
	}
	r.cfg.Log.Warn("image scan failed", "task", args.TaskID, "image", args.ImageID, "error", err)
	return r.end(ctx, args, landwaiter.ScanErr, err.Error())
}

func (r *Runner) end(ctx context.Context, args imageArgs, state landwaiter.ScanState, reason string) error {
	if err := r.life.end(ctx, args.TaskID, args.ImageID, state, reason); err != nil {
		r.cfg.Log.Warn("end of an image scan not stored; it will be retried", "image", args.ImageID, "error", err)
		return river.JobSnooze(taskTick)
	}
	return nil
}

// retry delays a scan whose source is unavailable. It is retried until the task
// times out.
func (r *Runner) retry(ctx context.Context, args imageArgs, n int, cause error) error {
	reason := fmt.Sprintf("try %d: %v", n, cause)
	if err := r.life.retry(ctx, args.TaskID, args.ImageID, reason, backoff(n)); err != nil {
		r.cfg.Log.Warn("retry of an image scan not stored; the scan starts again", "image", args.ImageID, "error", err)
		return river.JobSnooze(taskTick)
	}
	return nil
}

// backoff is 2, 4, 8 ... 64 seconds: short at first, since a registry that restarts
// is soon available again.
func backoff(retries int) time.Duration { return time.Second << min(retries, 6) }
