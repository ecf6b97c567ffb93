package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/landwaiter/landwaiter/realtest"
)

var firstStartRounds = flag.Int("firststart.rounds", 1, "rounds of TestFirstStarts on each engine and each store")

// firstStarts is how many processes start at once.
const firstStarts = 8

// TestFirstStarts starts a server, commands and (on PostgreSQL) workers at the
// same time, on an empty store and on stores of older versions.
func TestFirstStarts(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(oldStores, "*", oldFactsFile))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no old stores: %v", err)
	}
	t.Run("sqlite", func(t *testing.T) {
		commands := []string{
			"serve", "key list", "image list", "source list", "source list", "ignore list", "image list", "key list",
		}
		stores := map[string]func(t *testing.T) store{"empty": func(t *testing.T) store { return newStore(t) }}
		for _, dir := range dirs {
			dir = filepath.Dir(dir)
			stores[filepath.Base(dir)] = func(t *testing.T) store { return restoreSQLite(t, dir) }
		}
		firstStartStores(t, stores, commands)
	})
	t.Run("postgres", func(t *testing.T) {
		database := realtest.Postgres(t)
		commands := []string{"serve", "worker", "worker", "worker", "worker", "worker", "image list", "source list"}
		stores := map[string]func(t *testing.T) store{"empty": func(t *testing.T) store {
			s := newStore(t)
			s.database = database(t)
			return s
		}}
		for _, dir := range dirs {
			dir = filepath.Dir(dir)
			stores[filepath.Base(dir)] = func(t *testing.T) store { return restorePostgres(t, dir, database(t)) }
		}
		firstStartStores(t, stores, commands)
	})
}

func firstStartStores(t *testing.T, stores map[string]func(t *testing.T) store, commands []string) {
	for name, prepare := range stores {
		t.Run(name, func(t *testing.T) {
			failed := 0
			for range *firstStartRounds {
				s := prepare(t)
				for i, err := range startAtOnce(t, s, commands) {
					if err != nil {
						failed++
						t.Errorf("%s: %v", commands[i], err)
					}
				}
			}
			t.Logf("%d of %d starts failed", failed, *firstStartRounds*firstStarts)
		})
	}
}

// startAtOnce runs the commands concurrently; servers and workers until they are
// ready.
func startAtOnce(t *testing.T, s store, commands []string) []error {
	t.Helper()
	if len(commands) != firstStarts {
		t.Fatalf("%d commands, want %d", len(commands), firstStarts)
	}
	errs := make([]error, len(commands))
	var wg sync.WaitGroup
	for i, command := range commands {
		args := strings.Fields(command)
		wg.Go(func() {
			if command == "serve" || command == "worker" {
				errs[i] = untilReady(t.Context(), s, args)
				return
			}
			cmd := exec.CommandContext(t.Context(), binary, args...)
			cmd.Env = s.env()
			if out, err := cmd.CombinedOutput(); err != nil {
				errs[i] = fmt.Errorf("%w\n%s", err, out)
			}
		})
	}
	wg.Wait()
	return errs
}

// untilReady starts a server or a worker and stops it when it logs that it is
// ready.
func untilReady(ctx context.Context, s store, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if args[0] == "serve" {
		args = append(args, "--listen", "127.0.0.1:0", "--sync-every", "0")
	}
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = s.env()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var log bytes.Buffer
	ready := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(&log, lines.Text())
		if !ready && (strings.Contains(lines.Text(), "msg=serving") || strings.Contains(lines.Text(), "msg=working")) {
			ready = true
			_ = cmd.Process.Signal(syscall.SIGTERM) // if it has already exited, Wait returns the error
		}
	}
	err = cmd.Wait()
	if err == nil && !ready {
		err = errors.New("ended before it was ready")
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, log.String())
	}
	return err
}
