package task

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// Ended is the event that a task, or one of its image scans, has ended. A scan that
// ends before it has started, because its task is stopped or times out, has no event
// of its own: only the end of the task is reported.
type Ended struct {
	Task  landwaiter.Task       // as it is now; its Result is set when the task itself has ended
	Scan  *landwaiter.ImageScan // nil: the task itself
	Risky bool                  // of a scan: something was found
}

// inTransaction are the hooks that run in the transaction in which a task or an
// image scan ends. An error rolls the transaction back, and the end is retried.
var inTransaction = []func(context.Context, store.TaskTx, Ended) error{
	addToOutbox,
}

// afterwards are the hooks that run after the transaction, in one of the servers,
// within about a second. They run at least once: again if the server dies before
// they return. An error leaves the event in the outbox.
var afterwards = []func(context.Context, *slog.Logger, Ended) error{
	logEnd,
}

func ended(ctx context.Context, tx store.TaskTx, e Ended) error {
	for _, do := range inTransaction {
		if err := do(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// addToOutbox stores the event for deliver.
func addToOutbox(ctx context.Context, tx store.TaskTx, e Ended) error {
	event, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return tx.AddEvent(ctx, event)
}

const (
	outboxTick  = time.Second
	outboxBatch = 200
)

// deliver runs the afterwards hooks for the events in the outbox.
func (r *Runner) deliver(ctx context.Context) error {
	for {
		n, err := r.life.tasks.DeliverEvents(ctx, outboxBatch, func(event []byte) error {
			var e Ended
			if err := json.Unmarshal(event, &e); err != nil {
				r.cfg.Log.Error("event dropped: it cannot be read", "error", err)
				return nil
			}
			for _, do := range afterwards {
				if err := do(ctx, r.cfg.Log, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < outboxBatch {
			return err
		}
	}
}

// logEnd logs the end of each task, and at debug level of each image scan.
func logEnd(ctx context.Context, log *slog.Logger, e Ended) error {
	if e.Scan != nil {
		log.DebugContext(ctx, "image scan ended", "task", e.Task.ID,
			"image", e.Scan.ImageID, "state", e.Scan.State, "reason", e.Scan.Reason)
		return nil
	}
	took := e.Task.Ended.Sub(e.Task.Started).Round(time.Millisecond)
	log.InfoContext(ctx, "task ended", "task", e.Task.ID, "result", e.Task.Result, "took", took)
	return nil
}
