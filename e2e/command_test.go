package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// environment is the environment of the commands. It has none of the developer's
// settings.
func environment(extra ...string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LANG=C.UTF-8"}
	return append(env, extra...)
}

// result is the exit code and output of a command.
type result struct {
	code           int
	stdout, stderr string
}

// run runs the command until it exits.
func run(t testing.TB, env []string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("landwaiter %v: %v", args, err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// store is a data directory for commands.
type store struct {
	dir      string
	database string // a postgres:// URL; "" means SQLite in dir
}

// newStore returns an empty store.
func newStore(t testing.TB) store { return store{dir: t.TempDir()} }

func (s store) env(extra ...string) []string {
	return environment(append(extra, "LANDWAITER_DATA="+s.dir, "LANDWAITER_DATABASE="+s.database)...)
}

// do runs a command, which must succeed, and returns its output.
func (s store) do(t testing.TB, args ...string) string {
	t.Helper()
	return succeed(t, s.env(), args...)
}

// succeed runs a command, which must exit with 0, and returns its output.
func succeed(t testing.TB, env []string, args ...string) string {
	t.Helper()
	r := run(t, env, args...)
	if r.code != 0 {
		t.Fatalf("landwaiter %v: exit code %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// key is an API key.
type key struct {
	ID     string `json:"SecretId"`
	Secret string `json:"SecretKey"`
}

// newKey creates an admin key in the store.
func (s store) newKey(t testing.TB) key { return s.keyFor(t, "admin") }

func (s store) keyFor(t testing.TB, role string) key {
	t.Helper()
	var k key
	s.decode(t, &k, "key", "create", "--role", role, "--output", "json")
	return k
}

// decode runs a command and decodes the JSON that it prints.
func (s store) decode(t testing.TB, v any, args ...string) {
	t.Helper()
	out := s.do(t, args...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		t.Fatalf("landwaiter %v: %v in\n%s", args, err, out)
	}
}
