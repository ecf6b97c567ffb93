package task

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Progress returns a task with its counts and the estimated remaining time. It
// returns NotFound for an unknown task.
func (r *Runner) Progress(ctx context.Context, taskID string) (landwaiter.Progress, error) {
	p, err := r.life.tasks.Progress(ctx, taskID)
	return r.estimated(ctx, p, err)
}

// Last is like [Runner.Progress] for the newest task, or the newest one-click task.
func (r *Runner) Last(ctx context.Context, oneClick bool) (landwaiter.Progress, error) {
	p, err := r.life.tasks.Last(ctx, oneClick)
	return r.estimated(ctx, p, err)
}

// List is like [Runner.Progress] for the newest tasks, newest first.
func (r *Runner) List(ctx context.Context, limit int) ([]landwaiter.Progress, error) {
	list, err := r.life.tasks.List(ctx, limit)
	for i := range list {
		if list[i], err = r.estimated(ctx, list[i], err); err != nil {
			return nil, err
		}
	}
	return list, err
}

// estimated adds the remaining time of a task: the stored bytes of the layers that
// were not analysed yet, divided by the rate at which layers were recently analysed.
// If all layers are known, or no rate was measured, it is estimated from the images
// done so far. It never exceeds the time until the deadline.
func (r *Runner) estimated(ctx context.Context, p landwaiter.Progress, err error) (landwaiter.Progress, error) {
	if err != nil || p.Status == landwaiter.TaskEnd {
		return p, err
	}
	now := r.cfg.Store.Now()
	bound := p.Timeout
	if !p.Started.IsZero() {
		bound = max(0, p.Deadline().Sub(now))
	}
	p.Left = bound
	bytes, err := r.life.tasks.BytesLeft(ctx, p.ID, p.Total-p.Done)
	if err != nil {
		return p, err
	}
	if bytes > 0 {
		rate, err := r.life.tasks.ReadRate(ctx, p.Started)
		if err != nil {
			return p, err
		}
		if rate > 0 {
			p.Left = min(bound, time.Duration(bytes/rate*float64(time.Second)))
			return p, nil
		}
	}
	if p.Done > 0 && !p.Started.IsZero() {
		perImage := now.Sub(p.Started) / time.Duration(p.Done)
		p.Left = min(bound, perImage*time.Duration(p.Total-p.Done))
	}
	return p, nil
}
