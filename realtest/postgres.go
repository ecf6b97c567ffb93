package realtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres starts a PostgreSQL server and returns a function that creates an
// empty database on it and returns its URL.
func Postgres(t testing.TB) (database func(t testing.TB) string) {
	t.Helper()
	bin := postgresBin(t)
	dir, err := os.MkdirTemp("", "landwaiter-pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	owner := postgresOwner(t, dir)
	data := filepath.Join(dir, "data")
	owner(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
	port := freePort(t)
	options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -c port=%s -c unix_socket_directories=%s "+
		"-c fsync=off -c max_connections=200", port, dir)
	owner(filepath.Join(bin, "pg_ctl"), "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start")
	t.Cleanup(func() { owner(filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "stop") })

	n := 0
	return func(t testing.TB) string {
		t.Helper()
		n++
		name := fmt.Sprintf("t%d", n)
		admin := fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres", port)
		conn, err := pgx.Connect(context.Background(), admin)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("postgres://postgres@127.0.0.1:%s/%s", port, name)
	}
}

// postgresBin returns the directory of the server's programs, which on Debian are
// not in the PATH.
func postgresBin(t testing.TB) string {
	t.Helper()
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Sort(dirs)
	if len(dirs) > 0 {
		return dirs[len(dirs)-1]
	}
	return filepath.Dir(Need(t, "initdb", "postgresql"))
}

// postgresOwner returns a function that runs a program as a user other than root,
// which PostgreSQL refuses.
func postgresOwner(t testing.TB, dir string) func(args ...string) {
	t.Helper()
	prefix := []string{}
	if os.Geteuid() == 0 {
		Need(t, "runuser", "util-linux")
		prefix = []string{"runuser", "-u", "postgres", "--"}
		if out, err := exec.Command("chown", "postgres", dir).CombinedOutput(); err != nil {
			t.Fatalf("chown: %v\n%s", err, out)
		}
	}
	return func(args ...string) {
		t.Helper()
		args = append(slices.Clone(prefix), args...)
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		// Not CombinedOutput: the server that pg_ctl starts keeps its pipe open,
		// and Run would wait for it.
		log, err := os.CreateTemp(t.TempDir(), "out")
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Run(); err != nil {
			out, _ := os.ReadFile(log.Name())
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
