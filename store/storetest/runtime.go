package storetest

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

func runtimes(t *testing.T, s *db) {
	putImages(t, s, 3)
	check(t, s.Sources().Add(ctx, store.Source{Name: "node", Type: "docker", Config: []byte("{}")}))
	rt := store.Runtime{
		Hosts:    []store.Host{{ID: "h1", Name: "node-1"}},
		Clusters: []store.Cluster{{ID: "cls-1"}},
		Containers: []store.Container{
			{ID: "c1", ImageID: digest(1), HostID: "h1", ClusterID: "cls-1", State: "running", Created: time.UnixMilli(1)},
			{ID: "c2", ImageID: digest(2), HostID: "h1", State: "paused"},
		},
	}
	for range 2 { // the second time replaces the first
		check(t, s.Runtimes().Put(ctx, "node", rt))
		sum, err := s.Images().Totals(ctx)
		check(t, err)
		if sum.Images != 3 || sum.Containers != 2 || sum.Running != 1 || sum.Paused != 1 || sum.Hosts != 1 ||
			sum.Scanned != 0 || sum.Unsafe != 0 {
			t.Fatalf("summary: %+v", sum)
		}
	}
	check(t, s.Images().Put(ctx, image(2), store.Place{Source: "node", Locator: "2"}))
	list, _, err := s.Images().List(ctx, store.Page{Limit: 3, By: store.OrderByContainers, Desc: true})
	check(t, err)
	if list[0].Containers != 1 || list[1].Containers != 1 || list[2].Containers != 0 {
		t.Fatalf("by containers: %+v", list)
	}
	list, _, err = s.Images().List(ctx, store.Page{Limit: 1, By: store.OrderByHosts, Desc: true})
	check(t, err)
	if list[0].ID != digest(2) || list[0].Hosts != 1 {
		t.Fatalf("by hosts: %+v", list)
	}
	hosts, total, err := s.Runtimes().Hosts(ctx, store.Page{
		Limit: 9, Filters: []landwaiter.Filter{{By: store.ByName, Values: []string{"NODE"}}},
	})
	check(t, err)
	if total != 1 || hosts[0].Images != 1 || hosts[0].Containers != 2 {
		t.Fatalf("hosts: %+v", hosts)
	}
	containers, total, err := s.Runtimes().Containers(ctx, store.Page{
		Limit: 9, Filters: []landwaiter.Filter{{By: store.ByState, Values: []string{store.ContainerRunning}}},
	})
	check(t, err)
	if total != 1 || containers[0].ID != "c1" || containers[0].HostName != "node-1" {
		t.Fatalf("containers: %+v", containers)
	}
	held, err := s.Runtimes().ImageHosts(ctx, []landwaiter.Filter{
		{By: store.ByHostID, Values: []string{"h1"}, Exact: true},
	})
	check(t, err)
	same(t, held, []store.ImageHost{{ImageID: digest(2), HostID: "h1"}})
	for _, tt := range []struct {
		sel  landwaiter.Selection
		want int
	}{
		{landwaiter.Selection{All: true, Running: true}, 1},
		{landwaiter.Selection{All: true, Clusters: []string{"cls-1"}}, 1},
		{landwaiter.Selection{All: true, Recommended: true}, 3}, // none was ever scanned
	} {
		tt.sel.Kinds = landwaiter.ScanAll
		p, err := s.Tasks().Plan(ctx, tt.sel, analysers)
		check(t, err)
		same(t, p.Images, tt.want)
	}
	_, err = s.Tasks().Plan(ctx, landwaiter.Selection{All: true, Clusters: []string{"cls-9"}}, analysers)
	wantKind(t, err, landwaiter.NotFound)
	check(t, s.Sources().Remove(ctx, "node")) // and what ran there
	sum, err := s.Images().Totals(ctx)
	check(t, err)
	same(t, sum.Containers+sum.Hosts, 0)
}

func plans(t *testing.T, s *db) {
	putImages(t, s, 4)
	check(t, s.Authorizations().Set(ctx, landwaiter.Selection{Images: []string{digest(4)}}, false))
	rep := layerReport()
	rep.DiffID, rep.Took = digest(1000), 10*time.Millisecond // the base that all share
	for i := range rep.Coverage {
		rep.Coverage[i].Layer = rep.DiffID
	}
	check(t, s.Layers().Save(ctx, rep, versions(analysers)))
	p, err := s.Tasks().Plan(ctx, landwaiter.Selection{All: true, Kinds: landwaiter.ScanAll}, analysers)
	check(t, err)
	same(t, p, landwaiter.Plan{
		Images: 3, Unauthorized: 1, Unreachable: 3, Layers: 4, KnownLayers: 1, Bytes: 3 * 20, Rate: 1000,
		Why: map[string]int{},
	})
	wantKind(t, s.Authorizations().Set(ctx, landwaiter.Selection{Images: []string{digest(99)}}, true), landwaiter.NotFound)
}
