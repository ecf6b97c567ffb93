package store

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
)

// TestMigrationLock takes the lock of each engine twice: the second holder
// waits for the first one, and gives up with its context.
func TestMigrationLock(t *testing.T) {
	test := func(t *testing.T, lock func(ctx context.Context) (func(), error)) {
		unlock, err := lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), 5*migratePoll)
		defer cancel()
		if unlock, err := lock(short); !errors.Is(err, context.DeadlineExceeded) {
			if err == nil {
				unlock()
			}
			t.Fatalf("locked twice: %v", err)
		}
		type result struct {
			unlock func()
			err    error
		}
		second := make(chan result)
		go func() {
			unlock, err := lock(t.Context())
			second <- result{unlock, err}
		}()
		unlock()
		r := <-second
		if r.err != nil {
			t.Fatal(r.err)
		}
		r.unlock()
	}
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		test(t, func(ctx context.Context) (func(), error) { return lockDirectory(ctx, dir, nil) })
	})
	t.Run("postgres", func(t *testing.T) {
		cfg, err := pgx.ParseConfig(realtest.Postgres(t)(t))
		if err != nil {
			t.Fatal(err)
		}
		test(t, func(ctx context.Context) (func(), error) { return lockPostgres(ctx, cfg, nil) })
	})
}

// TestLockWait holds the wait for a lock that never becomes free against its
// limit.
func TestLockWait(t *testing.T) {
	var log bytes.Buffer
	w := lockWait{
		of: "the database in x", limit: 3 * time.Millisecond, notice: time.Millisecond,
		log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	err := w.until(t.Context(), func() (bool, error) { return false, nil })
	if landwaiter.KindOf(err) != landwaiter.Unavailable || !strings.Contains(err.Error(), w.of) {
		t.Errorf("after the limit: %v", err)
	}
	if n := strings.Count(log.String(), w.of); n != 1 {
		t.Errorf("told %d times of the wait:\n%s", n, log.String())
	}
	broken := errors.New("broken")
	if err := w.until(t.Context(), func() (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the lock", err)
	}
}
