// Package store keeps everything Landwaiter knows in one SQL database: SQLite
// by default, PostgreSQL by URL. The same code and the same schema serve both.
//
// On SQLite there is one writing connection and a pool of readers (WAL mode),
// so a reader never waits and a writer never sees a lock error. A function
// that is handed a transaction must not use the Store itself inside it: the
// one writing connection is taken.
//
// Strings from images are cleaned here (valid UTF-8, no NUL), since both
// engines would refuse or corrupt them.
//
// All methods are safe for concurrent use.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the SQLite engine, without cgo

	"github.com/landwaiter/landwaiter"
)

// readers is how many SQLite connections serve queries at once. Each holds a
// page cache of its own (2 MB by default), so this is also 16 MB of memory.
const readers = 8

// databaseFile is the SQLite database in the data directory.
const databaseFile = "landwaiter.db"

// Options say where the database is.
type Options struct {
	// Dir holds the SQLite file and the master key. Created if missing.
	Dir string
	// URL is a postgres:// URL; "" means SQLite in Dir. The master key is in
	// Dir (or the environment) in either case.
	URL string
	// Clock tells the time of everything that is stored. Nil means time.Now;
	// tests set it to make time pass.
	Clock func() time.Time
	// Log is told when opening waits for another process. Nil means no log.
	Log *slog.Logger
	// Reading is set by those who read no secrets (of keys and sources) and write
	// nothing. They may open a SQLite database that cannot be written, if its
	// schema is current; any other one is opened as without Reading.
	Reading bool
}

// DB is an open database. What it can do is divided into roles, each a small
// type with its own file and contract: db.Images(), db.Tasks() and so on.
// Callers keep the roles they need. Close it.
type DB struct {
	w     *bun.DB // writes
	r     *bun.DB // reads; the same as w on PostgreSQL
	pool  *pgxpool.Pool
	seal  sealer
	clock func() time.Time

	migrateLock func(context.Context) (unlock func(), err error)
}

// Open opens the database, creating and migrating it as needed; of several
// processes that open it at once, one does so and the others wait. Errors:
// Invalid, Conflict for a database that a newer version has migrated,
// Unavailable; for Reading also those of openReadOnly.
func Open(ctx context.Context, opts Options) (*DB, error) {
	if opts.Reading && opts.URL == "" && !writable(opts.Dir) {
		return openReadOnly(ctx, opts)
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, landwaiter.About(
			landwaiter.Errorf(landwaiter.Invalid, "data directory: %w", err), landwaiter.SettingDataDirectory)
	}
	seal, err := openSealer(opts.Dir)
	if err != nil {
		return nil, err
	}
	var s *DB
	if opts.URL == "" {
		s, err = openSQLite(opts)
	} else {
		s, err = openPostgres(ctx, opts)
	}
	if err != nil {
		return nil, err
	}
	s.seal = seal
	s.setClock(opts.Clock)
	if err := s.WithMigrationLock(ctx, s.migrate); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// setClock sets what tells the time, also as :now in queries; nil means
// time.Now.
func (s *DB) setClock(clock func() time.Time) {
	s.clock = clock
	if clock == nil {
		s.clock = time.Now
	}
	s.w = s.w.WithNamedArg("now", nowArg{s})
	s.r = s.r.WithNamedArg("now", nowArg{s})
}

// openSQLite prepares the connections; nothing is read before migrate has the
// lock, since the first connection may change the file.
func openSQLite(opts Options) (*DB, error) {
	open := func(params string, conns int) (*bun.DB, error) {
		// Write-ahead logging with synchronous=NORMAL survives a killed
		// process without loss; a power cut may lose the last commits but
		// never corrupts (https://www.sqlite.org/pragma.html#pragma_synchronous).
		dsn := "file:" + (&url.URL{Path: filepath.Join(opts.Dir, databaseFile)}).EscapedPath() +
			"?_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)" +
			// A large transaction leaves a large log; it is cut to this after.
			"&_pragma=journal_size_limit(67108864)" +
			"&_pragma=foreign_keys(1)" + params
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return bun.NewDB(db, sqlitedialect.New()), nil
	}
	// SQLite gives the files beside it the mode of the database.
	f, err := os.OpenFile(filepath.Join(opts.Dir, databaseFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "opening the database: %w", err)
	}
	f.Close()
	w, err := open("&_txlock=immediate&_pragma=cache_size(-16000)", 1)
	if err != nil {
		return nil, err
	}
	r, err := open("&_pragma=query_only(1)", readers)
	if err != nil {
		w.Close()
		return nil, err
	}
	lock := func(ctx context.Context) (func(), error) { return lockDirectory(ctx, opts.Dir, opts.Log) }
	return &DB{w: w, r: r, migrateLock: lock}, nil
}

func openPostgres(ctx context.Context, opts Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(opts.URL)
	if err != nil {
		return nil, landwaiter.About(landwaiter.Errorf(landwaiter.Invalid,
			"the database is not a PostgreSQL URL: want postgres://user:password@host:port/name"),
			landwaiter.SettingDatabase)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, landwaiter.Errorf(landwaiter.Unavailable,
			"PostgreSQL at %s does not answer: %w", cfg.ConnConfig.Host, err)
	}
	db := bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New())
	lock := func(ctx context.Context) (func(), error) { return lockPostgres(ctx, cfg.ConnConfig, opts.Log) }
	return &DB{w: db, r: db, pool: pool, migrateLock: lock}, nil
}

