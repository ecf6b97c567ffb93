package store_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/store"
)

var firstStartRounds = flag.Int("firststart.rounds", 3, "rounds of TestFirstStarts on each engine and store")

// firstStarts is how many open a store at once.
const firstStarts = 8

// TestFirstStarts opens a store several times at once that is empty, or that a
// version wrote with one migration less.
func TestFirstStarts(t *testing.T) {
	engines(t, func(t *testing.T, newStore func(t *testing.T) store.Options) {
		for name, prepare := range map[string]func(*testing.T, store.Options){
			"empty":  func(*testing.T, store.Options) {},
			"behind": func(t *testing.T, opts store.Options) { migrateTo(t, opts, latest(t)-1) },
		} {
			t.Run(name, func(t *testing.T) {
				failed := 0
				for range *firstStartRounds {
					opts := newStore(t)
					prepare(t, opts)
					for _, err := range openAtOnce(t, opts) {
						if err != nil {
							failed++
							t.Error(err)
						}
					}
					if got := version(t, opts); got != latest(t) {
						t.Errorf("schema %d, want %d", got, latest(t))
					}
				}
				t.Logf("%d of %d starts failed", failed, *firstStartRounds*firstStarts)
			})
		}
	})
}

// TestNewerSchema opens a store that a later version has migrated.
func TestNewerSchema(t *testing.T) {
	engines(t, func(t *testing.T, newStore func(t *testing.T) store.Options) {
		opts := newStore(t)
		open(t, opts).Close()
		newer := latest(t) + 7
		db := rawDB(t, opts)
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, true)", newer)); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), opts)
		if err == nil {
			s.Close()
		}
		if landwaiter.KindOf(err) != landwaiter.Conflict || !strings.Contains(err.Error(), fmt.Sprint(newer)) {
			t.Errorf("got %v, want a Conflict that names version %d", err, newer)
		}
		if got := version(t, opts); got != newer {
			t.Errorf("schema %d after the refusal, want %d", got, newer)
		}
	})
}

// engines runs a test on both, with a function that returns an empty store.
func engines(t *testing.T, test func(t *testing.T, newStore func(t *testing.T) store.Options)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, func(t *testing.T) store.Options { return store.Options{Dir: t.TempDir()} })
	})
	t.Run("postgres", func(t *testing.T) {
		database := realtest.Postgres(t)
		test(t, func(t *testing.T) store.Options { return store.Options{Dir: t.TempDir(), URL: database(t)} })
	})
}

// openAtOnce opens and closes a store, each time with connections and locks of
// its own, as processes would.
func openAtOnce(t *testing.T, opts store.Options) []error {
	start := make(chan struct{})
	errs := make([]error, firstStarts)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			s, err := store.Open(t.Context(), opts)
			if err == nil {
				_, err = s.Keys().List(t.Context())
				err = errors.Join(err, s.Close())
			}
			errs[i] = err
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// migrateTo makes a database with the schema of an older version.
func migrateTo(t *testing.T, opts store.Options, version int64) {
	t.Helper()
	dialect := goose.DialectSQLite3
	if opts.URL != "" {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, rawDB(t, opts), os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}

// latest is the number of the newest migration.
func latest(t *testing.T) int64 {
	t.Helper()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	v, err := goose.NumericComponent(filepath.Base(files[len(files)-1]))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// version is that of a database's schema.
func version(t *testing.T, opts store.Options) (v int64) {
	t.Helper()
	err := rawDB(t, opts).QueryRowContext(t.Context(), "SELECT MAX(version_id) FROM goose_db_version").Scan(&v)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func rawDB(t *testing.T, opts store.Options) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(opts.Dir, "landwaiter.db")
	if opts.URL != "" {
		driver, dsn = "pgx", opts.URL
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxIdleConns(0) // many rounds would use up the connections of the server
	t.Cleanup(func() { db.Close() })
	return db
}
