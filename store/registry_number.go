package store

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

// The settings that hold the last number given of each kind.
const (
	lastRegistry      = "last_registry"
	lastRegistryImage = "last_registry_image"
	lastRegistryTask  = "last_registry_task"
)

// takeNumbers takes n numbers that were never given and returns the first.
// Callers that want some of the same kind wait until the transaction ends. A
// database sequence would not do: SQLite has none, and a table's largest number
// would be given again once its row is deleted.
func (s *DB) takeNumbers(ctx context.Context, tx bun.Tx, name string, n int) (first int64, err error) {
	var last int64
	const query = `
		UPDATE setting SET value = CAST(CAST(value AS BIGINT) + ? AS TEXT) WHERE name = ?
		RETURNING CAST(value AS BIGINT)`
	err = tx.NewRaw(query, n, name).Scan(ctx, &last)
	return last - int64(n) + 1, err
}

// numberRegistries gives numbers to the registries that the command line added.
func (s *DB) numberRegistries(ctx context.Context) error {
	n, err := s.count(ctx, "source AS s", cond("s.type = ? AND s.number = 0", typeRegistry))
	if err != nil || n == 0 {
		return err
	}
	return s.tx(ctx, func(tx bun.Tx) error {
		first, err := s.takeNumbers(ctx, tx, lastRegistry, n)
		if err != nil {
			return err
		}
		var names []string
		const query = "SELECT name FROM source WHERE type = ? AND number = 0 ORDER BY created_at, name LIMIT ?"
		err = tx.NewRaw(query, typeRegistry, n).Scan(ctx, &names)
		if err != nil {
			return err
		}
		for i, name := range names {
			if _, err := tx.NewRaw("UPDATE source SET number = ? WHERE name = ?", first+int64(i), name).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// placeRow is what the number and the locator of an image in a registry say.
type placeRow struct {
	bun.BaseModel `bun:"table:image_place,alias:image_place"`
	Source        string `bun:",pk"`
	Locator       string `bun:",pk"`
	ImageID       string `bun:",pk"`
	Number        int64
	Namespace     string
	Repository    string
	Tag           string
	Created       int64
}

// AssignNumbers gives a number to each image in a registry that has none yet. A
// number belongs to a source, a locator and an image for good, even when that
// image vanishes and comes back. Selections of registry images see only numbered
// ones: call this before creating a task from one. When there is nothing to do,
// it costs one look into an index.
func (s RegistryImages) AssignNumbers(ctx context.Context) error {
	for {
		var found bool
		const query = `
			SELECT EXISTS (
				SELECT 1 FROM source AS s JOIN image_place AS g ON g.source = s.name
				WHERE s.type = ? AND g.number = 0)`
		err := s.db.r.NewRaw(query, typeRegistry).Scan(ctx, &found)
		if err != nil || !found {
			return err
		}
		if err := s.db.tx(ctx, func(tx bun.Tx) error { return s.db.numberPlaces(ctx, tx) }); err != nil {
			return err
		}
	}
}

// numberPlaces numbers one chunk.
func (s *DB) numberPlaces(ctx context.Context, tx bun.Tx) error {
	if err := s.lock(ctx, tx, lastRegistryImage); err != nil {
		return err
	}
	var rows []placeRow
	const query = `
		SELECT g.source, g.locator, g.image_id, i.created
		FROM source AS s JOIN image_place AS g ON g.source = s.name JOIN image AS i ON i.id = g.image_id
		WHERE s.type = ? AND g.number = 0 LIMIT ?`
	err := tx.NewRaw(query, typeRegistry, insertChunk).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	first, err := s.takeNumbers(ctx, tx, lastRegistryImage, len(rows))
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		r.Number = first + int64(i)
		_, r.Namespace, r.Repository, r.Tag = splitLocator(r.Locator)
	}
	_, err = tx.NewUpdate().Model(&rows).Column("number", "namespace", "repository", "tag", "created").Bulk().Exec(ctx)
	return err
}

// splitLocator takes "registry.example.com:5000/shop/tools/web:1.2" apart. The
// namespace is the first element of the path, which is what registries give
// rights on; a path of one element has none. The address is all but the tag.
func splitLocator(locator string) (address, namespace, repository, tag string) {
	address = locator
	if i := strings.LastIndexByte(locator, ':'); i > strings.LastIndexByte(locator, '/') {
		address, tag = locator[:i], locator[i+1:]
	}
	_, path, ok := strings.Cut(address, "/")
	if !ok {
		return address, "", address, tag
	}
	namespace, repository, ok = strings.Cut(path, "/")
	if !ok {
		return address, "", path, tag
	}
	return address, namespace, repository, tag
}
