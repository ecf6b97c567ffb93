package feed

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/advisory"
	"github.com/landwaiter/landwaiter/store"
)

// UpdateOptions say which ecosystems to download, and from where.
type UpdateOptions struct {
	Mirror     string   // base URL; "" means advisory.DefaultMirror
	Spool      string   // directory for downloads in progress
	UserAgent  string   // "" means "landwaiter"
	Ecosystems []string // without releases ("Debian"); none: all that the mirror has
	// Done, if not nil, is called after each ecosystem, with its error.
	Done func(ecosystem string, done, total int, err error)
}

// Update downloads what is new and re-matches what it concerns. An ecosystem that
// cannot be updated keeps its last good data, with the reason; the others are still
// updated. The error states how many failed.
func Update(ctx context.Context, s *store.DB, m store.Matcher, o UpdateOptions) (Result, error) {
	u := &advisory.Updater{Mirror: o.Mirror, Spool: o.Spool, UserAgent: o.UserAgent}
	ecosystems := o.Ecosystems
	if len(ecosystems) == 0 {
		var err error
		if ecosystems, err = u.Ecosystems(ctx); err != nil {
			return Result{}, err
		}
	}
	parts, err := s.Advisories().Parts(ctx)
	if err != nil {
		return Result{}, err
	}
	known := map[string]store.Part{}
	for _, p := range parts {
		known[p.Ecosystem] = p
	}
	in, err := newIntake(ctx, s, m)
	if err != nil {
		return Result{}, err
	}
	failed := 0
	var last error
	for i, ecosystem := range ecosystems {
		err := in.update(u, ecosystem, known[ecosystem])
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			failed++
			last = err
			if err := s.Advisories().PutPartError(ctx, ecosystem, err); err != nil {
				return in.result, err
			}
		}
		if o.Done != nil {
			o.Done(ecosystem, i+1, len(ecosystems), err)
		}
	}
	res, err := in.finish()
	switch {
	case err != nil:
		return res, err
	case ctx.Err() != nil:
		return res, ctx.Err()
	case failed > 0:
		return res, landwaiter.Errorf(landwaiter.KindOf(last),
			"%d of %d ecosystems could not be updated and keep their last good data; the last error: %w",
			failed, len(ecosystems), last)
	}
	return res, nil
}

// update brings one ecosystem up to date. Records are stored as they come;
// the cursor moves only after the last.
func (in *intake) update(u *advisory.Updater, ecosystem string, old store.Part) error {
	cur := advisory.Cursor{ETag: old.ETag, LastModified: old.LastModified, Modified: old.Cursor}
	next, err := u.Update(in.ctx, ecosystem, cur, in.records, in.skip)
	if err != nil {
		return err
	}
	p := in.part(ecosystem)
	p.ETag, p.LastModified, p.Cursor, p.Imported = next.ETag, next.LastModified, next.Modified, time.Now()
	return nil
}
