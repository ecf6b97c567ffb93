package task

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/landwaiter/landwaiter/store"
)

const (
	taskQueue  = "task"
	imageQueue = "image"

	// jobAttempts is higher than any real count: tries are counted in the image
	// scan (maxCrashes), and the queue must not discard a job whose process was
	// killed.
	jobAttempts = 1000
	// fetchCooldown is the shortest interval at which a process asks for jobs. A
	// free slot waits for that long, so it limits how many scans one slot makes
	// in a second. A scan whose layers are known takes about 20 ms.
	fetchCooldown = 5 * time.Millisecond
	// rescueAfter effectively disables River's rescue of jobs of dead workers.
	// River has no heartbeat and would wait for an hour; [store.Workers] rescues
	// them within seconds.
	rescueAfter = 30 * 24 * time.Hour
)

type taskArgs struct {
	TaskID string `json:"task_id"`
}

// Kind names the job in the queue.
func (taskArgs) Kind() string { return "task" }

type imageArgs struct {
	TaskID  string `json:"task_id"`
	ImageID string `json:"image_id"`
}

// Kind names the job in the queue.
func (imageArgs) Kind() string { return "image_scan" }

// newQueue migrates River's tables and returns its client. Errors: those of
// store.DB.WithMigrationLock and migrateQueue.
func newQueue(ctx context.Context, db *store.DB, r *Runner) (*river.Client[*sql.Tx], error) {
	driver := queueDriver(db)
	migrate := func(ctx context.Context) error { return migrateQueue(ctx, db.SQL(), driver) }
	if err := db.WithMigrationLock(ctx, migrate); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &taskWorker{runner: r})
	river.AddWorker(workers, &imageWorker{runner: r})
	return river.NewClient(driver, &river.Config{
		ID: r.id,
		Queues: map[string]river.QueueConfig{
			taskQueue:  {MaxWorkers: 4},
			imageQueue: {MaxWorkers: r.cfg.Workers},
		},
		Workers:              workers,
		JobTimeout:           -1,
		MaxAttempts:          jobAttempts,
		RescueStuckJobsAfter: rescueAfter,
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    250 * time.Millisecond,
		Logger:               quiet(r.cfg.Log),
	})
}

// migrateQueue brings River's tables up to date, under the store's lock. Error:
// Conflict when a newer River has migrated them.
func migrateQueue(ctx context.Context, db *sql.DB, driver riverdriver.Driver[*sql.Tx]) error {
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating the job queue: %w", err)
	}
	// River itself would accept tables that are newer than it.
	var current int64
	err = db.QueryRowContext(ctx, "SELECT MAX(version) FROM river_migration WHERE line = 'main'").Scan(&current)
	if err != nil {
		return fmt.Errorf("reading the version of the job queue: %w", err)
	}
	versions := migrator.AllVersions()
	if known := int64(versions[len(versions)-1].Version); current > known {
		return store.NewerSchema("job queue", current, known)
	}
	return nil
}

func queueDriver(db *store.DB) riverdriver.Driver[*sql.Tx] {
	if db.Postgres() {
		return riverdatabasesql.NewWithPgxListener(db.SQL(), db.Pool())
	}
	return riversqlite.New(db.SQL())
}

// enqueue adds the job of a task or, with an image, of an image scan. River has the
// priorities 1 to 4, of which 1 runs first: the four classes of tasks.
func (r *Runner) enqueue(tx *sql.Tx, j job) error {
	var args river.JobArgs = imageArgs{TaskID: j.taskID, ImageID: j.imageID}
	opts := &river.InsertOpts{Queue: imageQueue, MaxAttempts: jobAttempts, Priority: int(j.class)}
	if j.imageID == "" {
		args, opts.Queue = taskArgs{TaskID: j.taskID}, taskQueue
	}
	_, err := r.queue.InsertTx(context.Background(), tx, args, opts)
	return err
}

// quiet drops River's routine messages from the log.
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
