package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestReadOnlySchema opens databases for reading that need a migration, or are
// not there.
func TestReadOnlySchema(t *testing.T) {
	for name, tt := range map[string]struct {
		sql  string // what is done to a current database
		kind landwaiter.ErrorKind
	}{
		"current": {"SELECT 1", ""},
		"older":   {"DELETE FROM goose_db_version WHERE version_id > 5", landwaiter.Conflict},
		"newer":   {"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)", landwaiter.Conflict},
		"foreign": {"DROP TABLE goose_db_version", landwaiter.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			opts := Options{Dir: t.TempDir()}
			s, err := Open(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.w.ExecContext(t.Context(), tt.sql)
			s.Close()
			if err != nil {
				t.Fatal(err)
			}
			before := fmt.Sprint(filepath.Glob(filepath.Join(opts.Dir, "*")))
			s, err = openReadOnly(t.Context(), opts)
			if landwaiter.KindOf(err) != tt.kind {
				t.Fatalf("got %v, want kind %q", err, tt.kind)
			}
			if err == nil {
				if _, err := s.Keys().Create(t.Context(), RoleAdmin); landwaiter.KindOf(err) != landwaiter.Invalid {
					t.Errorf("made a key in a store that is only read: %v", err)
				}
				if _, err := s.w.ExecContext(t.Context(), "DELETE FROM image"); err == nil {
					t.Error("wrote a store that is only read")
				}
				s.Close()
			}
			if after := fmt.Sprint(filepath.Glob(filepath.Join(opts.Dir, "*"))); after != before {
				t.Errorf("files %s, before %s", after, before)
			}
		})
	}
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := openReadOnly(t.Context(), Options{Dir: dir}); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("no database: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("reading made the directory")
	}
}
