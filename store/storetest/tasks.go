package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

func putImages(t *testing.T, s *db, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		check(t, s.Images().Put(ctx, image(i), store.Place{}))
	}
}

var everything = landwaiter.Selection{All: true, Kinds: landwaiter.ScanAll}

func progressOf(t *testing.T, s *db, id string) landwaiter.Progress {
	t.Helper()
	p, err := s.Tasks().Progress(ctx, id)
	check(t, err)
	return p
}

func tasks(t *testing.T, s *db) {
	var jobs []string
	queue := noQueue(&jobs)
	_, err := s.Tasks().Create(ctx, everything, queue)
	wantKind(t, err, landwaiter.NotFound) // nothing to scan
	putImages(t, s, 5)
	_, err = s.Tasks().Create(ctx, landwaiter.Selection{Images: []string{digest(1), digest(99)}, Kinds: landwaiter.ScanVul}, queue)
	wantKind(t, err, landwaiter.NotFound)
	same(t, len(jobs), 0)

	task, err := s.Tasks().Create(ctx, landwaiter.Selection{All: true, Exclude: []string{digest(5)}, Kinds: landwaiter.ScanVul}, queue)
	check(t, err)
	same(t, jobs, []string{""}) // the job of the task
	p := progressOf(t, s, task.ID)
	if p.Status != landwaiter.TaskReady || p.Total != 4 || p.Done != 0 || p.Timeout != time.Hour {
		t.Fatalf("a new task: %+v", p)
	}
	_, err = s.Tasks().Create(ctx, landwaiter.Selection{Images: []string{digest(1)}, Kinds: landwaiter.ScanVul}, queue)
	wantKind(t, err, landwaiter.Conflict) // being scanned

	jobs = nil
	ended, err := s.Tasks().Advance(ctx, task.ID, 2, queue)
	check(t, err)
	if ended || len(jobs) != 2 {
		t.Fatalf("first window: ended %v, jobs %v", ended, jobs)
	}
	if _, err = s.Tasks().Advance(ctx, task.ID, 2, queue); err != nil || len(jobs) != 2 {
		t.Fatalf("a full window was filled again: %v %v", jobs, err)
	}
	runAll(t, s, task.ID, &jobs)
	p = progressOf(t, s, task.ID)
	if p.Status != landwaiter.TaskEnd || p.Result != landwaiter.TaskSuccess || p.Done != 4 || p.Safe != 3 || p.Percent() != 100 || p.Left != 0 {
		t.Fatalf("a finished task: %+v", p)
	}
	scans, err := s.Tasks().ImageScans(ctx, task.ID)
	check(t, err)
	failed := 0
	for _, sc := range scans {
		if sc.State == landwaiter.ScanErr && sc.Reason == "boom" && sc.Tries == 1 {
			failed++
		}
	}
	same(t, failed, 1)
	last, err := s.Tasks().Last(ctx, false)
	check(t, err)
	same(t, last.ID, task.ID)
	_, err = s.Tasks().Last(ctx, true)
	wantKind(t, err, landwaiter.NotFound)
}

// runAll works on the queued scans until none is left; the first one fails.
func runAll(t *testing.T, s *db, taskID string, jobs *[]string) {
	t.Helper()
	queue := noQueue(jobs)
	for n := 0; len(*jobs) > 0; n++ {
		id := (*jobs)[0]
		*jobs = (*jobs)[1:]
		task, try, ok, err := s.Tasks().BeginScan(ctx, taskID, id)
		check(t, err)
		if !ok || try.Tries != 1 || task.Kinds != landwaiter.ScanVul {
			t.Fatalf("begin: ok %v, %+v, task %+v", ok, try, task)
		}
		if n == 0 {
			check(t, s.Tasks().EndScan(ctx, taskID, id, landwaiter.ScanErr, "boom", 2, queue))
			continue
		}
		img, err := s.Images().Get(ctx, id)
		check(t, err)
		rep := &landwaiter.Report{Image: img, Kinds: task.Kinds}
		check(t, s.Reports().Commit(ctx, rep, noMatcher, store.Done{TaskID: taskID, Window: 2, Enqueue: queue}))
	}
}

