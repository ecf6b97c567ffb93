package e2e

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
)

var (
	chaosRounds = flag.Int("chaos.rounds", 3, "rounds of TestChaos on each database")
	chaosSeed   = flag.Uint64("chaos.seed", 0, "seed of TestChaos; 0: another each time")
)

const (
	chaosNear    = 120 // images in a directory
	chaosFar     = 60  // images in a registry
	chaosWorkers = 3

	// chaosCalm is how long all tasks may take to end after the last
	// disturbance: a dead worker is noticed after 15 s, and a failed request to
	// a registry is repeated after at most 64 s.
	chaosCalm = 2 * time.Minute
)

// TestChaos runs tasks while at random servers and workers are killed, a registry
// fails and the disk is full. After each round, the rows must be the same as
// without disturbances. The same seed gives the same plan, but not the same
// timing.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-chaos.seed %d", seed)
	w := newHarbour(t, seed)
	calm := newChaos(t, w, newStore(t), seed)
	calm.start(t, 0)
	task, _ := calm.createTask(t, params{"All": true})
	calm.waitEnd(t)
	want := calm.findings(t)
	if n := len(want); n != chaosNear+chaosFar {
		t.Fatalf("the undisturbed scan %s has findings in %d images, want %d", task, n, chaosNear+chaosFar)
	}
	calm.srv.kill(syscall.SIGTERM)
	t.Run("sqlite", func(t *testing.T) {
		s := newStore(t)
		disk := smallDisk(t, s.dir)
		c := newChaos(t, w, s, seed)
		c.disk, c.want = disk, want
		c.start(t, 0)
		c.rounds(t)
	})
	t.Run("postgres", func(t *testing.T) {
		s := newStore(t)
		s.database = realtest.Postgres(t)(t)
		c := newChaos(t, w, s, seed)
		c.want = want
		c.start(t, chaosWorkers)
		c.rounds(t)
	})
}

// harbour has the images of the test and their advisories.
type harbour struct {
	*weather
	near, advisories, password string // a directory each, and a file
}

const chaosUser, chaosPassword = "ci", "correct horse"

func newHarbour(t *testing.T, seed uint64) harbour {
	t.Helper()
	registry := realtest.Registry(t, chaosUser, chaosPassword)
	images := herd(chaosNear + chaosFar)
	dir := t.TempDir()
	h := harbour{newWeather(t, registry, seed), filepath.Join(dir, "images"), filepath.Join(dir, "osv"),
		filepath.Join(dir, "password")}
	writeFleet(t, h.near, images[:chaosNear])
	for i, im := range images[chaosNear:] {
		im.Layers = append(im.Layers, imagetest.NewLayer(imagetest.Text("far", fmt.Sprint(i)),
			imagetest.Text("key.pem", privateKey())))
		push(t, registry, im, chaosUser, chaosPassword)
	}
	writeAdvisories(t, h.advisories)
	writeFile(t, h.password, []byte(chaosPassword))
	return h
}

// chaos is a store with the processes that use it and the disturbances.
type chaos struct {
	store
	harbour harbour
	rnd     *rand.Rand
	db      *sql.DB
	key     key
	srv     *server
	workers []*exec.Cmd
	disk    *disk // nil: never full
	want    map[string][]string
}

func newChaos(t *testing.T, h harbour, s store, seed uint64) *chaos {
	t.Helper()
	c := &chaos{store: s, harbour: h, rnd: rand.New(rand.NewPCG(seed, 2))}
	c.key = s.newKey(t)
	if s.database == "" {
		c.db = open(t, "sqlite", "file:"+filepath.Join(s.dir,
			"landwaiter.db")+"?_pragma=busy_timeout(60000)&_pragma=foreign_keys(1)")
	} else {
		c.db = open(t, "pgx", s.database)
	}
	c.watchRows(t)
	s.do(t, "db", "import", h.advisories)
	s.do(t, "source", "add", "near", "--type", "archive", "--path", h.near)
	s.do(t, "source", "add", "far", "--type", "registry", "--url", "http://"+h.addr, "--username", chaosUser,
		"--password-file", h.password, "--rate", "1000")
	s.do(t, "source", "sync", "near")
	s.do(t, "source", "sync", "far")
	return c
}

func (c *chaos) start(t *testing.T, workers int) {
	t.Helper()
	c.serve(t)
	for range workers {
		c.workers = append(c.workers, startWorker(t, c.store))
	}
}

func (c *chaos) serve(t *testing.T) {
	t.Helper()
	c.srv = serve(t, c.store, "--workers", "2", "--rate", "1000")
}

func (c *chaos) session() session { return session{goClient{}, c.srv.url, c.key} }

// createTask creates a task for all kinds, or returns the code of the error.
func (c *chaos) createTask(t *testing.T, p params) (id, code string) {
	t.Helper()
	p["ScanVul"], p["ScanVirus"], p["ScanRisk"] = true, true, true
	r := c.session().at(t, c.srv.url, c.key, call{"CreateAssetImageScanTask", p})[0]
	var answer struct{ TaskID string }
	if err := json.Unmarshal(r.Answer, &answer); r.Code == "" && (err != nil || answer.TaskID == "") {
		t.Fatalf("CreateAssetImageScanTask(%v): %+v", p, r)
	}
	return answer.TaskID, r.Code
}

