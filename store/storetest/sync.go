package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

func syncs(t *testing.T, s *store.Store) {
	for _, name := range []string{"hub", "node"} {
		check(t, s.AddSource(ctx, store.Source{Name: name, Type: "registry", Config: []byte(`{}`)}))
	}
	_, err := s.SyncTask(ctx, 0)
	wantKind(t, err, landwaiter.NotFound)
	_, err = s.RequestSync(ctx, []string{"hub", "nope"})
	wantKind(t, err, landwaiter.NotFound)

	early, err := s.ClaimSync(ctx, "hub") // has begun before the request
	check(t, err)
	time.Sleep(2 * time.Millisecond)
	task, err := s.RequestSync(ctx, nil)
	check(t, err)
	same(t, task, store.SyncTask{Number: 1, Status: store.SyncPending, Created: task.Created, Sources: 2})
	src, err := s.Source(ctx, "hub")
	check(t, err)
	if !src.Syncing || !src.Requested.After(src.Started) {
		t.Fatalf("a sync was asked for after the current one: %+v", src)
	}
	_, err = s.ClaimSync(ctx, "hub")
	wantKind(t, err, landwaiter.Conflict)
	check(t, s.EndSync(ctx, early, nil))
	wantSyncTask(t, s, store.SyncPending, 0)

	claim, err := s.ClaimSync(ctx, "hub")
	check(t, err)
	check(t, s.BeatSync(ctx, claim, 7))
	if task = wantSyncTask(t, s, store.SyncProcessing, 0); task.Images != 7 {
		t.Fatalf("%d images read; want 7", task.Images)
	}
	check(t, s.EndSync(ctx, claim, nil))
	wantKind(t, s.EndSync(ctx, claim, nil), landwaiter.Conflict)
	wantKind(t, s.BeatSync(ctx, claim, 8), landwaiter.Conflict)
	wantSyncTask(t, s, store.SyncProcessing, 1)

	claim, err = s.ClaimSync(ctx, "node")
	check(t, err)
	check(t, s.EndSync(ctx, claim, errors.New("no answer")))
	if task = wantSyncTask(t, s, store.SyncFailed, 2); task.Error != "no answer" || task.Ended.IsZero() {
		t.Fatalf("a task with a source that failed: %+v", task)
	}
	second, err := s.RequestSync(ctx, []string{"node"})
	check(t, err)
	same(t, second.Number, int64(2))
	check(t, s.RemoveSource(ctx, "node"))
	wantSyncTask(t, s, store.SyncProcessed, 0) // nothing is left to read
}

// wantSyncTask checks the newest sync task.
func wantSyncTask(t *testing.T, s *store.Store, status string, done int) store.SyncTask {
	t.Helper()
	task, err := s.SyncTask(ctx, 0)
	check(t, err)
	if task.Status != status || task.Done != done {
		t.Fatalf("sync task is %+v; want %s with %d sources done", task, status, done)
	}
	return task
}
