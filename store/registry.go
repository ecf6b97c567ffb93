package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Registries holds the sources of type registry, each with a number and settings
// of its own.
//
// Login and webhook tokens are sealed at rest.
type Registries struct{ db *DB }

// Registries gives access to the registries added through the API.
func (s *DB) Registries() Registries { return Registries{s} }

// typeRegistry is the type of the sources that are registries.
const typeRegistry = "registry"

// Registry is a source that is a registry, with what callers keep beside it.
type Registry struct {
	Source
	Number   int64           // what callers name it by; never given to another
	Kind     string          // "harbor", "quay", ...; "" for one that the command line added
	Settings json.RawMessage // the caller's; sealed in the database, as they may hold a token; nil for none
	First    FirstScan       // still to be done
}

// FirstScan says which images of a registry to scan once it was read.
type FirstScan string

// The first scans.
const (
	FirstNone   FirstScan = ""
	FirstLatest FirstScan = "latest" // the newest image of each repository
	FirstAll    FirstScan = "all"
)

type registryRow struct {
	Name         string
	Number       int64
	RegistryType string
	Settings     []byte
	FirstScan    FirstScan
}

// Add stores a registry as a source and returns its number. Conflict
// when the name is taken by any source.
func (s Registries) Add(ctx context.Context, r Registry) (number int64, err error) {
	config, settings, err := s.db.sealRegistry(r)
	if err != nil {
		return 0, err
	}
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		if number, err = s.db.takeNumbers(ctx, tx, lastRegistry, 1); err != nil {
			return err
		}
		const query = `
			INSERT INTO source (name, type, config, created_at, number, registry_type, settings, first_scan)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`
		res, err := tx.NewRaw(query,
			r.Name, typeRegistry, config, s.db.now(), number, r.Kind, settings, string(r.First)).Exec(ctx)
		if err != nil {
			return err
		}
		return changedSource(res, r.Name)
	})
	return number, err
}

func changedSource(res sql.Result, name string) error {
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.Conflict, "source %q exists; remove it first or choose another name", name)
	}
	return nil
}

func (s *DB) sealRegistry(r Registry) (config, settings []byte, err error) {
	if config, err = s.seal.seal("source "+r.Name, r.Config); err != nil || r.Settings == nil {
		return config, nil, err
	}
	settings, err = s.seal.seal("settings of "+r.Name, r.Settings)
	return config, settings, err
}

// Update replaces the name, the configuration, Kind, Settings and First of the
// registry with the number; its images stay. NotFound when there is none;
// Conflict when another source has the name.
func (s Registries) Update(ctx context.Context, r Registry) error {
	config, settings, err := s.db.sealRegistry(r)
	if err != nil {
		return err
	}
	if err := s.db.numberRegistries(ctx); err != nil {
		return err
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		var old string
		err := tx.NewRaw("SELECT name FROM source WHERE type = ? AND number = ?", typeRegistry, r.Number).Scan(ctx, &old)
		if errors.Is(err, sql.ErrNoRows) {
			return noRegistry(r.Number)
		}
		if err == nil && old != r.Name {
			err = renameSource(ctx, tx, old, r.Name)
		}
		if err != nil {
			return err
		}
		const query = "UPDATE source SET config = ?, registry_type = ?, settings = ?, first_scan = ? WHERE name = ?"
		_, err = tx.NewRaw(query, config, r.Kind, settings, string(r.First), r.Name).Exec(ctx)
		return err
	})
}

