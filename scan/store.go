package scan

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// Store is what scans need of the store, role by role; see the types of the
// same names in package store for what the methods promise.
type Store struct {
	Layers interface {
		Missing(ctx context.Context, diffIDs []string, want []landwaiter.Analyser) (map[string][]string, error)
		Report(ctx context.Context, diffID string, want []landwaiter.Analyser) (*landwaiter.LayerReport, error)
		Save(ctx context.Context, rep *landwaiter.LayerReport, versions map[string]string) error
	}
	Reports interface {
		Commit(ctx context.Context, rep *landwaiter.Report, m store.Matcher,
			around func(tx store.TaskTx, write func() (risky bool, err error)) error) error
	}
	Images interface {
		Base(ctx context.Context, img landwaiter.Image) (landwaiter.Base, error)
	}
	Advisories interface {
		Present(ctx context.Context, ecosystem string) (bool, error)
		Known(ctx context.Context, keys []landwaiter.PackageKey) (map[landwaiter.PackageKey]bool, error)
		Sources(ctx context.Context, ecosystem string, names []string) (map[string]string, error)
		Lifecycles(ctx context.Context, product string) ([]landwaiter.Lifecycle, error)
	}
	Verdicts interface {
		Judge(ctx context.Context, rep *landwaiter.Report, m store.Matcher) error
	}
}

// StoreOf returns the roles of a database that scans need.
func StoreOf(db *store.DB) Store {
	return Store{
		Layers: db.Layers(), Reports: db.Reports(), Images: db.Images(), Advisories: db.Advisories(), Verdicts: db.Verdicts(),
	}
}
