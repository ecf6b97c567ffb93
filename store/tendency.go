package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// snapshotEvery is how often Snapshot looks at all images, which is a pass over the
// inventory.
const snapshotEvery = time.Hour

const snapshotSetting = "risk_snapshot"

// dayMillis is a day in the unit of stored times.
const dayMillis = int64(24 * time.Hour / time.Millisecond)

// findingKinds are the kinds that findings are counted by.
var findingKinds = []landwaiter.ScanKind{landwaiter.ScanVul, landwaiter.ScanVirus, landwaiter.ScanRisk}

// hasFinding is the condition that image i has a finding of one kind.
func hasFinding(kind landwaiter.ScanKind) where {
	return imageSecurity[map[landwaiter.ScanKind]string{
		landwaiter.ScanVul: HasVulnerability, landwaiter.ScanVirus: HasMalware, landwaiter.ScanRisk: HasRisk,
	}[kind]]
}

// newlyUnsafe selects the images that have findings of a kind and had none at
// the last snapshot, and since when: since the scan that found them or, when it was
// new advisories, which have no time for each image, since now.
func newlyUnsafe(kind landwaiter.ScanKind, last, at int64) where {
	const query = `
		SELECT i.id AS image_id, ?0 AS kind,
			CASE WHEN i.scan_time > ?1 THEN i.scan_time ELSE CAST(?2 AS BIGINT) END AS since
		FROM image AS i
		WHERE ?3
			AND NOT EXISTS (
				SELECT 1 FROM image_unsafe AS u WHERE u.image_id = i.id AND u.kind = ?0 AND u.until = 0)`
	return cond(query, int(kind), last, at, hasFinding(kind))
}

// Snapshot records which images have their first finding since the last snapshot,
// and which have none any more. It does nothing within an hour of the last one,
// so that several processes may call it often.
func (s Findings) Snapshot(ctx context.Context) error {
	at := s.db.now()
	if last, err := s.db.lastSnapshot(ctx, s.db.r); err != nil || at-last < snapshotEvery.Milliseconds() {
		return err
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.lock(ctx, tx, snapshotSetting); err != nil {
			return err
		}
		last, err := s.db.lastSnapshot(ctx, tx)
		if err != nil || at-last < snapshotEvery.Milliseconds() {
			return err
		}
		for _, kind := range findingKinds {
			if err := snapshotKind(ctx, tx, kind, last, at); err != nil {
				return err
			}
		}
		const query = `
			INSERT INTO setting (name, value) VALUES (?, CAST(? AS TEXT))
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`
		_, err = tx.NewRaw(query, snapshotSetting, at).Exec(ctx)
		return err
	})
}

func snapshotKind(ctx context.Context, tx bun.Tx, kind landwaiter.ScanKind, last, at int64) error {
	const query = `
		UPDATE image_unsafe SET until = ?
		WHERE kind = ? AND until = 0
			AND NOT EXISTS (SELECT 1 FROM image AS i WHERE i.id = image_unsafe.image_id AND ?)`
	_, err := tx.NewRaw(query, at, int(kind), hasFinding(kind)).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("INSERT INTO image_unsafe (image_id, kind, since) ?", newlyUnsafe(kind, last, at)).Exec(ctx)
	return err
}

// lastSnapshot is when Snapshot last looked at all images, 0 for never.
func (s *DB) lastSnapshot(ctx context.Context, db bun.IDB) (int64, error) {
	var at int64
	const query = "SELECT COALESCE((SELECT CAST(value AS BIGINT) FROM setting WHERE name = ?), 0)"
	err := db.NewRaw(query, snapshotSetting).Scan(ctx, &at)
	return at, err
}

// NewRisks counts, for each UTC day from one to another, both included, the images
// whose first finding of a kind is of that day. An image that had none left in
// between counts again. What Snapshot has not recorded yet is counted, too.
func (s Findings) NewRisks(ctx context.Context, from, to time.Time) (map[landwaiter.ScanKind][]int, error) {
	last, err := s.db.lastSnapshot(ctx, s.db.r)
	if err != nil {
		return nil, err
	}
	first, end := millis(from)/dayMillis, millis(to)/dayMillis
	all := cond("SELECT image_id, kind, since FROM image_unsafe")
	for _, kind := range findingKinds {
		all = cond("? UNION ALL ?", all, newlyUnsafe(kind, last, s.db.now()))
	}
	var rows []struct {
		Kind uint8
		Day  int64
		N    int
	}
	const query = `
		SELECT kind, since / ?0 AS day, COUNT(*) AS n FROM (?1) AS x
		WHERE since >= ?2 AND since < ?3 GROUP BY kind, since / ?0`
	err = s.db.r.NewRaw(query, dayMillis, all, first*dayMillis, (end+1)*dayMillis).Scan(ctx, &rows)
	out := map[landwaiter.ScanKind][]int{}
	for _, kind := range findingKinds {
		out[kind] = make([]int, end-first+1)
	}
	for _, r := range rows {
		out[landwaiter.ScanKind(r.Kind)][r.Day-first] = r.N
	}
	return out, err
}