// Close closes all connections.
func (s *DB) Close() error {
	err := s.w.Close()
	s.r.Close() // on PostgreSQL the same, for which a second Close does nothing
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Postgres reports whether the database is PostgreSQL.
func (s *DB) Postgres() bool { return s.pool != nil }

// SQL returns the writing handle, for the job queue that lives in the same
// database.
func (s *DB) SQL() *sql.DB { return s.w.DB }

// Pool returns the PostgreSQL pool for LISTEN; nil on SQLite.
func (s *DB) Pool() *pgxpool.Pool { return s.pool }

// maxTxTries is how often a transaction is run that PostgreSQL gives up for
// another one.
const maxTxTries = 5

// tx runs fn in a write transaction; fn runs again when the database chose it
// as the victim of a deadlock or a serialization failure.
func (s *DB) tx(ctx context.Context, fn func(tx bun.Tx) error) error {
	for try := 1; ; try++ {
		err := s.w.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error { return fn(tx) })
		var pg *pgconn.PgError
		if try == maxTxTries || !errors.As(err, &pg) || (pg.Code != deadlockDetected && pg.Code != serializationFailure) {
			return err
		}
	}
}

// lock holds others who ask for the same name apart until the transaction
// ends. On SQLite every writing transaction does that anyway.
func (s *DB) lock(ctx context.Context, tx bun.Tx, name string) error {
	if !s.Postgres() {
		return nil
	}
	_, err := tx.NewRaw("SELECT pg_advisory_xact_lock(hashtext(?))", name).Exec(ctx)
	return err
}

// PostgreSQL error codes, https://www.postgresql.org/docs/current/errcodes-appendix.html.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

// clean makes a foreign string fit for both engines.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// millis is a time as stored: Unix milliseconds, zero for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Now is the store's clock.
func (s *DB) Now() time.Time { return s.clock() }

// now is the store's clock, as times are stored.
func (s *DB) now() int64 { return s.clock().UnixMilli() }

// insertChunk is how many rows go into one INSERT: enough to amortise the
// statement, small enough to keep its text under a few hundred kilobytes.
const insertChunk = 500

// insert adds rows in chunks; suffix is what follows the VALUES, for example
// "ON CONFLICT DO NOTHING".
func insert[T any](ctx context.Context, db bun.IDB, rows []T, on func(*bun.InsertQuery) *bun.InsertQuery) error {
	for len(rows) > 0 {
		n := min(insertChunk, len(rows))
		part := rows[:n]
		rows = rows[n:]
		q := db.NewInsert().Model(&part)
		if on != nil {
			q = on(q)
		}
		if _, err := q.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func doNothing(q *bun.InsertQuery) *bun.InsertQuery { return q.On("CONFLICT DO NOTHING") }

// chunks splits a list so that IN (...) stays within the engines' limits.
func chunks[T any](list []T, size int) [][]T {
	var out [][]T
	for len(list) > size {
		out = append(out, list[:size])
		list = list[size:]
	}
	if len(list) > 0 {
		out = append(out, list)
	}
	return out
}
