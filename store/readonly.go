package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/landwaiter/landwaiter"
)

// writable reports whether a SQLite database in dir can be written, or made:
// SQLite needs files beside it.
func writable(dir string) bool {
	const write = 2 // W_OK of access(2)
	for _, path := range []string{dir, filepath.Join(dir, databaseFile)} {
		if err := syscall.Access(path, write); err != nil && !errors.Is(err, syscall.ENOENT) {
			return false
		}
	}
	return true
}

// openReadOnly opens a SQLite database that cannot be written: on a read-only
// file system, or another user's. It makes no file. Errors: NotFound, Conflict
// for a schema of another version, Unavailable.
func openReadOnly(ctx context.Context, opts Options) (*DB, error) {
	path := filepath.Join(opts.Dir, databaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, landwaiter.Errorf(landwaiter.NotFound, "there is no database in %s, and none can be made", opts.Dir)
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=busy_timeout(60000)&_pragma=query_only(1)"
	// Without a log nobody has the database open; a reader that cannot make one
	// has to say that nobody will: https://www.sqlite.org/wal.html#readonly
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		dsn += "&immutable=1"
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	b := bun.NewDB(db, sqlitedialect.New())
	s := &DB{w: b, r: b, migrateLock: func(context.Context) (func(), error) { return func() {}, nil }}
	s.setClock(opts.Clock)
	if err := s.checkSchema(ctx, opts.Dir); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// readOnly reports whether the database was opened by openReadOnly.
func (s *DB) readOnly() bool { return !s.Postgres() && s.w.DB == s.r.DB }

// checkSchema refuses a schema that migrate would have to change.
func (s *DB) checkSchema(ctx context.Context, dir string) error {
	var current int64
	err := s.r.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version").Scan(&current)
	if err != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "reading the database in %s, which cannot be written: %w", dir, err)
	}
	p, err := s.migrations()
	if err != nil {
		return err
	}
	sources := p.ListSources()
	known := sources[len(sources)-1].Version
	if current > known {
		return NewerSchema("database", current, known)
	}
	if current < known {
		return landwaiter.Errorf(landwaiter.Conflict,
			"the database in %s has a schema of an older version (%d, not %d) and cannot be written: "+
				"start the server once, or run a command as its user, to migrate it", dir, current, known)
	}
	return nil
}
