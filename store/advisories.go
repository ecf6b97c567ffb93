package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Advisories holds the advisory records, what enriches them (known exploited,
// scores, end-of-life dates) and what was imported when.
//
// Put changes no verdict by itself. It returns which packages are stale; the
// caller passes them to [Verdicts.Rematch].
type Advisories struct{ db *DB }

// Advisories gives access to the advisory records.
func (s *DB) Advisories() Advisories { return Advisories{s} }

type advisoryRow struct {
	bun.BaseModel `bun:"table:advisory,alias:advisory"`
	ID            string `bun:",pk"`
	Hash          []byte
	Modified      int64
	Withdrawn     bool
	Body          []byte
}

type affectedRow struct {
	bun.BaseModel `bun:"table:advisory_affected,alias:advisory_affected"`
	Ecosystem     string
	Name          string
	AdvisoryID    string
}

// NewAdvisory is a record to store.
type NewAdvisory struct {
	*landwaiter.Advisory
	Hash []byte                  // of its published bytes
	Keys []landwaiter.PackageKey // the names to file it under, without repetition
	CVEs []string                // the CVEs it is about
}

// Unchanged reports which of the records (ID to hash of the
// published bytes) are stored with the same bytes.
func (s Advisories) Unchanged(ctx context.Context, hashes map[string][]byte) (map[string]bool, error) {
	ids := make([]string, 0, len(hashes))
	for id := range hashes {
		ids = append(ids, id)
	}
	same := make(map[string]bool, len(ids))
	for _, part := range chunks(ids, insertChunk) {
		var rows []advisoryRow
		if err := s.db.r.NewSelect().Model(&rows).Column("id", "hash").Where("id IN (?)", bun.List(part)).
			Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			same[r.ID] = bytes.Equal(r.Hash, hashes[r.ID])
		}
	}
	return same, nil
}

// Put stores changed records, and returns what is stale by them: the
// names that they are or were filed under, and the CVEs whose fallbacks are not
// as before.
func (s Advisories) Put(ctx context.Context, list []NewAdvisory) (Stale, error) {
	var rows []advisoryRow
	var affected []affectedRow
	var fallbacks []fallbackRow
	stale := Stale{Keys: map[landwaiter.PackageKey]bool{}, CVEs: map[string]bool{}}
	ids := make([]string, 0, len(list))
	for _, a := range list {
		body, err := pack(a.Advisory)
		if err != nil {
			return Stale{}, err
		}
		ids = append(ids, a.ID)
		rows = append(rows, advisoryRow{
			ID: a.ID, Hash: a.Hash, Modified: millis(a.Modified), Withdrawn: !a.Withdrawn.IsZero(), Body: body,
		})
		for _, k := range a.Keys {
			k = landwaiter.PackageKey{Ecosystem: clean(k.Ecosystem), Name: clean(k.Name)}
			stale.Keys[k] = true
			affected = append(affected, affectedRow{Ecosystem: k.Ecosystem, Name: k.Name, AdvisoryID: a.ID})
		}
		fallbacks = append(fallbacks, fallbacksOf(a)...)
	}
	err := s.db.tx(ctx, func(tx bun.Tx) error {
		if err := unfile(ctx, tx, ids, stale.Keys); err != nil {
			return err
		}
		err := insert(ctx, tx, rows, func(q *bun.InsertQuery) *bun.InsertQuery {
			return q.On("CONFLICT (id) DO UPDATE").Set("hash = excluded.hash").Set("modified = excluded.modified").
				Set("withdrawn = excluded.withdrawn").Set("body = excluded.body")
		})
		if err != nil {
			return err
		}
		if err := insert(ctx, tx, affected, doNothing); err != nil {
			return err
		}
		if err := putFallbacks(ctx, tx, ids, fallbacks, stale.CVEs); err != nil {
			return err
		}
		// A crash before the packages concerned are matched again must not go
		// unnoticed: EndImport removes the second setting.
		const query = `
			INSERT INTO setting (name, value)
			VALUES ('advisories_changed', ?0), ('rematch_pending', ?0)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`
		_, err = tx.NewRaw(query, strconv.FormatInt(s.db.now(), 10)).Exec(ctx)
		return err
	})
	return stale, err
}

// unfile removes what stored versions of the records affected, and adds those
// keys to changed.
func unfile(ctx context.Context, tx bun.Tx, ids []string, changed map[landwaiter.PackageKey]bool) error {
	for _, part := range chunks(ids, insertChunk) {
		var old []landwaiter.PackageKey
		const query = "DELETE FROM advisory_affected WHERE advisory_id IN (?) RETURNING ecosystem, name"
		err := tx.NewRaw(query, bun.List(part)).Scan(ctx, &old)
		if err != nil {
			return err
		}
		for _, k := range old {
			changed[k] = true
		}
	}
	return nil
}

