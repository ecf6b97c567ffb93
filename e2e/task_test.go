package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"github.com/landwaiter/landwaiter"
)

// TestTaskCommands controls a server from the shell.
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
	if err := json.Unmarshal([]byte(succeed(t, env, "task", "create", "--all", "--wait", "--output", "json")),
		&created); err != nil {
		t.Fatal(err)
	}
	want := task{created.TaskID, "END", "Success", 4, 4, 1, 3, 100}
	if created != want {
		t.Errorf("task %+v, want %+v", created, want)
	}
	var list []task
	if err := json.Unmarshal([]byte(succeed(t, env, "task", "list", "--output", "json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0] != want {
		t.Errorf("tasks %+v", list)
	}
	for _, args := range [][]string{{"task", "show", created.TaskID}, {"task", "show"}} {
		if out := succeed(t, env, args...); !strings.Contains(out, created.TaskID) ||
			!strings.Contains(out, "4 of 4 images") {
			t.Errorf("%v: %s", args, out)
		}
	}
	succeed(t, env, "task", "create", "--name", "fleet/w", "--scan", "vul", "--wait")
	taskGates(t, env)
	plan := succeed(t, env, "task", "create", "--all", "--recommended", "--dry-run")
	if !strings.Contains(plan, "images to scan") || !strings.Contains(plan, "because "+landwaiter.ReasonFixable) {
		t.Errorf("plan: %s", plan)
	}
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
	if r := run(t, env, "task", "create", "--all"); r.code != 1 ||
		!strings.Contains(r.stderr, "UnauthorizedOperation") {
		t.Errorf("with a reader's key: %+v", r)
	}
}

// taskGates checks the exit codes of a task with --fail-on.
func taskGates(t *testing.T, env []string) {
	t.Helper()
	for _, c := range []struct {
		code int
		args []string
	}{
		{3, []string{"--name", "fleet/web", "--scan", "vul", "--fail-on", "critical"}},
		{3, []string{"--name", "fleet/web", "--scan", "virus", "--fail-on", "high"}},
		{0, []string{"--name", "fleet/web", "--scan", "virus", "--fail-on", "critical"}},
		{0, []string{"--name", "fleet/clean", "--fail-on", "low"}},
	} {
		if r := run(t, env, append([]string{"task", "create", "--wait"}, c.args...)...); r.code != c.code {
			t.Errorf("%v: %+v, want exit code %d", c.args, r, c.code)
		}
	}
	if r := run(t, env, "task", "create", "--all", "--fail-on", "low"); r.code != 2 {
		t.Errorf("--fail-on without --wait: %+v", r)
	}
}

// TestTaskWithoutAdvisories checks that images that were compared with nothing
// count as incomplete, on the wire and in the exit code.
func TestTaskWithoutAdvisories(t *testing.T) {
	s := newStore(t)
	dir := t.TempDir()
	writeFleet(t, dir, fleet()[fleetClean:])
	s.do(t, "source", "add", "fleet", "--type", "archive", "--path", dir)
	s.do(t, "source", "sync", "fleet")
	srv := serve(t, s)
	k := s.newKey(t)
	env := s.env("LANDWAITER_SERVER="+srv.url, "LANDWAITER_SECRET_ID="+k.ID, "LANDWAITER_SECRET_KEY="+k.Secret)
	r := run(t, env, "task", "create", "--all", "--wait", "--fail-on", "low")
	if r.code != 4 || !strings.Contains(r.stdout, "0 clean, 0 at risk, 1 incomplete") ||
		!strings.Contains(r.stdout, "no advisories for Alpine:v3.99") {
		t.Errorf("%+v, want exit code 4", r)
	}
	// Another selection: the same request within a second is a replay.
	r = run(t, env, "task", "create", "--name", "fleet/clean", "--wait", "--fail-on", "low", "--allow-incomplete")
	if r.code != 0 {
		t.Errorf("--allow-incomplete: %+v", r)
	}
	if out := succeed(t, env, "task", "list", "--output", "json"); !strings.Contains(out, `"incomplete": 1`) {
		t.Errorf("task list: %s", out)
	}
}

// TestOneServer checks that a SQLite store can have only one server.
func TestOneServer(t *testing.T) {
	s := newStore(t)
	serve(t, s)
	r := run(t, s.env(), "serve", "--listen", "127.0.0.1:0")
	if r.code != 1 || !strings.Contains(r.stderr, "another server uses") {
		t.Errorf("%+v", r)
	}
}

// TestDemo checks that the demo runs without preparation, has the announced
// findings, and leaves no files.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	out := succeed(t, environment("TMPDIR="+dir), "demo", "--once")
	for _, want := range []string{
		"CVE-2099-0001", "EICAR", "MAL-2099-0003", "A private key", "runs as root", "100%", "curl",
		"tencentcloud-sdk-nodejs",
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

// TestTemporaryKeys checks that token credentials of the official client work if
// the server allows them, and that a temporary key fails without its token and
// on other servers.
func TestTemporaryKeys(t *testing.T) {
	s := newStore(t)
	var k struct{ SecretId, SecretKey, Token string }
	s.decode(t, &k, "key", "create", "--temporary", "1h", "--output", "json")
	send := func(srv *server, token string) string {
		t.Helper()
		p := profile.NewClientProfile()
		p.HttpProfile.Scheme, p.HttpProfile.Endpoint = "HTTP", strings.TrimPrefix(srv.url, "http://")
		credential := common.NewTokenCredential(k.SecretId, k.SecretKey, token)
		return sendGo(common.NewCommonClient(credential, "", p),
			call{Action: "DescribeAssetImageList", Params: params{}}).Code
	}
	open := serve(t, s, "--temporary-keys")
	for token, want := range map[string]string{k.Token: "", "": "AuthFailure.TokenFailure",
		"wrong": "AuthFailure.TokenFailure"} {
		if got := send(open, token); got != want {
			t.Errorf("token %q: %q, want %q", token, got, want)
		}
	}
	open.kill(syscall.SIGTERM)
	closed := serve(t, s)
	for token, want := range map[string]string{k.Token: "AuthFailure.SecretIdNotFound",
		"": "AuthFailure.SecretIdNotFound"} {
		if got := send(closed, token); got != want {
			t.Errorf("server without --temporary-keys, token %q: %q, want %q", token, got, want)
		}
	}
}
