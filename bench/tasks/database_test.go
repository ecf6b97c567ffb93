package tasks

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into the store
	_ "modernc.org/sqlite"

	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/store"
)

// database is a direct connection to the database of the store under test.
type database struct {
	*sql.DB
	dir string
	url string // "" means SQLite in dir
}

func (d database) postgres() bool { return d.url != "" }

func (d database) options() store.Options { return store.Options{Dir: d.dir, URL: d.url} }

func (d database) env() []string {
	return []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LANDWAITER_DATA=" + d.dir,
		"LANDWAITER_DATABASE=" + d.url}
}

// openDatabase returns an empty SQLite or PostgreSQL database, and a description
// of where it is.
func openDatabase(t *testing.T, engine string) (d database, found string) {
	t.Helper()
	d.dir = t.TempDir()
	driver, dsn := "sqlite", "file:"+filepath.Join(d.dir, "landwaiter.db")+"?_pragma=busy_timeout(60000)"
	found = "a file in a new directory"
	if engine == "PostgreSQL" {
		found = "the one of -postgres; it must be empty, and stays as the benchmark leaves it"
		if d.url = *postgresURL; d.url == "" {
			d.url = realtest.Postgres(t)(t)
			found = "started for this run by package realtest, with fsync off"
		}
		driver, dsn = "pgx", d.url
	}
	s, err := store.Open(t.Context(), d.options()) // makes the schema
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if d.DB, err = sql.Open(driver, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, found
}

// one returns the only number that a query returns. The parameters are formatted
// into the query: they are trusted, and the placeholders of SQLite and
// PostgreSQL differ.
func (d database) one(t *testing.T, format string, args ...any) int64 {
	t.Helper()
	var n sql.NullInt64
	q := fmt.Sprintf(format, args...)
	if err := d.QueryRowContext(t.Context(), q).Scan(&n); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return n.Int64
}

// size returns the size of the database in bytes, without its log.
func (d database) size(t *testing.T) int64 {
	if d.postgres() {
		return d.one(t, "SELECT pg_database_size(current_database())")
	}
	return d.one(t, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
}

// countRows starts counting the rows that are written. PostgreSQL always does;
// SQLite gets triggers. These make it slower, so nothing is timed then.
func (d database) countRows(t *testing.T) (written func() map[string]int64) {
	t.Helper()
	if d.postgres() {
		before := d.tupleStats(t)
		return func() map[string]int64 {
			after := d.tupleStats(t)
			for table, n := range before {
				after[table] -= n
			}
			return after
		}
	}
	var tables []string
	for _, table := range d.strings(t,
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name") {
		tables = append(tables, table[0])
	}
	d.do(t, "CREATE TABLE written (name TEXT PRIMARY KEY, n INTEGER NOT NULL)")
	for _, table := range tables {
		d.do(t, fmt.Sprintf("INSERT INTO written VALUES ('%s', 0)", table))
		for _, event := range []string{"INSERT", "UPDATE", "DELETE"} {
			d.do(t, fmt.Sprintf("CREATE TRIGGER written_%s_%s AFTER %s ON %s "+
				"BEGIN UPDATE written SET n = n + 1 WHERE name = '%s'; END",
				table, strings.ToLower(event), event, table, table))
		}
	}
	return func() map[string]int64 {
		counts := d.counts(t, "SELECT name, n FROM written")
		for _, table := range tables {
			for _, event := range []string{"insert", "update", "delete"} {
				d.do(t, "DROP TRIGGER written_"+table+"_"+event)
			}
		}
		d.do(t, "DROP TABLE written")
		return counts
	}
}

// tupleStats returns PostgreSQL's counts of written rows. They are complete once
// the writing sessions have ended, which report with a delay of a second.
func (d database) tupleStats(t *testing.T) map[string]int64 {
	t.Helper()
	return d.counts(t, "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables")
}

func (d database) do(t *testing.T, q string) {
	t.Helper()
	if _, err := d.ExecContext(t.Context(), q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

func (d database) counts(t *testing.T, q string) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	for _, row := range d.strings(t, q) {
		var n int64
		fmt.Sscan(row[1], &n)
		counts[row[0]] = n
	}
	return counts
}

// strings returns the rows of a query as text.
func (d database) strings(t *testing.T, q string) [][]string {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	var list [][]string
	for rows.Next() {
		row := make([]string, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return list
}