// importedPrefix begins the names of the settings that stand for imported
// dumps, followed by the hash of their bytes.
const importedPrefix = "imported "

// Imported reports whether a dump with this hash was imported whole.
func (s Advisories) Imported(ctx context.Context, hash []byte) (bool, error) {
	var n int
	err := s.db.r.NewRaw("SELECT COUNT(*) FROM setting WHERE name = ?", importedPrefix+hex.EncodeToString(hash)).
		Scan(ctx, &n)
	return n > 0, err
}

// EndImport records that an import has ended: its packages are judged by the
// rules, and the dumps with these hashes need not be read again.
func (s Advisories) EndImport(ctx context.Context, dumps [][]byte, rules string) error {
	return s.db.tx(ctx, func(tx bun.Tx) error {
		for _, hash := range dumps {
			const query = `
				INSERT INTO setting (name, value) VALUES (?, ?)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value`
			_, err := tx.NewRaw(query,
				importedPrefix+hex.EncodeToString(hash), strconv.FormatInt(s.db.now(), 10)).Exec(ctx)
			if err != nil {
				return err
			}
		}
		const query = `
			INSERT INTO setting (name, value) VALUES ('rules', ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`
		_, err := tx.NewRaw(query, rules).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw("DELETE FROM setting WHERE name = 'rematch_pending'").Exec(ctx)
		return err
	})
}

// Part is the state of one part of the advisory data.
type Part struct {
	Ecosystem    string
	Records      int
	Newest       time.Time // newest change in the part
	Imported     time.Time
	ETag         string
	LastModified string
	Cursor       time.Time // changes up to here are in
	Error        string    // of the last update; "" when it went well
}

type partRow struct {
	bun.BaseModel `bun:"table:advisory_part,alias:advisory_part"`
	Ecosystem     string `bun:",pk"`
	Records       int
	Newest        int64
	ImportedAt    int64
	Etag          string
	LastModified  string
	CursorTime    int64
	Error         string
}

// PutPart stores the state of a part.
func (s Advisories) PutPart(ctx context.Context, p Part) error {
	row := partRow{
		Ecosystem: clean(p.Ecosystem), Records: p.Records, Newest: millis(p.Newest), ImportedAt: millis(p.Imported),
		Etag: clean(p.ETag), LastModified: clean(p.LastModified), CursorTime: millis(p.Cursor), Error: clean(p.Error),
	}
	_, err := s.db.w.NewInsert().Model(&row).On("CONFLICT (ecosystem) DO UPDATE").
		Set("records = excluded.records").Set("newest = excluded.newest").Set("imported_at = excluded.imported_at").
		Set("etag = excluded.etag").Set("last_modified = excluded.last_modified").
		Set("cursor_time = excluded.cursor_time").Set("error = excluded.error").Exec(ctx)
	return err
}

// Parts lists the parts by ecosystem.
func (s Advisories) Parts(ctx context.Context) ([]Part, error) {
	var rows []partRow
	if err := s.db.r.NewSelect().Model(&rows).Order("ecosystem").Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]Part, len(rows))
	for i, r := range rows {
		out[i] = Part{
			Ecosystem: r.Ecosystem, Records: r.Records, Newest: fromMillis(r.Newest), Imported: fromMillis(r.ImportedAt),
			ETag: r.Etag, LastModified: r.LastModified, Cursor: fromMillis(r.CursorTime), Error: r.Error,
		}
	}
	return out, nil
}

// PutPartError records why the last update of a part failed; its data stays.
func (s Advisories) PutPartError(ctx context.Context, ecosystem string, why error) error {
	row := partRow{Ecosystem: clean(ecosystem), Error: clean(why.Error())}
	_, err := s.db.w.NewInsert().Model(&row).On("CONFLICT (ecosystem) DO UPDATE").Set("error = excluded.error").Exec(ctx)
	return err
}

// Count counts the records on packages of an ecosystem, those of its
// releases ("Debian:12" of "Debian") among them.
func (s Advisories) Count(ctx context.Context, ecosystem string) (int, error) {
	var n int
	const query = `
		SELECT COUNT(DISTINCT advisory_id) FROM advisory_affected
		WHERE ecosystem = ? OR ecosystem LIKE ? ESCAPE '!'`
	err := s.db.r.NewRaw(query,
		ecosystem, strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(ecosystem)+":%").Scan(ctx, &n)
	return n, err
}
