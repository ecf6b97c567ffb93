package e2e

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into the store
	_ "modernc.org/sqlite"

	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/tcss"
)

// crashImages is the number of images in the task.
const crashImages = 200

// crashWorkers is how many scans can run when the server is killed.
const crashWorkers = 2

// TestCrash kills the server several times during one task. The next one must
// finish it, and nothing may be lost or done twice.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Run("sqlite", func(t *testing.T) {
		s := newStore(t)
		crash(t, s, 10)
		db := open(t, "sqlite", "file:"+filepath.Join(s.dir, "landwaiter.db")+"?mode=ro")
		if got := query[string](t, db, "PRAGMA integrity_check"); got != "ok" {
			t.Errorf("integrity check: %s", got)
		}
		checkRows(t, db, 10)
	})
	t.Run("postgres", func(t *testing.T) {
		s := newStore(t)
		s.database = realtest.Postgres(t)(t)
		crash(t, s, 3)
		checkRows(t, open(t, "pgx", s.database), 3)
	})
}

// crash runs a task and kills its server at random moments, spread over the whole
// run.
func crash(t *testing.T, s store, kills int) {
	t.Helper()
	fillHerd(t, s)
	k := s.newKey(t)
	start := func() (*server, session) {
		srv := serve(t, s, "--workers", fmt.Sprint(crashWorkers), "--rate", "1000")
		return srv, session{goClient{}, srv.url, k}
	}
	srv, ses := start()
	task := create(t, ses, params{"All": true})
	for n := range kills {
		step := crashImages * 9 / 10 / kills
		target := uint64(n*step + rand.IntN(step))
		st := waitScanned(t, ses, task, target)
		if st.Status == "END" {
			t.Fatalf("the task ended before kill %d", n+1)
		}
		srv.kill(syscall.SIGKILL)
		t.Logf("killed at %d images", st.ImageScanCnt)
		srv, ses = start()
	}
	waitFor(t, 3*time.Minute, func() (string, bool) {
		st := status(t, ses, task).Status
		return st, st == "END"
	})
	srv.kill(syscall.SIGTERM)
}

// waitScanned waits until a task has scanned a number of images. It polls at
// random intervals, so that a kill afterwards hits any moment of a scan.
func waitScanned(t *testing.T, s session, taskID string, n uint64) tcss.DescribeAssetImageScanStatusResponse {
	t.Helper()
	for deadline := time.Now().Add(taskEnd); ; {
		st := status(t, s, taskID)
		if st.ImageScanCnt >= n {
			return st
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d images scanned within %v", st.ImageScanCnt, n, taskEnd)
		}
		time.Sleep(time.Duration(1+rand.IntN(20)) * time.Millisecond)
	}
}

// fillHerd adds the images and advisories of the test to a store.
func fillHerd(t *testing.T, s store) {
	t.Helper()
	dir := t.TempDir()
	writeFleet(t, filepath.Join(dir, "images"), herd(crashImages))
	writeAdvisories(t, filepath.Join(dir, "osv"))
	s.do(t, "db", "import", filepath.Join(dir, "osv"))
	s.do(t, "source", "add", "archive", "herd", "--path", filepath.Join(dir, "images"))
	s.do(t, "source", "sync", "herd")
}

// checkRows checks the store after the end of the task: each image was scanned
// once, and a kill repeated at most the scans that were running.
func checkRows(t *testing.T, db *sql.DB, kills int) {
	t.Helper()
	for _, tt := range []struct {
		query string
		want  int64
	}{
		{"SELECT COUNT(*) FROM task WHERE status = 'END' AND result = 'Success'", 1},
		{"SELECT COUNT(*) FROM image_scan", crashImages},
		{"SELECT COUNT(DISTINCT image_id) FROM image_scan WHERE state = 'SCANNED'", crashImages},
		{"SELECT COUNT(*) FROM image WHERE scan_state = 'SCANNED'", crashImages},
		{"SELECT COUNT(*) FROM layer", crashImages},
		{"SELECT COUNT(*) FROM package", crashImages + 1}, // one of each, and the one they share
		{"SELECT COUNT(*) FROM image_package", 2 * crashImages},
		{"SELECT COUNT(*) FROM package_vulnerability", 1},
	} {
		if got := query[int64](t, db, tt.query); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.query, got, tt.want)
		}
	}
	tries := query[int64](t, db, "SELECT CAST(SUM(tries) AS BIGINT) FROM image_scan")
	if most := int64(crashImages + kills*crashWorkers); tries < crashImages || tries > most {
		t.Errorf("%d scans were started, want at most %d", tries, most)
	}
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func query[T any](t *testing.T, db *sql.DB, q string) T {
	t.Helper()
	var v T
	if err := db.QueryRowContext(t.Context(), q).Scan(&v); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return v
}
