package task

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

// Opener opens an image by its ID, from any source that can be read now.
type Opener interface {
	OpenImage(ctx context.Context, imageID string) (source.Image, error)
}

// Config of a Runner.
type Config struct {
	Store   *store.DB
	Scanner *scan.Scanner
	Opener  Opener
	// Workers is how many images are scanned at once; 0 means two.
	Workers int
	Log     *slog.Logger
}

// Runner runs tasks. Create one with New, then Start it; several processes may
// share one PostgreSQL database. Its methods are safe for concurrent use.
type Runner struct {
	cfg     Config
	life    life
	queue   *river.Client[*sql.Tx]
	id      string
	slots   atomic.Int64 // slots of all live workers
	running running
	stop    context.CancelFunc
	loops   sync.WaitGroup
}

const (
	// windowPerSlot is how many scans of one task are queued ahead for each slot:
	// enough to keep the workers busy, while a later task waits for no more than
	// these.
	windowPerSlot = 2
	// taskTick is how often the job of a task runs, and so the longest time that
	// an expired deadline goes unnoticed.
	taskTick = time.Second
	// haltTick is how often running scans are checked for a stop.
	haltTick = 300 * time.Millisecond
)

// New returns a runner after creating or migrating the queue's tables in the store's
// database.
func New(ctx context.Context, cfg Config) (*Runner, error) {
	if cfg.Workers <= 0 {
		cfg.Workers = 2
	}
	r := &Runner{cfg: cfg, id: workerID()}
	r.life = life{tasks: cfg.Store.Tasks(), window: r.window, enqueue: r.enqueue}
	var err error
	r.queue, err = newQueue(ctx, cfg.Store, r)
	return r, err
}

// workerID is unique among all processes that share the database.
func workerID() string {
	host, err := os.Hostname()
	if err != nil || len(host) > 40 {
		host = "host"
	}
	b := make([]byte, 6)
	rand.Read(b) // never fails, see crypto/rand
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(b))
}

// Start starts working on jobs, including those that a killed process left behind.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.heartbeat(ctx, true); err != nil {
		return err
	}
	loopCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	r.loop(loopCtx, store.HeartbeatInterval, func(ctx context.Context) error { return r.heartbeat(ctx, false) })
	r.loop(loopCtx, haltTick, r.haltScans)
	r.loop(loopCtx, outboxTick, r.deliver)
	r.loop(loopCtx, scheduleTick, r.runSchedules)
	return r.queue.Start(loopCtx)
}

func (r *Runner) heartbeat(ctx context.Context, first bool) error {
	total, err := r.cfg.Store.Workers().Heartbeat(ctx, r.id, r.cfg.Workers, first)
	if err == nil {
		r.slots.Store(int64(total))
	}
	return err
}

// loop calls fn at every interval until the context ends. It logs errors: the next
// call may succeed.
func (r *Runner) loop(ctx context.Context, every time.Duration, fn func(context.Context) error) {
	r.loops.Add(1)
	go func() {
		defer r.loops.Done()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := fn(ctx); err != nil && ctx.Err() == nil {
					r.cfg.Log.Warn("background work failed; it will be retried", "error", err)
				}
			}
		}
	}()
}

// Stop interrupts running scans at their next file and puts them back into the
// queue, for another worker or the next start.
func (r *Runner) Stop(ctx context.Context) error {
	err := r.queue.StopAndCancel(ctx)
	r.stop()
	r.loops.Wait()
	return errors.Join(err, r.cfg.Store.Workers().End(ctx, r.id))
}

// Create stores a task over the selection and queues it. It returns Invalid without
// a kind of scan, NotFound if the selection names unknown images or matches none,
// and Conflict if no image is authorized or all are being scanned.
func (r *Runner) Create(ctx context.Context, sel landwaiter.Selection) (landwaiter.Task, error) {
	if sel.Kinds == 0 {
		return landwaiter.Task{}, landwaiter.Errorf(landwaiter.Invalid,
			"choose at least one of ScanVul, ScanVirus and ScanRisk")
	}
	sel.Analysers = r.cfg.Scanner.AnalyserVersions()
	return r.life.create(ctx, sel)
}

// Plan returns what a task over the selection would cost now. It returns the errors
// of Create, except that the plan of a selection that matches no image is empty.
func (r *Runner) Plan(ctx context.Context, sel landwaiter.Selection) (landwaiter.Plan, error) {
	sel.Analysers = r.cfg.Scanner.AnalyserVersions()
	return r.life.tasks.Plan(ctx, sel, r.cfg.Scanner.Analysers(sel.Kinds))
}

// StopTask asks a task to stop. Its waiting scans end within a second, running ones
// at their next file. It returns NotFound for an unknown task. Stopping a task that
// has ended does nothing.
func (r *Runner) StopTask(ctx context.Context, taskID string) error { return r.life.stop(ctx, taskID) }

// StopImages stops the scans of the selected images in all tasks. It returns NotFound
// if the selection names an unknown image.
func (r *Runner) StopImages(ctx context.Context, sel landwaiter.Selection) error {
	return r.life.stopImages(ctx, sel)
}

// window is how many scans of one task may be running or queued.
func (r *Runner) window() int {
	return max(r.cfg.Workers, int(r.slots.Load())) * (1 + windowPerSlot)
}