func (c *chaos) rounds(t *testing.T) {
	for n := range *chaosRounds {
		began := time.Now()
		c.disturb(t, n+1)
		c.waitEnd(t)
		t.Logf("round %d: all ended after %.1f s", n+1, time.Since(began).Seconds())
		c.checkRows(t)
		if t.Failed() {
			t.Fatalf("the rows of round %d are wrong", n+1)
		}
	}
	c.srv.kill(syscall.SIGTERM)
	c.summary(t)
}

// disturb creates tasks and disturbs them.
func (c *chaos) disturb(t *testing.T, round int) {
	t.Helper()
	if c.rnd.IntN(2) == 0 {
		c.do(t, "DELETE FROM layer") // all must be read again
	}
	tasks := c.createSome(t)
	c.harbour.set(0.05)
	events := c.events(t, tasks)
	for range 3 + c.rnd.IntN(5) {
		time.Sleep(time.Duration(c.rnd.IntN(1500)) * time.Millisecond) // until a random moment of the run
		e := events[c.rnd.IntN(len(events))]
		t.Logf("round %d: %s", round, e.name)
		e.happen()
	}
	c.harbour.set(0)
}

// createSome creates one to three tasks. For those after the first, all images
// may already be in another task.
func (c *chaos) createSome(t *testing.T) (tasks []string) {
	t.Helper()
	for n := range 1 + c.rnd.IntN(3) {
		// The timeouts of the tasks differ, since the same request twice in one
		// second is refused as a replay.
		p := params{"Timeout": 3600 + n}
		if c.rnd.IntN(2) == 0 {
			p["All"] = true
		} else {
			p["Images"], p["ScanScope"] = c.someImages(t), 1
		}
		if c.rnd.IntN(3) == 0 {
			p["IsOneClickScanningTask"] = true
		}
		if c.rnd.IntN(4) == 0 {
			p["Timeout"] = 2 + 3*c.rnd.IntN(4) + n
		}
		id, code := c.createTask(t, p)
		switch {
		case code == "":
			tasks = append(tasks, id)
		case n == 0 || code != "FailedOperation.ErrAlreadyScanning":
			t.Fatalf("CreateAssetImageScanTask: %s", code)
		}
	}
	return tasks
}

func (c *chaos) someImages(t *testing.T) []string {
	t.Helper()
	all := column(t, c.db, "SELECT id FROM image ORDER BY id")
	c.rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:20+c.rnd.IntN(len(all)-20)]
}

type event struct {
	name   string
	happen func()
}

func (c *chaos) events(t *testing.T, tasks []string) []event {
	events := []event{
		{"the server is killed", func() { c.srv.kill(syscall.SIGKILL); c.serve(t) }},
		{"the registry fails", func() { c.harbour.stormFor(time.Duration(500+c.rnd.IntN(4000)) * time.Millisecond) }},
		{"sources are read again", func() { c.try(t, "CreateRefreshTask", params{}) }},
		{"a task is stopped",
			func() { c.try(t, "ModifyAssetImageScanStop", params{"TaskID": tasks[c.rnd.IntN(len(tasks))]}) }},
	}
	for i := range c.workers {
		events = append(events, event{fmt.Sprintf("worker %d is killed", i), func() { c.killWorker(t, i) }})
	}
	if c.disk != nil {
		events = append(events, event{"the disk is full", func() { c.fullDisk(t) }})
	}
	return events
}

// try calls an action that may fail during the disturbances.
func (c *chaos) try(t *testing.T, action string, p params) {
	if r := c.session().at(t, c.srv.url, c.key, call{action, p})[0]; r.Code+r.Message != "" {
		t.Logf("%s: %s %s", action, r.Code, r.Message)
	}
}

func (c *chaos) killWorker(t *testing.T, i int) {
	_ = c.workers[i].Process.Kill() // fails only when it has ended by itself
	_ = c.workers[i].Wait()
	c.workers[i] = startWorker(t, c.store)
}

// fullDisk fills the disk for a while. The server may exit because of that; it is
// then started again.
func (c *chaos) fullDisk(t *testing.T) {
	c.disk.fill(t)
	time.Sleep(time.Duration(500+c.rnd.IntN(2500)) * time.Millisecond) // how long the disk stays full
	c.disk.empty(t)
	select {
	case <-c.srv.ended:
		t.Log("the server exited because of the full disk")
		c.serve(t)
	default:
	}
}

// waitEnd waits until all tasks, jobs and syncs have ended.
func (c *chaos) waitEnd(t *testing.T) {
	t.Helper()
	for _, q := range []string{
		"SELECT COUNT(*) FROM task WHERE status <> 'END'",
		"SELECT COUNT(*) FROM river_job WHERE state NOT IN ('completed', 'cancelled', 'discarded')",
		"SELECT COUNT(*) FROM source WHERE sync_owner <> ''",
		"SELECT COUNT(*) FROM sync_task_source WHERE ended_at = 0",
	} {
		deadline := time.Now().Add(chaosCalm)
		for n := query[int64](t, c.db, q); n > 0; n = query[int64](t, c.db, q) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: still %d after %v\n%s", q, n, chaosCalm, c.stuck(t))
			}
			time.Sleep(pollEvery)
		}
	}
}
