package store

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Stale says which stored packages must be matched again; the zero value: none.
type Stale struct {
	Keys map[landwaiter.PackageKey]bool // names with a record that was added, removed or changed
	CVEs map[string]bool                // flaws whose enrichment or fallback changed
	All  bool
}

// Add makes stale what is so by either.
func (s *Stale) Add(more Stale) {
	if s.Keys == nil {
		s.Keys, s.CVEs = map[landwaiter.PackageKey]bool{}, map[string]bool{}
	}
	maps.Copy(s.Keys, more.Keys)
	maps.Copy(s.CVEs, more.CVEs)
	s.All = s.All || more.All
}

// rematchChunk is how many package versions are judged in one transaction,
// for half a second: scans wait for no more than that.
const rematchChunk = 5000

// Rematch matches every stale package version again and returns how many there
// were. The images that hold them need no other change.
func (s Verdicts) Rematch(ctx context.Context, stale Stale, m Matcher) (int, error) {
	ids, err := s.db.stalePackages(ctx, stale)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, part := range chunks(slices.Sorted(maps.Keys(ids)), rematchChunk) {
		if err := s.db.rematch(ctx, part, stale.All, m); err != nil {
			return done, err
		}
		done += len(part)
	}
	return done, nil
}

// RematchPending reports whether all packages must be matched again: an import is
// running or broke off after it stored records, or the last one matched by other
// rules.
func (s Verdicts) RematchPending(ctx context.Context, rules string) (bool, error) {
	var n int
	const query = `
		SELECT (SELECT COUNT(*) FROM setting WHERE name = 'rematch_pending')
			+ 1 - (SELECT COUNT(*) FROM setting WHERE name = 'rules' AND value = ?)`
	err := s.db.r.NewRaw(query, rules).Scan(ctx, &n)
	return n > 0, err
}

// stalePackages returns the package versions whose verdict is stale. Under the
// lock, so that none is missed that a scan is about to store with a verdict by
// what was known before.
func (s *DB) stalePackages(ctx context.Context, stale Stale) (map[int64]bool, error) {
	ids := map[int64]bool{}
	err := s.tx(ctx, func(tx bun.Tx) error {
		if err := s.lockMatches(ctx, tx, true); err != nil {
			return err
		}
		clear(ids)
		if stale.All {
			return addIDs(ctx, tx, ids, cond("SELECT id FROM package"))
		}
		if err := addFiled(ctx, tx, ids, stale.Keys); err != nil {
			return err
		}
		return addFlawed(ctx, tx, ids, stale.CVEs)
	})
	return ids, err
}

func addIDs(ctx context.Context, tx bun.Tx, to map[int64]bool, query where) error {
	var ids []int64
	if err := tx.NewRaw("?", query).Scan(ctx, &ids); err != nil {
		return err
	}
	for _, id := range ids {
		to[id] = true
	}
	return nil
}

// addFiled adds the package versions that are filed under one of the names.
func addFiled(ctx context.Context, tx bun.Tx, to map[int64]bool, keys map[landwaiter.PackageKey]bool) error {
	byEcosystem := map[string][]string{}
	for k := range keys {
		byEcosystem[k.Ecosystem] = append(byEcosystem[k.Ecosystem], k.Name)
	}
	for ecosystem, names := range byEcosystem {
		for _, part := range chunks(names, insertChunk) {
			const query = "SELECT package_id FROM package_key WHERE ecosystem = ? AND name IN (?)"
			filed := cond(query, ecosystem, bun.List(part))
			if err := addIDs(ctx, tx, to, filed); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFlawed adds the package versions that have one of the flaws. The verdicts
// are read through once: an import may change what is known of 300,000 CVEs,
// and an index would cost every scan.
func addFlawed(ctx context.Context, tx bun.Tx, to map[int64]bool, cves map[string]bool) error {
	if len(cves) == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT package_id, id FROM package_vulnerability")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var pkg int64
		var id string
		if err := rows.Scan(&pkg, &id); err != nil {
			return err
		}
		if cves[id] {
			to[pkg] = true
		}
	}
	return rows.Err()
}

// rematch judges package versions again. With all, the rules may have changed.
func (s *DB) rematch(ctx context.Context, ids []int64, all bool, m Matcher) error {
	return s.tx(ctx, func(tx bun.Tx) error {
		if err := s.lockMatches(ctx, tx, true); err != nil {
			return err
		}
		var rows []packageRow
		if err := tx.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
			return err
		}
		pkgs := make(map[int64]landwaiter.Package, len(rows))
		for _, r := range rows {
			pkgs[r.ID] = r.pkg()
		}
		if all {
			if err := rekey(ctx, tx, pkgs, m); err != nil {
				return err
			}
		}
		return s.matchPackages(ctx, tx, pkgs, m)
	})
}
