package task

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/store"
)

var everything = landwaiter.Selection{All: true, Kinds: landwaiter.ScanAll}

// fixture is the rules on a real store, with a queue whose jobs the test runs
// itself and time that the test moves on.
type fixture struct {
	life
	db    *store.DB
	jobs  []string // image IDs, "" for the job of a task
	slots int      // the window
	ahead atomic.Int64
}

// eachStore runs a test on both engines of the database.
func eachStore(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Run("SQLite", func(t *testing.T) { test(t, newFixture(t, store.Options{})) })
	t.Run("PostgreSQL", func(t *testing.T) {
		database := realtest.Postgres(t)
		test(t, newFixture(t, store.Options{URL: database(t)}))
	})
}

func newFixture(t *testing.T, o store.Options) *fixture {
	t.Helper()
	f := &fixture{slots: 1}
	o.Dir = t.TempDir()
	o.Clock = func() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	f.db = db
	f.life = life{tasks: db.Tasks(), window: func() int { return f.slots }, enqueue: func(_ *sql.Tx, j job) error {
		f.jobs = append(f.jobs, j.imageID)
		return nil
	}}
	return f
}

// putImages adds images 1 to n to the inventory.
func (f *fixture) putImages(t *testing.T, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		img := landwaiter.Image{
			ID: imageID(i), Created: time.UnixMilli(int64(i)), OS: "linux", Architecture: "amd64",
			Layers: []landwaiter.LayerRef{{DiffID: imageID(1000 + i), Digest: imageID(2000 + i), Size: 10}},
		}
		check(t, f.db.Images().Put(t.Context(), img, store.Place{}))
	}
}

func imageID(n int) string { return fmt.Sprintf("sha256:%064x", n) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// start creates a task, forgets its own job, and advances it once.
func (f *fixture) start(t *testing.T, sel landwaiter.Selection) landwaiter.Task {
	t.Helper()
	task, err := f.create(t.Context(), sel)
	check(t, err)
	same(t, f.jobs[len(f.jobs)-1], "")
	f.jobs = nil
	f.mustAdvance(t, task.ID, false)
	return task
}

func (f *fixture) mustAdvance(t *testing.T, taskID string, wantEnd bool) {
	t.Helper()
	end, err := f.advance(t.Context(), taskID)
	check(t, err)
	if end != wantEnd {
		t.Fatalf("the task has ended: %v, want %v", end, wantEnd)
	}
}

func (f *fixture) mustBegin(t *testing.T, taskID, imageID string, wantOK bool) landwaiter.ImageScan {
	t.Helper()
	_, scan, ok, err := f.begin(t.Context(), taskID, imageID)
	check(t, err)
	if ok != wantOK {
		t.Fatalf("the scan of %s began: %v, want %v", imageID, ok, wantOK)
	}
	return scan
}

func (f *fixture) progress(t *testing.T, taskID string) landwaiter.Progress {
	t.Helper()
	p, err := f.tasks.Progress(t.Context(), taskID)
	check(t, err)
	return p
}

// finish commits an empty report for an image.
func (f *fixture) finish(ctx context.Context, taskID, image string) error {
	img, err := f.db.Images().Get(ctx, image)
	if err != nil {
		return err
	}
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul}
	return f.db.Reports().Commit(ctx, rep, store.Matcher{}, func(tx store.TaskTx, write func() (bool, error)) error {
		return f.commit(ctx, tx, taskID, rep, write)
	})
}

func TestTaskRunsToItsEnd(t *testing.T) {
	eachStore(t, func(t *testing.T, f *fixture) {
		f.putImages(t, 5)
		f.slots = 2
		task := f.start(t, landwaiter.Selection{All: true, Exclude: []string{imageID(5)}, Kinds: landwaiter.ScanVul})
		same(t, slices.Sorted(slices.Values(f.jobs)), []string{imageID(3), imageID(4)}) // the newest
		f.mustAdvance(t, task.ID, false)
		same(t, len(f.jobs), 2) // a full window is not filled again
		for n := 0; len(f.jobs) > 0; n++ {
			id := f.jobs[0]
			f.jobs = f.jobs[1:]
			same(t, f.mustBegin(t, task.ID, id, true).Tries, 1)
			if n == 0 {
				check(t, f.end(t.Context(), task.ID, id, landwaiter.ScanErr, "boom"))
			} else {
				check(t, f.finish(t.Context(), task.ID, id))
			}
		}
		p := f.progress(t, task.ID)
		if p.Status != landwaiter.TaskEnd || p.Result != landwaiter.TaskSuccess || p.Done != 4 || p.Safe != 3 ||
			p.Percent() != 100 {
			t.Fatalf("a finished task: %+v", p)
		}
		check(t, f.finish(t.Context(), task.ID, imageID(1))) // of a worker that was silent for too long
		check(t, f.end(t.Context(), task.ID, imageID(1), landwaiter.ScanErr, "late"))
		same(t, f.progress(t, task.ID).Safe, 3)
		f.wantEvents(t, "SCAN_ERR", "SCANNED", "SCANNED", "SCANNED", "Success")
	})
}

