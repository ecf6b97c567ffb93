package store

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// rekey files package versions under the names that the matcher has for them now:
// new rules may look them up under other names than those that stored them.
func rekey(ctx context.Context, tx bun.Tx, pkgs map[int64]landwaiter.Package, m Matcher) error {
	for _, part := range chunks(slices.Sorted(maps.Keys(pkgs)), insertChunk) {
		var old []packageKeyRow
		if err := tx.NewSelect().Model(&old).Where("package_id IN (?)", bun.List(part)).Scan(ctx); err != nil {
			return err
		}
		var fresh []packageKeyRow
		for _, id := range part {
			for _, k := range m.Keys(pkgs[id]) {
				fresh = append(fresh, packageKeyRow{Ecosystem: k.Ecosystem, Name: k.Name, PackageID: id})
			}
		}
		differ := map[int64]bool{}
		differing(differ, old, fresh, func(r packageKeyRow) int64 { return r.PackageID })
		if len(differ) == 0 {
			continue
		}
		_, err := tx.NewRaw("DELETE FROM package_key WHERE package_id IN (?)",
			bun.List(slices.Sorted(maps.Keys(differ)))).Exec(ctx)
		if err != nil {
			return err
		}
		fresh = slices.DeleteFunc(fresh, func(r packageKeyRow) bool { return !differ[r.PackageID] })
		if err := insert(ctx, tx, fresh, doNothing); err != nil {
			return err
		}
	}
	return nil
}
