package storetest

import (
	"errors"
	"slices"
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

// createTask creates a task without a job; package task tests the whole.
func createTask(s *db, sel landwaiter.Selection) (task landwaiter.Task, err error) {
	err = s.Tasks().Update(ctx, func(tx store.TaskTx) error {
		task, err = tx.Create(ctx, sel)
		return err
	})
	return task, err
}

// inTask runs fn in a transaction.
func inTask(t *testing.T, s *db, fn func(tx store.TaskTx) error) {
	t.Helper()
	check(t, s.Tasks().Update(ctx, fn))
}

func progressOf(t *testing.T, s *db, id string) landwaiter.Progress {
	t.Helper()
	p, err := s.Tasks().Progress(ctx, id)
	check(t, err)
	return p
}

func tasks(t *testing.T, s *db) {
	_, err := createTask(s, everything)
	wantKind(t, err, landwaiter.NotFound) // nothing to scan
	putImages(t, s, 5)
	_, err = createTask(s, landwaiter.Selection{Images: []string{digest(1), digest(99)}, Kinds: landwaiter.ScanVul})
	wantKind(t, err, landwaiter.NotFound)
	task, err := createTask(s, landwaiter.Selection{All: true, Exclude: []string{digest(5)}, Kinds: landwaiter.ScanVul})
	check(t, err)
	p := progressOf(t, s, task.ID)
	if p.Status != landwaiter.TaskReady || p.Total != 4 || p.Done != 0 || p.Timeout != time.Hour || !p.Deadline().
		IsZero() {
		t.Fatalf("a new task: %+v", p)
	}
	_, err = createTask(s, landwaiter.Selection{Images: []string{digest(1)}, Kinds: landwaiter.ScanVul})
	wantKind(t, err, landwaiter.Conflict) // being scanned
	last, err := s.Tasks().Last(ctx, false)
	check(t, err)
	same(t, last.ID, task.ID)
	_, err = s.Tasks().Last(ctx, true)
	wantKind(t, err, landwaiter.NotFound)
}

// scanRows takes scans through the changes that the rules of package task are
// made of.
func scanRows(t *testing.T, s *db) {
	putImages(t, s, 3)
	task, err := createTask(s, everything)
	check(t, err)
	inTask(t, s, func(tx store.TaskTx) error {
		_, err := tx.StartTask(ctx, task)
		check(t, err)
		images, err := tx.QueueNext(ctx, task.ID, 2)
		check(t, err)
		same(t, slices.Sorted(slices.Values(images)), []string{digest(2), digest(3)}) // the newest
		for _, id := range images {
			scan, ok, err := tx.Scan(ctx, task.ID, id)
			check(t, err)
			same(t, []bool{ok, scan.Queued, scan.Stopped}, []bool{true, true, false})
			scan, err = tx.StartScan(ctx, scan)
			check(t, err)
			same(t, scan.Tries, 1)
		}
		n, err := tx.InFlight(ctx, task.ID)
		check(t, err)
		same(t, n, 2)
		check(t, tx.DelayScan(ctx, task.ID, digest(3), "no answer", time.Minute))
		images, err = tx.QueueNext(ctx, task.ID, 9)
		check(t, err)
		same(t, images, []string{digest(1)})
		return nil
	})
	s.advance(time.Minute)
	inTask(t, s, func(tx store.TaskTx) error {
		images, err := tx.QueueNext(ctx, task.ID, 9)
		check(t, err)
		same(t, images, []string{digest(3)})
		n, err := tx.EndWaiting(ctx, task.ID, landwaiter.ScanTimeout, "late")
		check(t, err)
		same(t, n, 2)
		waiting, err := tx.Waiting(ctx, task.ID)
		check(t, err)
		same(t, waiting, false)
		check(t, tx.EndScan(ctx, task.ID, digest(2), landwaiter.ScanErr, "broken", false, false))
		o, err := tx.Outcome(ctx, task.ID)
		check(t, err)
		same(t, o, store.Outcome{Total: 3, Failed: 1, Late: 2})
		return tx.EndTask(ctx, task.ID, landwaiter.TaskTimeout)
	})
	img, err := s.Images().Summary(ctx, digest(3))
	check(t, err)
	same(t, img.State, landwaiter.ScanTimeout)
	scans, err := s.Tasks().ImageScans(ctx, task.ID)
	check(t, err)
	same(t, scans[0].Reason, "late; before, no answer")
	_, ok, err := scanOf(s, "nope", digest(1))
	check(t, err)
	same(t, ok, false)
}

func scanOf(s *db, taskID, imageID string) (scan landwaiter.ImageScan, ok bool, err error) {
	err = s.Tasks().Update(ctx, func(tx store.TaskTx) error {
		scan, ok, err = tx.Scan(ctx, taskID, imageID)
		return err
	})
	return scan, ok, err
}

func outbox(t *testing.T, s *db) {
	add := func(events ...string) {
		inTask(t, s, func(tx store.TaskTx) error {
			for _, e := range events {
				check(t, tx.AddEvent(ctx, []byte(e)))
			}
			return nil
		})
	}
	var got []string
	take := func(n int) int {
		t.Helper()
		n, err := s.Tasks().DeliverEvents(ctx, n, func(e []byte) error { got = append(got, string(e)); return nil })
		check(t, err)
		return n
	}
	same(t, take(9), 0)
	add("a")
	s.advance(2 * time.Millisecond)
	add("b")
	s.advance(2 * time.Millisecond)
	add("c")
	broken := errors.New("broken")
	if _, err := s.Tasks().DeliverEvents(ctx, 9, func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	same(t, []int{take(2), take(2), take(2)}, []int{2, 1, 0})
	same(t, got, []string{"a", "b", "c"})
	err := s.Tasks().Update(ctx, func(tx store.TaskTx) error {
		check(t, tx.AddEvent(ctx, []byte("d")))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	same(t, take(9), 0) // undone with its transaction
}