// renameSource moves everything that refers to a source to a new row: foreign
// keys forbid changing the name in place. The lease of a running sync is not
// carried over, so that the sync ends with a Conflict.
func renameSource(ctx context.Context, tx bun.Tx, old, name string) error {
	const query = `
		INSERT INTO source (name, type, config, created_at, synced_at, sync_error, number)
		SELECT ?, type, config, created_at, synced_at, sync_error, number FROM source
		WHERE name = ?
		ON CONFLICT DO NOTHING`
	res, err := tx.NewRaw(query, name, old).Exec(ctx)
	if err != nil {
		return err
	}
	if err := changedSource(res, name); err != nil {
		return err
	}
	for _, table := range []string{"image_place", "image_name", "sync_task_source"} {
		if _, err := tx.NewRaw("UPDATE ? SET source = ? WHERE source = ?", bun.Ident(table), name, old).
			Exec(ctx); err != nil {
			return err
		}
	}
	_, err = tx.NewRaw("DELETE FROM source WHERE name = ?", old).Exec(ctx)
	return err
}

func noRegistry(number int64) error {
	return landwaiter.Errorf(landwaiter.NotFound, "no registry has the number %d", number)
}

// Get returns one registry by its number. NotFound when there is none.
func (s Registries) Get(ctx context.Context, number int64) (Registry, error) {
	list, err := s.db.registries(ctx, cond("s.number = ?", number), cond("s.name"), 1, 0)
	if err == nil && len(list) == 0 {
		err = noRegistry(number)
	}
	if err != nil {
		return Registry{}, err
	}
	return list[0], nil
}

// All returns all registries by name.
func (s Registries) All(ctx context.Context) ([]Registry, error) {
	return s.db.registries(ctx, always, cond("s.name"), maxRegistries, 0)
}

// maxRegistries is beyond what anybody adds by hand.
const maxRegistries = 1 << 20

var registryListing = listing{
	filters: filters{ByName: text("s.name"), ByKind: registryType("s"), ByNumber: integer("s.number")},
	orders: map[OrderBy]string{
		OrderByName: "s.name", OrderByKind: "s.registry_type", OrderByNumber: "s.number", OrderBySynced: "s.synced_at",
	},
	usual: "s.name",
}

// List returns a page of the registries by name and how many match in all.
// Filters: ByName, ByKind, ByNumber. Orders: OrderByName, OrderByKind,
// OrderByNumber, OrderBySynced.
func (s Registries) List(ctx context.Context, p Page) ([]Registry, int, error) {
	c, order, err := registryListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	if err := s.db.numberRegistries(ctx); err != nil {
		return nil, 0, err
	}
	total, err := s.db.count(ctx, "source AS s", and(cond("s.type = ?", typeRegistry), c))
	if err != nil {
		return nil, 0, err
	}
	list, err := s.db.registries(ctx, c, order, p.Limit, p.Offset)
	return list, total, err
}

func (s *DB) registries(ctx context.Context, c, order where, limit, offset int) ([]Registry, error) {
	if err := s.numberRegistries(ctx); err != nil {
		return nil, err
	}
	var rows []registryRow
	const query = `
		SELECT s.name, s.number, s.registry_type, s.settings, s.first_scan
		FROM source AS s WHERE s.type = ? AND ? ORDER BY ? LIMIT ? OFFSET ?`
	err := s.r.NewRaw(query, typeRegistry, c, order, limit, offset).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	sources, err := s.Sources().List(ctx)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]Source, len(sources))
	for _, src := range sources {
		byName[src.Name] = src
	}
	out := make([]Registry, 0, len(rows))
	for _, row := range rows {
		r := Registry{Source: byName[row.Name], Number: row.Number, Kind: row.RegistryType, First: row.FirstScan}
		if row.Settings != nil {
			if r.Settings, err = s.seal.open("settings of "+row.Name, row.Settings); err != nil {
				return nil, err
			}
		}
		if r.Name != "" { // it was not removed in between
			out = append(out, r)
		}
	}
	return out, nil
}

// Remove forgets a registry, as Sources.Remove does. NotFound when there is
// none.
func (s Registries) Remove(ctx context.Context, number int64) error {
	r, err := s.Get(ctx, number)
	if err != nil {
		return err
	}
	return s.db.Sources().Remove(ctx, r.Name)
}
