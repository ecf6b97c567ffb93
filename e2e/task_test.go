package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestTaskCommands drives a server from the shell.
func TestTaskCommands(t *testing.T) {
	s := newFleetStore(t)
	srv := serve(t, s)
	k := s.newKey(t)
	env := s.env("LANDWAITER_SERVER="+srv.url, "LANDWAITER_SECRET_ID="+k.ID, "LANDWAITER_SECRET_KEY="+k.Secret)
	type task struct {
		TaskID, Status, Result            string
		Total, Done, Safe, Risky, Percent int
	}
	var created task
	if err := json.Unmarshal([]byte(succeed(t, env, "task", "create", "--all", "--wait", "--output", "json")), &created); err != nil {
		t.Fatal(err)
	}
	want := task{created.TaskID, "END", "Success", 4, 4, 1, 3, 100}
	if created != want {
		t.Errorf("task %+v, want %+v", created, want)
	}
	var list []task
	s.decode(t, &list, "task", "list", "--output", "json")
	if len(list) != 1 || list[0] != want {
		t.Errorf("tasks %+v", list)
	}
	for _, args := range [][]string{{"task", "show", created.TaskID}, {"task", "show"}} {
		if out := succeed(t, env, args...); !strings.Contains(out, created.TaskID) || !strings.Contains(out, "4 of 4 images") {
			t.Errorf("%v: %s", args, out)
		}
	}
	succeed(t, env, "task", "create", "--name", "fleet/w", "--scan", "vul", "--wait")
	succeed(t, env, "task", "stop", created.TaskID)
	if r := run(t, env, "task", "stop", "nothing"); r.code != 1 || !strings.Contains(r.stderr, "ResourceNotFound") {
		t.Errorf("stop of no task: %+v", r)
	}
	s.do(t, "key", "revoke", k.ID)
	if r := run(t, env, "task", "show"); r.code != 1 || !strings.Contains(r.stderr, "SecretIdNotFound") {
		t.Errorf("with a revoked key: %+v", r)
	}
	reader := s.keyFor(t, "reader")
	env = append(env, "LANDWAITER_SECRET_ID="+reader.ID, "LANDWAITER_SECRET_KEY="+reader.Secret)
	succeed(t, env, "task", "show")
	if r := run(t, env, "task", "create", "--all"); r.code != 1 || !strings.Contains(r.stderr, "UnauthorizedOperation") {
		t.Errorf("with a reader's key: %+v", r)
	}
}

// TestOneServer: a SQLite store has one server at a time.
func TestOneServer(t *testing.T) {
	s := newStore(t)
	serve(t, s)
	r := run(t, s.env(), "serve", "--listen", "127.0.0.1:0")
	if r.code != 1 || !strings.Contains(r.stderr, "another server uses") {
		t.Errorf("%+v", r)
	}
}

// TestDemo: the demo needs nothing, finds what it promises and leaves nothing.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	out := succeed(t, environment("TMPDIR="+dir), "demo", "--once")
	for _, want := range []string{
		"CVE-2099-0001", "EICAR", "MAL-2099-0003", "A private key", "runs as root", "100%", "curl", "tencentcloud-sdk-nodejs",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in the demo's output:\n%s", want, out)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("the demo left %v, %v", left, err)
	}
}
