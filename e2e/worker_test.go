package e2e

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/realtest"
)

// TestWorkers runs a server and two workers on one PostgreSQL database, and kills
// one worker. The others must take over its scans.
func TestWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	s := newStore(t)
	s.database = realtest.Postgres(t)(t)
	fillHerd(t, s)
	srv := serve(t, s, "--workers", "1", "--rate", "1000")
	ses := session{goClient{}, srv.url, s.newKey(t)}
	victim := startWorker(t, s)
	startWorker(t, s)
	task := create(t, ses, params{"All": true})
	waitScanned(t, ses, task, crashImages/4)
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, 2*time.Minute, func() (string, bool) {
		st := status(t, ses, task).Status
		return st, st == "END"
	})
	db := open(t, "pgx", s.database)
	checkRows(t, db, 1)
	if n := query[int64](t, db,
		"SELECT COUNT(DISTINCT attempted_by[1]) FROM river_job WHERE kind = 'image_scan'"); n != 3 {
		t.Errorf("%d processes took scans, want 3", n)
	}

	if r := run(t, newStore(t).env(), "worker"); r.code != 2 {
		t.Errorf("a worker on SQLite: %+v", r)
	}
}

// startWorker starts a worker that runs two scans at once. It stops when the test
// ends.
func startWorker(t *testing.T, s store) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary, "worker", "--workers", "2")
	cmd.Env = s.env()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have been killed
		_ = cmd.Wait()
	})
	return cmd
}
