package asset

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// Store is what the inventory needs of the store, role by role; see the types
// of the same names in package store for what the methods promise.
type Store struct {
	Images interface {
		At(ctx context.Context, source string) (map[string]string, error)
		Places(ctx context.Context, imageID string) ([]store.Place, error)
		Put(ctx context.Context, img landwaiter.Image, place store.Place) error
		TouchPlace(ctx context.Context, place store.Place, names []string) (known bool, err error)
	}
	Sources interface {
		Get(ctx context.Context, name string) (store.Source, error)
		States(ctx context.Context) ([]store.Source, error)
		LeaseSync(ctx context.Context, source string) (store.SyncLease, error)
		RenewSync(ctx context.Context, lease store.SyncLease, read int) error
		EndSync(ctx context.Context, lease store.SyncLease, syncErr error) error
	}
	Runtimes interface {
		Put(ctx context.Context, source string, rt store.Runtime) error
	}
}

// StoreOf returns the roles of a database that the inventory needs.
func StoreOf(db *store.DB) Store {
	return Store{Images: db.Images(), Sources: db.Sources(), Runtimes: db.Runtimes()}
}