func stops(t *testing.T, s *db) {
	var jobs []string
	queue := noQueue(&jobs)
	putImages(t, s, 4)
	task, err := s.Tasks().Create(ctx, everything, queue)
	check(t, err)
	jobs = nil
	_, err = s.Tasks().Advance(ctx, task.ID, 1, queue)
	check(t, err)
	running := jobs[0]
	_, _, ok, err := s.Tasks().BeginScan(ctx, task.ID, running)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	halts, err := s.Tasks().Halts(ctx)
	check(t, err)
	same(t, len(halts), 0)

	// One waiting image by its ID, then the running one.
	waiting := digest(1)
	if waiting == running {
		waiting = digest(2)
	}
	check(t, s.Tasks().StopImages(ctx, landwaiter.Selection{Images: []string{waiting, running}}))
	halts, err = s.Tasks().Halts(ctx)
	check(t, err)
	if len(halts) != 1 || halts[0].ImageID != running || halts[0].State != landwaiter.ScanCanceled {
		t.Fatalf("halts: %+v", halts)
	}
	check(t, s.Tasks().EndScan(ctx, task.ID, running, halts[0].State, halts[0].Reason, 1, queue))
	same(t, progressOf(t, s, task.ID).Done, 2)

	check(t, s.Tasks().Stop(ctx, task.ID))
	wantKind(t, s.Tasks().Stop(ctx, "nope"), landwaiter.NotFound)
	_, _, ok, err = s.Tasks().BeginScan(ctx, task.ID, jobs[len(jobs)-1])
	if err != nil || ok {
		t.Fatalf("a scan of a stopped task began: %v", err)
	}
	ended, err := s.Tasks().Advance(ctx, task.ID, 1, queue)
	if err != nil || !ended {
		t.Fatalf("a stopped task with nothing running did not end: %v", err)
	}
	p := progressOf(t, s, task.ID)
	if p.Result != landwaiter.TaskCancel || p.Done != 4 {
		t.Fatalf("a stopped task: %+v", p)
	}
	check(t, s.Tasks().Stop(ctx, task.ID)) // stopping twice changes nothing
}