// wantEvents takes what the outbox has: states of scans, results of tasks.
func (f *fixture) wantEvents(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	told := afterwards
	defer func() { afterwards = told }()
	r := &Runner{life: f.life}
	type hook = func(context.Context, *slog.Logger, Ended) error
	afterwards = []hook{func(_ context.Context, _ *slog.Logger, e Ended) error {
		if e.Scan != nil {
			got = append(got, string(e.Scan.State))
		} else {
			got = append(got, string(e.Task.Result))
		}
		return nil
	}}
	check(t, r.deliver(t.Context()))
	counts := map[string]int{} // events of one millisecond come in any order
	for _, g := range got {
		counts[g]++
	}
	for _, w := range want {
		counts[w]--
	}
	for name, n := range counts {
		if n != 0 {
			t.Fatalf("events %v, want %v: %s differs", got, want, name)
		}
	}
}

func TestStop(t *testing.T) {
	eachStore(t, func(t *testing.T, f *fixture) {
		f.putImages(t, 4)
		task := f.start(t, everything)
		running := f.jobs[0]
		f.mustBegin(t, task.ID, running, true)
		list, err := f.tasks.Unfinished(t.Context())
		check(t, err)
		same(t, len(list), 0)

		// One waiting image by its ID, then the running one.
		check(t, f.stopImages(t.Context(), landwaiter.Selection{Images: []string{imageID(1), running}}))
		list, err = f.tasks.Unfinished(t.Context())
		check(t, err)
		same(t, list, []store.Unfinished{{TaskID: task.ID, ImageID: running, Stopped: true}})
		check(t, f.end(t.Context(), task.ID, running, landwaiter.ScanCanceled, "stopped"))
		same(t, f.progress(t, task.ID).Done, 2)

		check(t, f.stop(t.Context(), task.ID))
		if err := f.stop(t.Context(), "nope"); landwaiter.KindOf(err) != landwaiter.NotFound {
			t.Fatal(err)
		}
		f.mustBegin(t, task.ID, f.jobs[len(f.jobs)-1], false)
		f.mustAdvance(t, task.ID, true)
		p := f.progress(t, task.ID)
		if p.Result != landwaiter.TaskCancel || p.Done != 4 {
			t.Fatalf("a stopped task: %+v", p)
		}
		check(t, f.stop(t.Context(), task.ID)) // stopping twice changes nothing
	})
}

// A scan whose worker died ends when its job comes to another worker after the
// task, or the scan alone, was stopped.
func TestDeadWorkersScanEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, f *fixture) {
		f.putImages(t, 2)
		f.slots = 2
		task := f.start(t, everything)
		for _, id := range f.jobs {
			f.mustBegin(t, task.ID, id, true)
		}
		check(t, f.stopImages(t.Context(), landwaiter.Selection{Images: f.jobs[:1]}))
		for n, id := range f.jobs {
			if n == 1 {
				check(t, f.stop(t.Context(), task.ID))
			}
			f.mustBegin(t, task.ID, id, false)
			same(t, f.progress(t, task.ID).Done, n+1)
		}
		f.mustAdvance(t, task.ID, true)
	})
}

func TestTimeout(t *testing.T) {
	eachStore(t, func(t *testing.T, f *fixture) {
		f.putImages(t, 3)
		sel := everything
		sel.Timeout = time.Minute
		task := f.start(t, sel)
		f.ahead.Store(int64(time.Minute))
		f.mustBegin(t, task.ID, f.jobs[0], false)
		f.mustAdvance(t, task.ID, true)
		p := f.progress(t, task.ID)
		if p.Result != landwaiter.TaskTimeout || p.Done != 3 {
			t.Fatalf("an expired task: %+v", p)
		}
	})
}

