package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// SourceBinary says that a distribution builds a binary package from a source.
type SourceBinary struct {
	Ecosystem string // under which advisories are filed; see [landwaiter.Stream]
	Name      string // of the binary package
	Source    string
}

type sourceBinaryRow struct {
	bun.BaseModel `bun:"table:source_binary,alias:source_binary"`
	SourceBinary
}

// PutBinaries stores what sources are built into. What is known already stays.
func (s Advisories) PutBinaries(ctx context.Context, list []SourceBinary) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]sourceBinaryRow, len(list))
	for i, b := range list {
		rows[i].SourceBinary = SourceBinary{Ecosystem: clean(b.Ecosystem), Name: clean(b.Name), Source: clean(b.Source)}
	}
	return s.db.tx(ctx, func(tx bun.Tx) error { return insert(ctx, tx, rows, doNothing) })
}

// Sources returns the sources of binary packages of an ecosystem, by name, as far
// as its advisories say them. A binary that has moved from one source to another
// has the last by name: names of sources with versions grow.
func (s Advisories) Sources(ctx context.Context, ecosystem string, names []string) (map[string]string, error) {
	out := map[string]string{}
	for _, part := range chunks(names, insertChunk) {
		var rows []struct{ Name, Source string }
		err := s.db.r.NewRaw("SELECT name, MAX(source) AS source FROM source_binary "+
			"WHERE ecosystem = ? AND name IN (?) GROUP BY name", landwaiter.Stream(ecosystem), bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Name] = r.Source
		}
	}
	return out, nil
}
