package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Present reports whether there are advisories of an ecosystem, or of all its
// releases.
func (s Advisories) Present(ctx context.Context, ecosystem string) (bool, error) {
	present, err := s.db.ecosystems(ctx, []string{ecosystem})
	return present[ecosystem], err
}

// Known returns which of the keys advisories are filed under. It asks once for
// each ecosystem, and once more for every thousand names.
func (s Advisories) Known(
	ctx context.Context, keys []landwaiter.PackageKey,
) (map[landwaiter.PackageKey]bool, error) {
	names := map[string][]string{} // by ecosystem
	for _, k := range keys {
		names[k.Ecosystem] = append(names[k.Ecosystem], clean(k.Name))
	}
	known := map[landwaiter.PackageKey]bool{}
	for ecosystem, list := range names {
		for _, part := range chunks(list, insertChunk) {
			var rows []string
			err := s.db.r.NewRaw("SELECT DISTINCT name FROM advisory_affected WHERE ecosystem = ? AND name IN (?)",
				ecosystem, bun.List(part)).Scan(ctx, &rows)
			if err != nil {
				return nil, err
			}
			for _, name := range rows {
				known[landwaiter.PackageKey{Ecosystem: ecosystem, Name: name}] = true
			}
		}
	}
	return known, nil
}
