package store

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// ClusterRow is a cluster with how its source is.
type ClusterRow struct {
	Cluster
	Error string // of the last sync of its source; "" when it went well
}

var clusterListing = listing{
	filters: filters{
		ByID:   text("k.id"),
		ByName: text("k.name"),
		ByState: words(map[string]where{
			ClusterSynced: cond("s.sync_error = ''"),
			ClusterFailed: cond("s.sync_error <> ''"),
		}),
	},
	orders: map[OrderBy]string{OrderByHosts: "(SELECT COUNT(*) FROM host AS h WHERE h.source = k.source)"},
	usual:  "k.name, k.id",
}

// Clusters returns a page of the clusters by name and how many match in all.
// Filters: ByID, ByName, ByState. Orders: OrderByHosts.
func (s Runtimes) Clusters(ctx context.Context, p Page) ([]ClusterRow, int, error) {
	c, order, err := clusterListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	const from = "cluster AS k JOIN source AS s ON s.name = k.source"
	total, err := s.db.count(ctx, from, c)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		clusterRow
		SyncError string
	}
	err = s.db.r.NewRaw("SELECT k.*, s.sync_error FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?",
		cond(from), c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	out := make([]ClusterRow, len(rows))
	for i, r := range rows {
		out[i] = ClusterRow{Cluster: Cluster{ID: r.ID, Name: r.Name, Version: r.Version}, Error: r.SyncError}
	}
	return out, total, err
}

// HostSources returns the sources that see the hosts. NotFound when one of
// them is not known.
func (s Runtimes) HostSources(ctx context.Context, ids []string) ([]string, error) {
	return s.db.sourcesOf(ctx, "host", ids)
}

// ClusterSources returns the sources that see the clusters. NotFound when one
// of them is not known.
func (s Runtimes) ClusterSources(ctx context.Context, ids []string) ([]string, error) {
	return s.db.sourcesOf(ctx, "cluster", ids)
}

func (s *DB) sourcesOf(ctx context.Context, table string, ids []string) ([]string, error) {
	sources, known := map[string]bool{}, map[string]bool{}
	for _, part := range chunks(ids, insertChunk) {
		var rows []struct{ ID, Source string }
		err := s.r.NewRaw("SELECT id, source FROM ? WHERE id IN (?)", bun.Ident(table), bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			known[r.ID], sources[r.Source] = true, true
		}
	}
	for _, id := range ids {
		if !known[id] {
			return nil, landwaiter.Errorf(landwaiter.NotFound, "no %s %s is known", table, clean(id))
		}
	}
	return slices.Sorted(maps.Keys(sources)), nil
}
