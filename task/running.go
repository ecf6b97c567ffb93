package task

import (
	"context"
	"sync"

	"github.com/landwaiter/landwaiter"
)

// running holds the cancel functions of the scans in this process.
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
func (r *Runner) haltScans(ctx context.Context) error {
	r.running.mu.Lock()
	idle := len(r.running.m) == 0
	r.running.mu.Unlock()
	if idle {
		return nil
	}
	list, err := r.life.tasks.Unfinished(ctx)
	if err != nil {
		return err
	}
	r.running.mu.Lock()
	defer r.running.mu.Unlock()
	for _, u := range list {
		if cancel := r.running.m[imageArgs{TaskID: u.TaskID, ImageID: u.ImageID}]; cancel != nil {
			state := landwaiter.ScanTimeout
			if u.Stopped {
				state = landwaiter.ScanCanceled
			}
			cancel(halted{state})
		}
	}
	return nil
}
