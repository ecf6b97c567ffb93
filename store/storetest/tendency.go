package storetest

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

func tendencies(t *testing.T, s *db) {
	today := time.Now()
	risks := func() map[landwaiter.ScanKind][]int {
		t.Helper()
		counts, err := s.Findings().NewRisks(ctx, today.AddDate(0, 0, -2), today)
		check(t, err)
		return counts
	}
	want := func(vul, virus, risk []int) {
		t.Helper()
		same(t, risks(), map[landwaiter.ScanKind][]int{
			landwaiter.ScanVul: vul, landwaiter.ScanVirus: virus, landwaiter.ScanRisk: risk,
		})
	}
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := s.SQL().Exec(query, args...)
		check(t, err)
	}
	// later lets the next snapshot see the changes that come now.
	later := func() {
		exec("UPDATE setting SET value = '1' WHERE name = 'risk_snapshot'")
		check(t, s.Findings().Snapshot(ctx))
	}
	none := []int{0, 0, 0}
	want(none, none, none)
	scan := func(n int, rep landwaiter.Report) {
		t.Helper()
		rep.Image, rep.Kinds = image(n), landwaiter.ScanRisk|landwaiter.ScanVirus
		check(t, s.Images().Put(ctx, rep.Image, store.Place{}))
		check(t, s.Reports().Commit(ctx, &rep, noMatcher, nil))
	}
	risky := landwaiter.Report{Risks: []landwaiter.Risk{
		{Rule: "root-user", Severity: landwaiter.Medium}, {Rule: "secret-env", Severity: landwaiter.High},
	}}
	scan(1, risky)
	scan(2, risky)
	scan(3, landwaiter.Report{Malware: []landwaiter.Malware{{Path: "x", Name: "Eicar"}}})
	want(none, []int{0, 0, 1}, []int{0, 0, 2}) // live, before any snapshot
	exec("UPDATE image SET scan_time = scan_time - 86400000 WHERE id = '" + digest(1) + "'")
	for range 2 { // the second has nothing to add
		check(t, s.Findings().Snapshot(ctx))
		want(none, []int{0, 0, 1}, []int{0, 1, 1})
	}

	scan(2, landwaiter.Report{}) // clean now, which does not change the past
	later()
	want(none, []int{0, 0, 1}, []int{0, 1, 1})
	s.advance(2 * time.Millisecond) // scan times have a resolution of one
	scan(2, risky)                  // and risky again
	want(none, []int{0, 0, 1}, []int{0, 1, 2})
	later()
	want(none, []int{0, 0, 1}, []int{0, 1, 2})
}

func clusterLists(t *testing.T, s *db) {
	for _, name := range []string{"east", "west"} {
		check(t, s.Sources().Add(ctx, store.Source{Name: name, Type: "kubernetes", Config: []byte("{}")}))
	}
	check(t, s.Runtimes().Put(ctx, "east", store.Runtime{
		Clusters: []store.Cluster{{ID: "cls-1", Name: "shop", Version: "v1.30.1"}}, Hosts: []store.Host{{ID: "n1"}},
	}))
	check(t, s.Runtimes().Put(ctx, "west", store.Runtime{
		Clusters: []store.Cluster{{ID: "cls-2", Name: "bank"}}, Hosts: []store.Host{{ID: "n2"}, {ID: "n3"}},
	}))
	_, err := s.SQL().Exec("UPDATE source SET sync_error = 'down' WHERE name = 'west'")
	check(t, err)
	shop := store.ClusterRow{Cluster: store.Cluster{ID: "cls-1", Name: "shop", Version: "v1.30.1"}}
	bank := store.ClusterRow{Cluster: store.Cluster{ID: "cls-2", Name: "bank"}, Error: "down"}
	for _, tt := range []struct {
		page store.Page
		want []store.ClusterRow
	}{
		{store.Page{Limit: 9}, []store.ClusterRow{bank, shop}},
		{store.Page{Limit: 9, By: store.OrderByHosts}, []store.ClusterRow{shop, bank}},
		{store.Page{Limit: 9, By: store.OrderByHosts, Desc: true}, []store.ClusterRow{bank, shop}},
		{
			store.Page{Limit: 9, Filters: []landwaiter.Filter{{By: store.ByState, Values: []string{store.ClusterFailed}}}},
			[]store.ClusterRow{bank},
		},
		{
			store.Page{Limit: 9, Filters: []landwaiter.Filter{{By: store.ByName, Values: []string{"SHO"}}}},
			[]store.ClusterRow{shop},
		},
		{store.Page{Limit: 9, Filters: []landwaiter.Filter{{By: store.ByID, Values: []string{"cls"}, Exact: true}}}, nil},
	} {
		got, total, err := s.Runtimes().Clusters(ctx, tt.page)
		check(t, err)
		same(t, got, tt.want)
		same(t, total, len(tt.want))
	}
	_, _, err = s.Runtimes().Clusters(ctx, store.Page{Filters: []landwaiter.Filter{{By: "region"}}})
	wantKind(t, err, landwaiter.Invalid)

	sources, err := s.Runtimes().HostSources(ctx, []string{"n3", "n2"})
	check(t, err)
	same(t, sources, []string{"west"})
	sources, err = s.Runtimes().ClusterSources(ctx, []string{"cls-2", "cls-1"})
	check(t, err)
	same(t, sources, []string{"east", "west"})
	_, err = s.Runtimes().ClusterSources(ctx, []string{"cls-1", "cls-9"})
	wantKind(t, err, landwaiter.NotFound)
}
