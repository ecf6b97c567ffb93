package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Authorize sets by hand whether the selected images may be scanned, and logs
// those that are newly authorized. NotFound when the selection names unknown
// images.
func (s *Store) Authorize(ctx context.Context, sel landwaiter.Selection, authorized bool) error {
	picked, err := selectionWhere(sel)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx bun.Tx) error {
		if err := s.checkSelection(ctx, tx, sel); err != nil {
			return err
		}
		if authorized {
			if err := logByHand(ctx, tx, picked); err != nil {
				return err
			}
		}
		_, err := tx.NewRaw("UPDATE image AS i SET authorized = ? WHERE ?", authorized, picked).Exec(ctx)
		return err
	})
}
