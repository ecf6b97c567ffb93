package scan

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
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

// Opener opens an image by its ID, wherever it can be read now.
type Opener interface {
	OpenImage(ctx context.Context, imageID string) (source.Image, error)
}

// Config of an Engine.
type Config struct {
	Scanner *Scanner
	Opener  Opener
	// Workers is how many images are scanned at once; 0 means two.
	Workers int
	Log     *slog.Logger
}

// Engine runs tasks. Create one with NewEngine, then Start it; several
// processes may share one PostgreSQL database.
type Engine struct {
	cfg     Config
	store   *store.DB
	client  *river.Client[*sql.Tx]
	id      string
	slots   atomic.Int64 // images that all living workers scan at once
	running running
	stop    context.CancelFunc
	loops   sync.WaitGroup
}

const (
	taskQueue  = "task"
	imageQueue = "image"

	// windowPerWorker bounds how many scans of one task are queued ahead: it
	// keeps the workers busy, yet a task that comes later waits for no more.
	windowPerWorker = 2

	// taskTick is how often the job of a task looks after it, and so the
	// longest that an expired deadline goes unnoticed.
	taskTick = time.Second

	// haltTick is how often running scans are checked for a stop.
	haltTick = 300 * time.Millisecond

	// maxCrashes is how often a scan may begin and never end, because its
	// process died, before its image counts as poison.
	maxCrashes = 3

	// jobAttempts is out of the way: tries are counted by us (maxCrashes), and
	// a job whose process was killed must not be thrown away by the queue.
	jobAttempts = 1000

	// fetchCooldown is how often a process asks for jobs at most: a place that
	// became free waits for it, so it bounds the scans a second of one place. A
	// scan whose layers are known takes about 20 ms.
	fetchCooldown = 5 * time.Millisecond

	// rescueAfter disables River's own rescue of jobs of dead workers, which
	// knows no heartbeat: store.Beat does it in seconds.
	rescueAfter = 30 * 24 * time.Hour
)

// NewEngine prepares the queue in the store's database.
func NewEngine(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Workers <= 0 {
		cfg.Workers = 2
	}
	e := &Engine{cfg: cfg, store: cfg.Scanner.Store, id: workerID()}
	driver := queueDriver(e.store)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrating the job queue: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &taskWorker{engine: e})
	river.AddWorker(workers, &imageWorker{engine: e})
	e.client, err = river.NewClient(driver, &river.Config{
		ID: e.id,
		Queues: map[string]river.QueueConfig{
			taskQueue:  {MaxWorkers: 4},
			imageQueue: {MaxWorkers: cfg.Workers},
		},
		Workers:              workers,
		JobTimeout:           -1,
		MaxAttempts:          jobAttempts,
		RescueStuckJobsAfter: rescueAfter,
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    250 * time.Millisecond,
		Logger:               quiet(cfg.Log),
	})
	return e, err
}

func queueDriver(s *store.DB) riverdriver.Driver[*sql.Tx] {
	if s.Postgres() {
		return riverdatabasesql.NewWithPgxListener(s.SQL(), s.Pool())
	}
	return riversqlite.New(s.SQL())
}

// quiet keeps River's routine messages out of the log.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(levelHandler{log.Handler(), slog.LevelWarn})
}

type levelHandler struct {
	slog.Handler
	min slog.Level
}

func (h levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.min && h.Handler.Enabled(ctx, l)
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

// Start begins to work on jobs, those left by a killed process among them.
func (e *Engine) Start(ctx context.Context) error {
	if err := e.beat(ctx, true); err != nil {
		return err
	}
	loopCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	e.loop(loopCtx, store.WorkerBeat, func(ctx context.Context) error { return e.beat(ctx, false) })
	e.loop(loopCtx, haltTick, e.haltScans)
	e.loop(loopCtx, scheduleTick, e.runSchedules)
	return e.client.Start(loopCtx)
}

func (e *Engine) beat(ctx context.Context, first bool) error {
	total, err := e.store.Workers().Heartbeat(ctx, e.id, e.cfg.Workers, first)
	if err == nil {
		e.slots.Store(int64(total))
	}
	return err
}

// loop calls fn every interval until the context ends; an error is logged and
// the next call may do better.
func (e *Engine) loop(ctx context.Context, every time.Duration, fn func(context.Context) error) {
	e.loops.Add(1)
	go func() {
		defer e.loops.Done()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := fn(ctx); err != nil && ctx.Err() == nil {
					e.cfg.Log.Warn("background work failed; it will be tried again", "error", err)
				}
			}
		}
	}()
}

// Stop ends running scans at their next file and puts them back into the
// queue, for the next start or another worker.
func (e *Engine) Stop(ctx context.Context) error {
	err := e.client.StopAndCancel(ctx)
	e.stop()
	e.loops.Wait()
	return errors.Join(err, e.store.Workers().End(ctx, e.id))
}

// Create stores a task and its job in one transaction; errors as
// store.CreateTask.
func (e *Engine) Create(ctx context.Context, sel landwaiter.Selection) (landwaiter.Task, error) {
	if sel.Kinds == 0 {
		return landwaiter.Task{}, landwaiter.Errorf(landwaiter.Invalid, "choose at least one of ScanVul, ScanVirus and ScanRisk")
	}
	sel.Engine = e.cfg.Scanner.EngineName()
	return e.store.Tasks().Create(ctx, sel, e.enqueue)
}

// Plan says what a task over the selection would cost now; errors as
// store.CreateTask, but nothing selected is a plan of nothing.
func (e *Engine) Plan(ctx context.Context, sel landwaiter.Selection) (landwaiter.Plan, error) {
	return e.cfg.Scanner.Plan(ctx, sel)
}

// enqueue adds the job of a task or, with an image, of an image scan. The
// queue knows four priorities, of which 1 goes first: our classes.
func (e *Engine) enqueue(tx *sql.Tx, job store.Job) error {
	var args river.JobArgs = imageArgs{TaskID: job.TaskID, ImageID: job.ImageID}
	opts := &river.InsertOpts{Queue: imageQueue, MaxAttempts: jobAttempts, Priority: int(job.Class)}
	if job.ImageID == "" {
		args, opts.Queue = taskArgs{TaskID: job.TaskID}, taskQueue
	}
	_, err := e.client.InsertTx(context.Background(), tx, args, opts)
	return err
}

// window is how many scans of one task may be running or queued.
func (e *Engine) window() int {
	return max(e.cfg.Workers, int(e.slots.Load())) * (1 + windowPerWorker)
}
