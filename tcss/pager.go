package tcss

import (
	"context"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

// The page rules of the lists: ten rows by default, a hundred at most.
const (
	defaultLimit = 10
	maxLimit     = 100
	// maxOffset is far beyond any list, and fits every integer type.
	maxOffset = 1 << 31
)

// query has the parameters that all list requests share. The zero value of each
// is for requests that do not have it.
type query struct {
	limit   *uint64 // nil: defaultLimit
	offset  uint64
	filters []AssetFilters
	by      string
	order   string // direction: "asc", "desc", or as some consoles send it, "+" and "-"
}

// rows answers a list request: it reads the query in the words of the list,
// fetches the page, and shows each of its rows. total is how many rows match,
// whatever the page.
func rows[Stored, Wire any](
	ctx context.Context, words vocabulary, q query,
	fetch func(context.Context, store.Page) ([]Stored, int, error), show func(Stored) Wire,
) (list cloudapi.List[Wire], total uint64, err error) {
	p, err := q.page(words)
	if err != nil {
		return nil, 0, err
	}
	found, n, err := fetch(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	for _, row := range found {
		list = append(list, show(row))
	}
	return list, uint64(n), nil
}

// of binds a list of the findings of an image to one image, for rows.
func of[Stored any](
	imageID string, fetch func(context.Context, string, store.Page) ([]Stored, int, error),
) func(context.Context, store.Page) ([]Stored, int, error) {
	return func(ctx context.Context, p store.Page) ([]Stored, int, error) { return fetch(ctx, imageID, p) }
}

// page reads the query.
func (q query) page(words vocabulary) (p store.Page, err error) {
	if p.Limit, err = rowLimit(q.limit); err != nil {
		return p, err
	}
	if q.offset > maxOffset {
		return p, landwaiter.Errorf(landwaiter.Invalid, "Offset %d is beyond any list", q.offset)
	}
	p.Offset = int(q.offset)
	switch strings.ToLower(q.order) {
	case "", "asc", "+":
	case "desc", "-":
		p.Desc = true
	default:
		return p, landwaiter.Errorf(landwaiter.Invalid, "Order is %.16q; want asc or desc", q.order)
	}
	p.By = words.orders[q.by] // of others none, see vocabulary
	p.Filters, err = words.translate(q.filters)
	return p, err
}

func rowLimit(limit *uint64) (int, error) {
	switch {
	case limit == nil:
		return defaultLimit, nil
	case *limit > maxLimit:
		return 0, landwaiter.Errorf(landwaiter.Invalid, "Limit is %d; at most %d rows can be asked for at once", *limit,
			maxLimit)
	}
	return int(*limit), nil
}

// assetFilters are the filters of the actions on what runs, which have a type of
// their own that is the same.
func assetFilters(in []RunTimeFilters) []AssetFilters {
	out := make([]AssetFilters, len(in))
	for i, f := range in {
		out[i] = AssetFilters(f)
	}
	return out
}
