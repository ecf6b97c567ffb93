package store

import (
	"context"
	"time"
)

// Time returns what PostgreSQL's clock says now; on SQLite, which has none, what
// Options.Clock says.
func (s *DB) Time(ctx context.Context) (time.Time, error) {
	if !s.Postgres() {
		return s.clock(), nil
	}
	var ms int64
	err := s.r.NewRaw("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)").Scan(ctx, &ms)
	return fromMillis(ms), err
}
