package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Authorizations decides which images may be scanned: by hand, or by the one
// automatic rule with its daily limit.
//
// Every decision is logged. After Set or ApplyRule returns, tasks created later
// see the decision; tasks that exist keep their images.
type Authorizations struct{ db *DB }

// Authorizations gives access to which images may be scanned.
func (s *DB) Authorizations() Authorizations { return Authorizations{s} }

// Set sets by hand whether the selected images may be scanned, and logs
// those that are newly authorized. NotFound when the selection names unknown
// images.
func (s Authorizations) Set(ctx context.Context, sel landwaiter.Selection, authorized bool) error {
	picked, err := selectionWhere(sel)
	if err != nil {
		return err
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.checkSelection(ctx, tx, sel); err != nil {
			return err
		}
		if authorized {
			if err := logByHand(ctx, tx, picked, s.db.clock()); err != nil {
				return err
			}
		}
		_, err := tx.NewRaw("UPDATE image AS i SET authorized = ? WHERE ?", authorized, picked).Exec(ctx)
		return err
	})
}
