package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

func syncs(t *testing.T, s *db) {
	for _, name := range []string{"hub", "node"} {
		check(t, s.Sources().Add(ctx, store.Source{Name: name, Type: "registry", Config: []byte(`{}`)}))
	}
	_, err := s.Sources().SyncTask(ctx, 0)
	wantKind(t, err, landwaiter.NotFound)
	_, err = s.Sources().RequestSync(ctx, []string{"hub", "nope"})
	wantKind(t, err, landwaiter.NotFound)

	early, err := s.Sources().LeaseSync(ctx, "hub") // has begun before the request
	check(t, err)
	s.advance(2 * time.Millisecond)
	task, err := s.Sources().RequestSync(ctx, nil)
	check(t, err)
	same(t, task, store.SyncTask{Number: 1, Status: store.SyncPending, Created: task.Created, Sources: 2})
	src, err := s.Sources().Get(ctx, "hub")
	check(t, err)
	if !src.Syncing || !src.Requested.After(src.Started) {
		t.Fatalf("a sync was asked for after the current one: %+v", src)
	}
	_, err = s.Sources().LeaseSync(ctx, "hub")
	wantKind(t, err, landwaiter.Conflict)
	check(t, s.Sources().EndSync(ctx, early, nil))
	wantSyncTask(t, s, store.SyncPending, 0)

	claim, err := s.Sources().LeaseSync(ctx, "hub")
	check(t, err)
	check(t, s.Sources().RenewSync(ctx, claim, 7))
	if task = wantSyncTask(t, s, store.SyncRunning, 0); task.Images != 7 {
		t.Fatalf("%d images read; want 7", task.Images)
	}
	check(t, s.Sources().EndSync(ctx, claim, nil))
	wantKind(t, s.Sources().EndSync(ctx, claim, nil), landwaiter.Conflict)
	wantKind(t, s.Sources().RenewSync(ctx, claim, 8), landwaiter.Conflict)
	wantSyncTask(t, s, store.SyncRunning, 1)

	claim, err = s.Sources().LeaseSync(ctx, "node")
	check(t, err)
	check(t, s.Sources().EndSync(ctx, claim, errors.New("no answer")))
	if task = wantSyncTask(t, s, store.SyncFailed, 2); task.Error != "no answer" || task.Ended.IsZero() {
		t.Fatalf("a task with a source that failed: %+v", task)
	}
	second, err := s.Sources().RequestSync(ctx, []string{"node"})
	check(t, err)
	same(t, second.Number, int64(2))
	check(t, s.Sources().Remove(ctx, "node"))
	wantSyncTask(t, s, store.SyncDone, 0) // nothing is left to read
}

// wantSyncTask checks the newest sync task.
func wantSyncTask(t *testing.T, s *db, status store.SyncStatus, done int) store.SyncTask {
	t.Helper()
	task, err := s.Sources().SyncTask(ctx, 0)
	check(t, err)
	if task.Status != status || task.Done != done {
		t.Fatalf("sync task is %+v; want %s with %d sources done", task, status, done)
	}
	return task
}
