package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// AddEvent writes an event to the outbox, in the transaction that made it
// happen. It is there until [Tasks.DeliverEvents] delivered it.
func (t TaskTx) AddEvent(ctx context.Context, event []byte) error {
	id := fmt.Sprintf("%016d-%s", t.db.now(), newTaskID())
	_, err := t.tx.NewRaw("INSERT INTO outbox (id, event) VALUES (?, ?)", id, clean(string(event))).Exec(ctx)
	return err
}

// DeliverEvents hands up to n events of the outbox to deliver, oldest first,
// and removes them. When deliver fails they stay, and are delivered again: each
// event is delivered at least once. It returns how many there were.
func (s Tasks) DeliverEvents(ctx context.Context, n int, deliver func(event []byte) error) (int, error) {
	var rows []struct{ ID, Event string }
	// Looked for by a reader first: nearly always there is nothing.
	if err := s.db.r.NewRaw("SELECT id FROM outbox LIMIT 1").Scan(ctx, &rows); err != nil || len(rows) == 0 {
		return 0, err
	}
	rows = rows[:0]
	err := s.db.tx(ctx, func(tx bun.Tx) error {
		lock := ""
		if s.db.Postgres() {
			lock = "FOR UPDATE SKIP LOCKED" // what another server delivers now is not ours
		}
		if err := tx.NewRaw("SELECT id, event FROM outbox ORDER BY id LIMIT ? ?", n, bun.Safe(lock)).
			Scan(ctx, &rows); err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
			if err := deliver([]byte(r.Event)); err != nil {
				return err
			}
		}
		if len(ids) == 0 {
			return nil
		}
		_, err := tx.NewRaw("DELETE FROM outbox WHERE id IN (?)", bun.List(ids)).Exec(ctx)
		return err
	})
	return len(rows), err
}
