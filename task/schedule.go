package task

import (
	"context"
	"errors"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// scheduleTick is how late a scheduled run may start at most.
const scheduleTick = 10 * time.Second

// The results of a scheduled run. The values are those of the TCSS API.
const (
	runSuccess   = "Success"
	runNoLicense = "InsufficientLicense" // none of the images is authorized, or all are being scanned
	runNoImages  = "ImageNeedIsEmpty"
	runFailed    = "InternalError"
)

// runSchedules does the work that is due: the rule that authorizes images and the
// scans that it asks for, the daily snapshot of the findings, the periodic scans, and
// the first scans of new registries.
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

// runAutoScans scans the images that the rule has authorized, if it asks for that.
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

// runSchedule starts a periodic scan that is due. If the previous run timed out, it
// scans the images that are left.
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
		r.cfg.Log.Info("scheduled scan started", "task", task.ID, "timeout", sel.Timeout, "unfinished", len(unfinished))
	case landwaiter.Conflict:
		result = runNoLicense
	case landwaiter.NotFound:
		result = runNoImages
	default:
		result = runFailed
	}
	if err != nil {
		task.ID = ""
		r.cfg.Log.Warn("scheduled scan not started", "error", err)
	}
	if err == nil && name == store.RegistrySchedule {
		if _, err := r.cfg.Store.RegistryTasks().Number(ctx, task.ID, false); err != nil {
			return err
		}
	}
	return r.cfg.Store.Schedules().EndRun(ctx, name, task.ID, result)
}

// scanNewRegistries starts the scan that was requested when a registry was added. If
// the process dies before EndFirstScan, it is started again, without the images that
// are being scanned by then.
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