// A scan whose source failed gives its slot to the next image, comes back
// later, and tells of the failure when time runs out first.
func TestRetry(t *testing.T) {
	eachStore(t, func(t *testing.T, f *fixture) {
		f.putImages(t, 2)
		task := f.start(t, landwaiter.Selection{All: true, Kinds: landwaiter.ScanVul, Timeout: 3 * time.Hour})
		same(t, task.Class, landwaiter.ClassBroad)
		first := f.jobs[0]
		f.mustBegin(t, task.ID, first, true)
		check(t, f.retry(t.Context(), task.ID, first, "try 1: no answer", time.Hour))
		f.mustBegin(t, task.ID, first, false) // its job, of a worker that died just now
		if len(f.jobs) != 2 || f.jobs[1] == first {
			t.Fatalf("jobs %v; want the other image in the place of %s", f.jobs, first)
		}
		f.mustBegin(t, task.ID, f.jobs[1], true)
		check(t, f.end(t.Context(), task.ID, f.jobs[1], landwaiter.ScanErr, "broken"))
		f.mustAdvance(t, task.ID, false)
		same(t, len(f.jobs), 2) // the task waits
		f.ahead.Store(int64(time.Hour))
		f.mustAdvance(t, task.ID, false)
		same(t, f.jobs[2:], []string{first})
		scan := f.mustBegin(t, task.ID, first, true)
		same(t, []int{scan.Tries, scan.Retries}, []int{2, 1})
		check(t, f.release(t.Context(), task.ID, first))
		same(t, f.mustBegin(t, task.ID, first, true).Tries, 2) // a worker that stopped in good order took no try
		check(t, f.retry(t.Context(), task.ID, first, "try 2: no answer", time.Hour))
		f.ahead.Store(int64(3 * time.Hour))
		f.mustAdvance(t, task.ID, true)
		scans, err := f.tasks.ImageScans(t.Context(), task.ID)
		check(t, err)
		if scans[0].State != landwaiter.ScanTimeout || !strings.HasSuffix(scans[0].Reason, "; before, try 2: no answer") {
			t.Fatalf("out of time: %+v", scans[0])
		}
	})
}

// TestAnyOrder plays workers that begin, end, retry, release and die at random,
// under stops and passing time, and checks what must hold whatever happens: no
// more scans are in flight than the window has slots, an ended scan stays as it
// is, and in the end the task has ended with all of its scans.
func TestAnyOrder(t *testing.T) {
	f := newFixture(t, store.Options{})
	f.putImages(t, 6)
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		must := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		f.slots = rapid.IntRange(1, 3).Draw(rt, "window")
		f.jobs = nil
		task, err := f.create(ctx, landwaiter.Selection{All: true, Kinds: landwaiter.ScanVul, Timeout: time.Hour})
		must(err)
		done := map[string]landwaiter.ImageScan{}
		inspect := func() {
			scans, err := f.tasks.ImageScans(ctx, task.ID)
			must(err)
			running := 0
			for _, s := range scans {
				if before, ok := done[s.ImageID]; ok && before != s {
					rt.Fatalf("an ended scan changed from %+v to %+v", before, s)
				}
				if s.State.Terminal() {
					done[s.ImageID] = s
				}
				if s.State == landwaiter.ScanRunning {
					running++
				}
			}
			if running > f.slots {
				rt.Fatalf("%d scans run in a window of %d", running, f.slots)
			}
		}
		pick := func() (string, bool) {
			var ids []string
			for _, id := range f.jobs {
				if id != "" {
					ids = append(ids, id)
				}
			}
			if len(ids) == 0 {
				return "", false
			}
			return rapid.SampledFrom(ids).Draw(rt, "image"), true
		}
		for range rapid.IntRange(5, 40).Draw(rt, "steps") {
			id, ok := pick()
			switch step := rapid.SampledFrom([]string{"advance", "begin", "finish", "fail", "retry", "release", "stop",
				"stop one", "time"}).Draw(rt, "step"); {
			case step == "advance" || !ok:
				_, err = f.advance(ctx, task.ID)
			case step == "begin":
				_, _, _, err = f.begin(ctx, task.ID, id)
			case step == "finish":
				err = f.finish(ctx, task.ID, id)
			case step == "fail":
				err = f.end(ctx, task.ID, id, landwaiter.ScanErr, "broken")
			case step == "retry":
				err = f.retry(ctx, task.ID, id, "no answer", time.Second)
			case step == "release":
				err = f.release(ctx, task.ID, id)
			case step == "stop one":
				err = f.stopImages(ctx, landwaiter.Selection{Images: []string{id}})
			case step == "stop" && rapid.IntRange(0, 5).Draw(rt, "really") == 0:
				err = f.stop(ctx, task.ID)
			case step == "time":
				f.ahead.Add(int64(10 * time.Minute))
			}
			must(err)
			inspect()
		}
		must(f.stop(ctx, task.ID))
		for _, id := range f.jobs { // jobs of dead workers come back
			if id != "" {
				_, _, _, err := f.begin(ctx, task.ID, id)
				must(err)
			}
		}
		end, err := f.advance(ctx, task.ID)
		must(err)
		p, err := f.tasks.Progress(ctx, task.ID)
		must(err)
		if !end || p.Done != p.Total || p.Result == "" {
			rt.Fatalf("after all, the task is at %+v", p)
		}
		inspect()
	})
}