// deadWorkers checks that a scan whose worker died ends when its job comes to
// another after the task, or the scan alone, was stopped.
func deadWorkers(t *testing.T, s *db) {
	var jobs []string
	queue := noQueue(&jobs)
	putImages(t, s, 2)
	task, err := s.Tasks().Create(ctx, everything, queue)
	check(t, err)
	jobs = nil
	_, err = s.Tasks().Advance(ctx, task.ID, 2, queue)
	check(t, err)
	for _, id := range jobs {
		_, _, ok, err := s.Tasks().BeginScan(ctx, task.ID, id)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	check(t, s.Tasks().StopImages(ctx, landwaiter.Selection{Images: jobs[:1]}))
	for n, id := range jobs {
		if n == 1 {
			check(t, s.Tasks().Stop(ctx, task.ID))
		}
		_, _, ok, err := s.Tasks().BeginScan(ctx, task.ID, id)
		if err != nil || ok {
			t.Fatalf("a stopped scan began: %v", err)
		}
		same(t, progressOf(t, s, task.ID).Done, n+1)
	}
	ended, err := s.Tasks().Advance(ctx, task.ID, 2, queue)
	if err != nil || !ended {
		t.Fatalf("a stopped task whose worker died did not end: %v", err)
	}
}

func timeouts(t *testing.T, s *db) {
	var jobs []string
	queue := noQueue(&jobs)
	putImages(t, s, 3)
	sel := everything
	sel.Timeout = time.Millisecond
	task, err := s.Tasks().Create(ctx, sel, queue)
	check(t, err)
	jobs = nil
	_, err = s.Tasks().Advance(ctx, task.ID, 1, queue)
	check(t, err)
	s.advance(5 * time.Millisecond) // past the deadline
	ended, err := s.Tasks().Advance(ctx, task.ID, 1, queue)
	if err != nil || !ended {
		t.Fatal(ended, err)
	}
	p := progressOf(t, s, task.ID)
	if p.Result != landwaiter.TaskTimeout || p.Done != 3 {
		t.Fatalf("an expired task: %+v", p)
	}
}

// retries checks that a scan whose source failed gives its place to the next
// image, comes back later, and tells of the failure when time runs out first.
func retries(t *testing.T, s *db) {
	var jobs []string
	queue := noQueue(&jobs)
	putImages(t, s, 2)
	task, err := s.Tasks().Create(ctx, landwaiter.Selection{All: true, Kinds: landwaiter.ScanVul, Timeout: time.Hour}, queue)
	check(t, err)
	same(t, task.Class, landwaiter.ClassBroad)
	jobs = nil
	_, err = s.Tasks().Advance(ctx, task.ID, 1, queue)
	check(t, err)
	first := jobs[0]
	_, _, ok, err := s.Tasks().BeginScan(ctx, task.ID, first)
	check(t, err)
	same(t, ok, true)
	check(t, s.Tasks().RetryScan(ctx, task.ID, first, "try 1: no answer", time.Hour, 1, queue))
	_, _, ok, err = s.Tasks().BeginScan(ctx, task.ID, first) // its job, of a worker that died just now
	check(t, err)
	same(t, ok, false)
	if len(jobs) != 2 || jobs[1] == first {
		t.Fatalf("jobs %v; want the other image in the place of %s", jobs, first)
	}
	_, _, _, err = s.Tasks().BeginScan(ctx, task.ID, jobs[1])
	check(t, err)
	check(t, s.Tasks().EndScan(ctx, task.ID, jobs[1], landwaiter.ScanErr, "broken", 1, queue))
	ended, err := s.Tasks().Advance(ctx, task.ID, 1, queue)
	if err != nil || ended || len(jobs) != 2 {
		t.Fatalf("ended %v, jobs %v, %v; want a task that waits", ended, jobs, err)
	}
	_, err = s.SQL().ExecContext(ctx, "UPDATE image_scan SET retry_at = 1 WHERE retry_at > 0")
	check(t, err)
	_, err = s.Tasks().Advance(ctx, task.ID, 1, queue)
	check(t, err)
	same(t, jobs[2:], []string{first})
	_, try, ok, err := s.Tasks().BeginScan(ctx, task.ID, first)
	if err != nil || !ok || try.Tries != 2 || try.Retries != 1 {
		t.Fatalf("second try: %+v, %v, %v", try, ok, err)
	}
	check(t, s.Tasks().ReleaseScan(ctx, task.ID, first))
	_, try, _, err = s.Tasks().BeginScan(ctx, task.ID, first)
	check(t, err)
	same(t, try.Tries, 2) // a worker that stopped in good order took no try
	check(t, s.Tasks().RetryScan(ctx, task.ID, first, "try 2: no answer", time.Hour, 1, queue))
	_, err = s.SQL().ExecContext(ctx, "UPDATE task SET deadline = 1")
	check(t, err)
	ended, err = s.Tasks().Advance(ctx, task.ID, 1, queue)
	if err != nil || !ended {
		t.Fatal(ended, err)
	}
	scans, err := s.Tasks().ImageScans(ctx, task.ID)
	check(t, err)
	for _, sc := range scans {
		if sc.ImageID == first && (sc.State != landwaiter.ScanTimeout || !strings.HasSuffix(sc.Reason, "; before, try 2: no answer")) {
			t.Fatalf("out of time: %+v", sc)
		}
	}
}
