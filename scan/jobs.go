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
	ended, err := e.store.Advance(ctx, job.Args.TaskID, e.window(), e.enqueue)
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
	task, tries, ok, err := e.store.BeginScan(ctx, args.TaskID, args.ImageID)
	if err != nil {
		return river.JobSnooze(taskTick)
	}
	if !ok {
		return nil
	}
	scanCtx, release := e.running.add(ctx, args)
	err = e.scanImage(scanCtx, task, tries, args.ImageID)
	cause := context.Cause(scanCtx)
	release()
	if err == nil {
		return nil
	}
	return e.failed(ctx, args, tries, err, cause)
}

// scanImage scans an image of a task. A panic is a failure of this image.
func (e *Engine) scanImage(ctx context.Context, task landwaiter.Task, tries int, imageID string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.cfg.Log.Error("scan panicked", "image", imageID, "panic", p, "stack", string(debug.Stack()))
			err = landwaiter.Errorf(landwaiter.Corrupt, "the scan of this image crashed (%v); please report it", p)
		}
	}()
	if tries > maxTries {
		return landwaiter.Errorf(landwaiter.Corrupt, "begun %d times without an end: it may crash the worker; scan it alone to see why", tries-1)
	}
	img, err := e.cfg.Opener.OpenImage(ctx, imageID)
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
func (e *Engine) failed(ctx context.Context, args imageArgs, tries int, err, cause error) error {
	var h halted
	switch {
	case errors.As(cause, &h):
		return e.end(ctx, args, h.State, h.Reason)
	case ctx.Err() != nil: // we are shutting down: leave it to the next start
		return e.retry(context.WithoutCancel(ctx), args, "interrupted by a shutdown", 0)
	case landwaiter.KindOf(err) == landwaiter.Unavailable && tries < maxTries:
		return e.retry(ctx, args, fmt.Sprintf("try %d of %d: %v", tries, maxTries, err), backoff(tries))
	}
	e.cfg.Log.Warn("image scan failed", "task", args.TaskID, "image", args.ImageID, "error", err)
	return e.end(ctx, args, landwaiter.ScanErr, err.Error())
}

func (e *Engine) end(ctx context.Context, args imageArgs, state landwaiter.ScanState, reason string) error {
	if err := e.store.EndScan(ctx, args.TaskID, args.ImageID, state, reason, e.window(), e.enqueue); err != nil {
		e.cfg.Log.Warn("end of an image scan not stored; it will be tried again", "image", args.ImageID, "error", err)
		return river.JobSnooze(taskTick)
	}
	return nil
}

func (e *Engine) retry(ctx context.Context, args imageArgs, reason string, after time.Duration) error {
	if err := e.store.RetryScan(ctx, args.TaskID, args.ImageID, reason); err != nil {
		e.cfg.Log.Warn("retry of an image scan not stored", "image", args.ImageID, "error", err)
	}
	return river.JobSnooze(after)
}

// backoff is 2, 4, 8 ... seconds: a registry that restarts is back by then.
func backoff(tries int) time.Duration { return time.Second << min(tries, 6) }

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
	halts, err := e.store.Halts(ctx)
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
