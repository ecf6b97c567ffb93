package task_test

import (
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/task"
)

// TestQueueMigration prepares the queue of one database several times at once,
// and then that of a newer version.
func TestQueueMigration(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		prepare := func() error {
			_, err := task.New(t.Context(), task.Config{
				Store: s, Scanner: &scan.Scanner{Store: scan.StoreOf(s)}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			})
			return err
		}
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = prepare() })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		_, err := s.SQL().ExecContext(t.Context(), "INSERT INTO river_migration (line, version) VALUES ('main', 9999)")
		if err != nil {
			t.Fatal(err)
		}
		err = prepare()
		if landwaiter.KindOf(err) != landwaiter.Conflict || !strings.Contains(err.Error(), "9999") {
			t.Errorf("got %v, want a Conflict that names version 9999", err)
		}
	})
}
