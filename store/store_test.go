package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T, clock func() time.Time) *store.DB {
		return open(t, store.Options{Dir: t.TempDir(), Clock: clock})
	})
}

func TestPostgres(t *testing.T) {
	database := realtest.Postgres(t)
	storetest.Run(t, func(t *testing.T, clock func() time.Time) *store.DB {
		return open(t, store.Options{Dir: t.TempDir(), URL: database(t), Clock: clock})
	})
}

func open(t *testing.T, opts store.Options) *store.DB {
	t.Helper()
	s, err := store.Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
