package task

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/store"
)

// BenchmarkFleet creates, advances and stops one task over 100,000 images.
func BenchmarkFleet(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkFleet(b, store.Options{Dir: b.TempDir()}) })
	b.Run("PostgreSQL", func(b *testing.B) {
		benchmarkFleet(b, store.Options{Dir: b.TempDir(), URL: realtest.Postgres(b)(b)})
	})
}

func benchmarkFleet(b *testing.B, o store.Options) {
	s, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := fillFleet(s.SQL(), 100_000); err != nil {
		b.Fatal(err)
	}
	l := life{
		tasks: s.Tasks(), window: func() int { return 8 }, enqueue: func(*sql.Tx, job) error { return nil },
	}
	for b.Loop() {
		at := time.Now()
		lap := func(name string) {
			b.ReportMetric(float64(time.Since(at).Milliseconds()), name+"-ms")
			at = time.Now()
		}
		task, err := l.create(b.Context(), everything)
		if err != nil {
			b.Fatal(err)
		}
		lap("create")
		if _, err := l.advance(b.Context(), task.ID); err != nil {
			b.Fatal(err)
		}
		lap("first-window")
		for range 100 {
			if _, err := l.advance(b.Context(), task.ID); err != nil {
				b.Fatal(err)
			}
		}
		lap("hundred-advances")
		if _, err := s.Tasks().Progress(b.Context(), task.ID); err != nil {
			b.Fatal(err)
		}
		lap("progress")
		if _, _, err := s.Images().List(b.Context(),
			store.Page{Limit: 100, Filters: []landwaiter.Filter{{By: store.ByScanState,
				Values: []string{store.StateScanning}}}}); err != nil {
			b.Fatal(err)
		}
		lap("list-scanning")
		if err := l.stop(b.Context(), task.ID); err != nil {
			b.Fatal(err)
		}
		lap("stop")
		if ended, err := l.advance(b.Context(), task.ID); err != nil || !ended {
			b.Fatal(ended, err)
		}
		lap("end")
	}
}

// fillFleet writes image rows as a sync would, in one transaction.
func fillFleet(db *sql.DB, n int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	const rows = 1000
	for i := 0; i < n; i += rows {
		var values []string
		for j := i; j < min(n, i+rows); j++ {
			values = append(values, fmt.Sprintf("('sha256:%064x', '', '[]', %d, 1000, 'linux', 'amd64', '', '', '{}', 1)", j, j))
		}
		_, err := tx.Exec("INSERT INTO image (id, manifest_digest, repo_digests, created, size, os, architecture, variant, " +
			"author, config, first_seen) VALUES " +
			strings.Join(values, ", "))
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
