package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/landwaiter/landwaiter"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// migrateWait is how long a process waits for another one to migrate the
	// database: minutes, since a migration may rewrite a large table.
	migrateWait = 10 * time.Minute

	// migrateNotice is the wait after which the log says what is waited for.
	migrateNotice = 2 * time.Second

	// migratePoll is how often a waiting process tries to take the lock.
	migratePoll = 20 * time.Millisecond

	// migrateLockID is the advisory lock on PostgreSQL, which is per database.
	// An arbitrary number; all versions must use the same one.
	migrateLockID = 0x6c616e6477616974 // "landwait"
)

// WithMigrationLock runs fn while no other process that calls it, Open among
// them, works on the same database. Whoever changes the schema does so in it:
// neither goose nor River keeps two processes apart that start at once. The
// wait is bounded by ten minutes, and the log says when it is a long one. The
// lock ends with the process, however that ends. fn must not call
// WithMigrationLock. Errors: Unavailable when the wait is over, those of fn and
// of the context.
func (s *DB) WithMigrationLock(ctx context.Context, fn func(context.Context) error) error {
	unlock, err := s.migrateLock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return fn(ctx)
}

// migrate brings the schema up to date, under the lock. Error: Conflict when
// a newer version has migrated the database.
func (s *DB) migrate(ctx context.Context) error {
	if err := s.w.PingContext(ctx); err != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "opening the database: %w", err)
	}
	p, err := s.migrations()
	if err != nil {
		return err
	}
	current, known, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the version of the schema: %w", err)
	}
	if current > known {
		return NewerSchema("database", current, known)
	}
	if _, err = p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// migrations returns those of the engine.
func (s *DB) migrations() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if s.Postgres() {
		dialect = goose.DialectPostgres
	}
	return goose.NewProvider(dialect, s.w.DB, dir)
}

// NewerSchema is the error, of kind Conflict, for a part of the database that
// a newer version of Landwaiter has migrated.
func NewerSchema(part string, current, known int64) error {
	return landwaiter.Errorf(landwaiter.Conflict,
		"the schema of the %s has version %d, but this landwaiter knows versions up to %d only: "+
			"use the landwaiter that migrated it, or a newer one, or restore a backup from before the upgrade",
		part, current, known)
}

// lockDirectory takes the lock of a SQLite database: a lock on a file beside
// it, since SQLite's own cannot be held over several transactions, nor while
// the database changes to write-ahead logging.
func lockDirectory(ctx context.Context, dir string, log *slog.Logger) (unlock func(), err error) {
	// Another user's commands may have made the file; reading it is enough for
	// a lock. The directory keeps strangers away.
	path := filepath.Join(dir, "migrate.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // see above: it is empty
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "locking the database: %w", err)
	}
	w := lockWait{of: "the database in " + dir, limit: migrateWait, notice: migrateNotice, log: log}
	err = w.until(ctx, func() (bool, error) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// lockPostgres takes the lock of a PostgreSQL database, on a connection of its
// own, whose end frees it. It asks again and again: a session that waits inside
// pg_advisory_lock holds a snapshot, for which CREATE INDEX CONCURRENTLY in the
// session that has the lock would wait for ever.
func lockPostgres(ctx context.Context, cfg *pgx.ConnConfig, log *slog.Logger) (unlock func(), err error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Unavailable, "PostgreSQL at %s does not answer: %w", cfg.Host, err)
	}
	unlock = func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = conn.Close(closing) // it closes the socket in any case
	}
	w := lockWait{
		of:    fmt.Sprintf("the database %s on %s", cfg.Database, cfg.Host),
		limit: migrateWait, notice: migrateNotice, log: log,
	}
	err = w.until(ctx, func() (locked bool, err error) {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrateLockID)).Scan(&locked)
		return locked, err
	})
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// lockWait waits for a lock.
type lockWait struct {
	of            string // what is locked, for messages
	limit, notice time.Duration
	log           *slog.Logger // nil for none
}

// until calls try until it says that it has the lock.
func (w lockWait) until(ctx context.Context, try func() (bool, error)) error {
	begin, told := time.Now(), w.log == nil
	for {
		locked, err := try()
		if err != nil {
			return fmt.Errorf("locking %s: %w", w.of, err)
		}
		if locked {
			return nil
		}
		waited := time.Since(begin)
		if !told && waited >= w.notice {
			w.log.Warn("waiting for another process to migrate the database", "database", w.of, "limit", w.limit)
			told = true
		}
		if waited >= w.limit {
			return landwaiter.Errorf(landwaiter.Unavailable,
				"another process has been migrating %s for over %s: start again when it is done, or stop it", w.of, w.limit)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for another process to migrate %s: %w", w.of, ctx.Err())
		case <-time.After(min(migratePoll, w.limit)):
		}
	}
}
