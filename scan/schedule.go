package scan

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
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

// runSchedule begins the periodic scan when it is due. A run that follows one
// that ran out of time goes on with the images that were left.
func (e *Engine) runSchedule(ctx context.Context) error {
	sch, timeout, unfinished, due, err := e.store.ClaimRun(ctx)
	if err != nil || !due {
		return err
	}
	sel := sch.Scan
	if len(unfinished) > 0 {
		sel = landwaiter.Selection{Images: unfinished, Kinds: sel.Kinds}
	}
	if timeout > 0 {
		sel.Timeout = timeout
	}
	task, err := e.Create(ctx, sel)
	result := runSuccess
	switch landwaiter.KindOf(err) {
	case "":
		e.cfg.Log.Info("scheduled scan begun", "task", task.ID, "timeout", sel.Timeout, "unfinished", len(unfinished))
	case landwaiter.Conflict:
		result = runNoLicense
	case landwaiter.NotFound:
		result = runNoImages
	default:
		result = runFailed
	}
	if err != nil {
		task.ID = ""
		e.cfg.Log.Warn("scheduled scan not begun", "error", err)
	}
	return e.store.EndClaim(ctx, task.ID, result)
}
