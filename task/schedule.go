package task

import (
	"context"
	"errors"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// scheduleTick is how late a scheduled run may begin.
const scheduleTick = 10 * time.Second

// The results of a scheduled run, in the words of the wire.
const (
	runSuccess   = "Success"
	runNoLicense = "InsufficientLicense" // none of the images is authorized, or all are being scanned
	runNoImages  = "ImageNeedIsEmpty"
	runFailed    = "InternalError"
)

// runSchedules does what is due by the clock: the periodic scans, the first
// scans of registries that were read, and the daily round of the rule that
// authorizes images, whose count of risks a day is kept here, too.
func (r *Runner) runSchedules(ctx context.Context) error {
	return errors.Join(
		r.cfg.Store.Authorizations().ApplyRule(ctx),
		r.runAutoScans(ctx),
		r.cfg.Store.Findings().Snapshot(ctx),
		r.runSchedule(ctx, store.LocalSchedule),
		r.runSchedule(ctx, store.RegistrySchedule),
		r.scanNewRegistries(ctx),
	)
}

// runAutoScans scans the images that the rule authorized, when it says so.
func (r *Runner) runAutoScans(ctx context.Context) error {
	sel, err := r.cfg.Store.Authorizations().AutoScans(ctx)
	if err != nil || len(sel.Images) == 0 {
		return err
	}
	sel.Scheduled = true
	_, err = r.Create(ctx, sel)
	if err != nil && landwaiter.KindOf(err) != landwaiter.Conflict { // Conflict: all are being scanned
		return err
	}
	return r.cfg.Store.Authorizations().EndAutoScans(ctx, sel)
}

// runSchedule begins a periodic scan when it is due. A run that follows one
// that ran out of time goes on with the images that were left.
func (r *Runner) runSchedule(ctx context.Context, name store.ScheduleName) error {
	sch, timeout, unfinished, due, err := r.cfg.Store.Schedules().StartRun(ctx, name)
	if err != nil || !due {
		return err
	}
	if name == store.RegistrySchedule {
		if err := r.cfg.Store.RegistryImages().AssignNumbers(ctx); err != nil {
			return err
		}
	}
	sel := sch.Scan
	if len(unfinished) > 0 {
		sel = landwaiter.Selection{Images: unfinished, Kinds: sel.Kinds}
	}
	sel.Scheduled = true
	if timeout > 0 {
		sel.Timeout = timeout
	}
	task, err := r.Create(ctx, sel)
	result := runSuccess
	switch landwaiter.KindOf(err) {
	case "":
		r.cfg.Log.Info("scheduled scan begun", "task", task.ID, "timeout", sel.Timeout, "unfinished", len(unfinished))
	case landwaiter.Conflict:
		result = runNoLicense
	case landwaiter.NotFound:
		result = runNoImages
	default:
		result = runFailed
	}
	if err != nil {
		task.ID = ""
		r.cfg.Log.Warn("scheduled scan not begun", "error", err)
	}
	if err == nil && name == store.RegistrySchedule {
		if _, err := r.cfg.Store.RegistryTasks().Number(ctx, task.ID, false); err != nil {
			return err
		}
	}
	return r.cfg.Store.Schedules().EndRun(ctx, name, task.ID, result)
}

// scanNewRegistries begins the scan that was asked for when a registry was
// added. It is begun again when the process dies before EndFirstScan; images
// that are being scanned by then are left out.
func (r *Runner) scanNewRegistries(ctx context.Context) error {
	list, err := r.cfg.Store.Registries().AwaitingFirstScan(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	if err := r.cfg.Store.RegistryImages().AssignNumbers(ctx); err != nil {
		return err
	}
	for _, reg := range list {
		sel := store.RegistrySelection{Registries: []string{reg.Name}, Latest: reg.First == store.FirstLatest}.Selection()
		sel.Kinds, sel.Scheduled = landwaiter.ScanAll, true
		task, err := r.Create(ctx, sel)
		switch landwaiter.KindOf(err) {
		case "":
			_, err = r.cfg.Store.RegistryTasks().Number(ctx, task.ID, false)
		case landwaiter.Conflict, landwaiter.NotFound: // nothing to scan
			err = nil
		}
		if err == nil {
			err = r.cfg.Store.Registries().EndFirstScan(ctx, reg.Number)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
