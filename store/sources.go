package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Sources holds the places that images come from, with their sealed settings,
// and who is reading them now.
//
// A sync is a lease on the source's row: after LeaseSync returned one, no other
// process reads the source until EndSync, or until the lease was not renewed for
// syncTimeout. EndSync marks what the sync did not see as gone.
type Sources struct{ db *DB }

// Sources gives access to the sources and their syncs.
func (s *DB) Sources() Sources { return Sources{s} }

// Source is a configured place that images come from.
type Source struct {
	Name    string
	Type    string          // "archive", "registry", ...; see package asset
	Config  json.RawMessage // the adapter's own settings
	Created time.Time
	Images  int // images seen there and not gone

	Synced    time.Time // end of the last sync that went well; zero before the first
	Started   time.Time // begin of the last sync, however it went; zero before the first
	Requested time.Time // when a sync was last asked for; zero for never
	Syncing   bool      // it is being read now
	Read      int       // images that the current or last sync has read so far
	Error     string    // of the last sync; "" when it went well
}

type sourceRow struct {
	bun.BaseModel `bun:"table:source,alias:source"`
	Name          string `bun:",pk"`
	Type          string
	Config        []byte
	CreatedAt     int64
	SyncedAt      int64
	SyncError     string
	RequestedAt   int64
	SyncStarted   int64
	SyncOwner     string
	SyncBeat      int64
	SyncRead      int
}

// Add stores a source; its settings are sealed, as they may hold a
// password. Conflict when the name is taken.
func (s Sources) Add(ctx context.Context, src Source) error {
	sealed, err := s.db.seal.seal("source "+src.Name, src.Config)
	if err != nil {
		return err
	}
	row := sourceRow{Name: src.Name, Type: src.Type, Config: sealed, CreatedAt: s.db.now()}
	res, err := s.db.w.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.Conflict, "source %q exists; remove it first or choose another name", src.Name)
	}
	return nil
}

// Remove forgets a source and where its images were. Images and their
// findings stay.
func (s Sources) Remove(ctx context.Context, name string) error {
	res, err := s.db.w.NewRaw("DELETE FROM source WHERE name = ?", name).Exec(ctx)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.NotFound, "no source %q; see 'landwaiter source list'", name)
	}
	return nil
}

// Get returns one source with its settings.
func (s Sources) Get(ctx context.Context, name string) (Source, error) {
	var row sourceRow
	err := s.db.r.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Source{}, landwaiter.Errorf(landwaiter.NotFound, "no source %q; see 'landwaiter source list'", name)
	}
	if err != nil {
		return Source{}, err
	}
	return s.db.openSource(row)
}

func (s *DB) openSource(row sourceRow) (Source, error) {
	config, err := s.seal.open("source "+row.Name, row.Config)
	return Source{
		Name: row.Name, Type: row.Type, Config: config, Error: row.SyncError,
		Created: fromMillis(row.CreatedAt), Synced: fromMillis(row.SyncedAt), Started: fromMillis(row.SyncStarted),
		Requested: fromMillis(row.RequestedAt), Read: row.SyncRead,
		Syncing: row.SyncOwner != "" && s.now()-row.SyncBeat < syncTimeout.Milliseconds(),
	}, err
}

// States lists the sources by name, with settings but without the counts
// of their images, which cost a look at every place.
func (s Sources) States(ctx context.Context) ([]Source, error) {
	var rows []sourceRow
	if err := s.db.r.NewSelect().Model(&rows).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]Source, 0, len(rows))
	for _, row := range rows {
		src, err := s.db.openSource(row)
		if err != nil {
			return nil, err
		}
		out = append(out, src)
	}
	return out, nil
}

// List lists the sources by name, with settings and image counts.
func (s Sources) List(ctx context.Context) ([]Source, error) {
	out, err := s.States(ctx)
	if err != nil {
		return nil, err
	}
	var counts []struct {
		Source string
		N      int
	}
	const query = "SELECT source, COUNT(DISTINCT image_id) AS n FROM image_place WHERE NOT gone GROUP BY source"
	err = s.db.r.NewRaw(query).Scan(ctx, &counts)
	if err != nil {
		return nil, err
	}
	for i := range out {
		for _, c := range counts {
			if c.Source == out[i].Name {
				out[i].Images = c.N
			}
		}
	}
	return out, nil
}
