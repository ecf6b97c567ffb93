package scan

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

type taskArgs struct {
	TaskID string `json:"task_id"`
}

// Kind names the job in the queue.
func (taskArgs) Kind() string { return "task" }

type taskWorker struct {
	river.WorkerDefaults[taskArgs]
	engine *Engine
}

// Work looks after a task and comes back until it has ended.
func (w *taskWorker) Work(ctx context.Context, job *river.Job[taskArgs]) error {
	e := w.engine
	ended, err := e.store.Tasks().Advance(ctx, job.Args.TaskID, e.window(), e.enqueue)
	if err != nil {
		if ctx.Err() == nil {
			e.cfg.Log.Warn("task not advanced; it will be tried again", "task", job.Args.TaskID, "error", err)
		}
		return river.JobSnooze(taskTick)
	}
	if ended {
		return nil
	}
	return river.JobSnooze(taskTick)
}

type imageArgs struct {
	TaskID  string `json:"task_id"`
	ImageID string `json:"image_id"`
}

// Kind names the job in the queue.
func (imageArgs) Kind() string { return "image_scan" }

type imageWorker struct {
	river.WorkerDefaults[imageArgs]
	engine *Engine
}

// halted is the cause of a scan that was ended from outside.
type halted struct{ store.Halt }

func (h halted) Error() string { return h.Reason }

// Work scans one image. It never returns a failure to the queue: how a scan
// ended is a row, and so is that it will be tried again.
func (w *imageWorker) Work(ctx context.Context, job *river.Job[imageArgs]) error {
	e, args := w.engine, job.Args
	task, try, ok, err := e.store.Tasks().BeginScan(ctx, args.TaskID, args.ImageID)
	if err != nil {
		return river.JobSnooze(taskTick)
	}
	if !ok {
		return nil
	}
	scanCtx, release := e.running.add(ctx, args)
	err = e.scanImage(scanCtx, task, try)
	cause := context.Cause(scanCtx)
	release()
	if err == nil {
		return nil
	}
	return e.failed(ctx, args, try, err, cause)
}

// scanImage scans an image of a task. A panic is a failure of this image.
func (e *Engine) scanImage(ctx context.Context, task landwaiter.Task, try landwaiter.ImageScan) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.cfg.Log.Error("scan panicked", "image", try.ImageID, "panic", p, "stack", string(debug.Stack()))
			err = landwaiter.Errorf(landwaiter.Corrupt, "the scan of this image crashed (%v); please report it", p)
		}
	}()
	if crashes := try.Tries - try.Retries - 1; crashes >= maxCrashes {
		return landwaiter.Errorf(landwaiter.Corrupt, "the worker died %d times while it scanned this image; scan it alone to see why, and report it", crashes)
	}
	img, err := e.cfg.Opener.OpenImage(ctx, try.ImageID)
	if err != nil {
		return err
	}
	defer img.Close()
	_, err = e.cfg.Scanner.Scan(ctx, img, Options{
		Kinds: task.Kinds,
		Done:  store.Done{TaskID: task.ID, Window: e.window(), Enqueue: e.enqueue},
	})
	return err
}

// failed records how a scan ended that has no report.
func (e *Engine) failed(ctx context.Context, args imageArgs, try landwaiter.ImageScan, err, cause error) error {
	var h halted
	switch {
	case errors.As(cause, &h):
		return e.end(ctx, args, h.State, h.Reason)
	case ctx.Err() != nil: // we are shutting down: leave it to the next start
		if err := e.store.Tasks().ReleaseScan(context.WithoutCancel(ctx), args.TaskID, args.ImageID); err != nil {
			e.cfg.Log.Warn("interrupted image scan not put back; the next start will find it", "image", args.ImageID, "error", err)
		}
		return river.JobSnooze(0)
	case landwaiter.KindOf(err) == landwaiter.Unavailable, store.Transient(err):
		return e.retry(ctx, args, try.Retries+1, err)
	}
	e.cfg.Log.Warn("image scan failed", "task", args.TaskID, "image", args.ImageID, "error", err)
	return e.end(ctx, args, landwaiter.ScanErr, err.Error())
}

func (e *Engine) end(ctx context.Context, args imageArgs, state landwaiter.ScanState, reason string) error {
	if err := e.store.Tasks().EndScan(ctx, args.TaskID, args.ImageID, state, reason, e.window(), e.enqueue); err != nil {
		e.cfg.Log.Warn("end of an image scan not stored; it will be tried again", "image", args.ImageID, "error", err)
		return river.JobSnooze(taskTick)
	}
	return nil
}

// retry lets a scan wait that a source failed for a while. It is tried again
// until the task's timeout.
func (e *Engine) retry(ctx context.Context, args imageArgs, n int, cause error) error {
	reason := fmt.Sprintf("try %d: %v", n, cause)
	if err := e.store.Tasks().RetryScan(ctx, args.TaskID, args.ImageID, reason, backoff(n), e.window(), e.enqueue); err != nil {
		e.cfg.Log.Warn("retry of an image scan not stored; it begins again", "image", args.ImageID, "error", err)
		return river.JobSnooze(taskTick)
	}
	return nil
}

// backoff is 2, 4, 8 ... 64 seconds: a registry that restarts is soon back.
func backoff(retries int) time.Duration { return time.Second << min(retries, 6) }

// running holds the scans of this process, so that they can be ended.
type running struct {
	mu sync.Mutex
	m  map[imageArgs]context.CancelCauseFunc
}

func (r *running) add(ctx context.Context, args imageArgs) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.m == nil {
		r.m = map[imageArgs]context.CancelCauseFunc{}
	}
	r.m[args] = cancel
	return ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.m, args)
		cancel(nil)
	}
}

// haltScans ends the scans of this process whose task was stopped or ran out
// of time.
func (e *Engine) haltScans(ctx context.Context) error {
	e.running.mu.Lock()
	idle := len(e.running.m) == 0
	e.running.mu.Unlock()
	if idle {
		return nil
	}
	halts, err := e.store.Tasks().Halts(ctx)
	if err != nil {
		return err
	}
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	for _, h := range halts {
		if cancel := e.running.m[imageArgs{TaskID: h.TaskID, ImageID: h.ImageID}]; cancel != nil {
			cancel(halted{h})
		}
	}
	return nil
}
