package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// authorized tells which images, by number, are authorized.
func authorized(t *testing.T, s *db) (list []int) {
	t.Helper()
	rows, _, err := s.Images().List(ctx, store.Page{
		Limit: 100, By: store.OrderByCreated,
		Filters: []landwaiter.Filter{{By: store.ByAuthorized, Values: []string{store.Yes}}},
	})
	check(t, err)
	for _, img := range rows {
		var n int
		_, err := fmt.Sscanf(img.ID, "sha256:%x", &n)
		check(t, err)
		list = append(list, n)
	}
	return list
}

// put stores images one after another, so that their order is known.
func put(t *testing.T, s *db, place store.Place, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if place.Source != "" {
			place.Locator = digest(n)
		}
		check(t, s.Images().Put(ctx, image(n), place))
		s.advance(2 * time.Millisecond) // first_seen has a resolution of one
	}
}

func autoRules(t *testing.T, s *db) {
	_, err := s.Authorizations().Rule(ctx)
	wantKind(t, err, landwaiter.NotFound)
	wantKind(t, s.Authorizations().ChangeRule(ctx, func(*store.AutoRule) {}), landwaiter.NotFound)
	put(t, s, store.Place{}, 1) // no rule: authorized
	rule := store.AutoRule{Enabled: true, All: true, MaxDaily: 2, AutoScan: true, Kinds: landwaiter.ScanVul}
	check(t, s.Authorizations().AddRule(ctx, rule))
	wantKind(t, s.Authorizations().AddRule(ctx, rule), landwaiter.Conflict)
	got, err := s.Authorizations().Rule(ctx)
	check(t, err)
	same(t, got, rule)

	for range 2 { // what was decided stays so
		put(t, s, store.Place{}, 1, 2, 3, 4)
		same(t, authorized(t, s), []int{1, 2, 3})
	}
	tasks := authorizeTasks(t, s)
	if len(tasks) != 1 || tasks[0].Succeeded != 2 || tasks[0].Refused != 1 || tasks[0].Manual || tasks[0].Last.IsZero() {
		t.Fatalf("%+v", tasks)
	}
	wantLog(t, s, tasks[0].Number, map[int]bool{2: true, 3: true, 4: false})

	sel, err := s.Authorizations().AutoScans(ctx)
	check(t, err)
	same(t, sel, landwaiter.Selection{Images: []string{digest(2), digest(3)}, Kinds: landwaiter.ScanVul})
	check(t, s.Authorizations().EndAutoScans(ctx, sel))
	sel, err = s.Authorizations().AutoScans(ctx)
	check(t, err)
	same(t, sel, landwaiter.Selection{})

	// The limit is lifted on the next day; here by moving this one back.
	check(t, s.Authorizations().ApplyRule(ctx))
	same(t, authorized(t, s), []int{1, 2, 3})
	_, err = s.SQL().Exec("UPDATE authorize_log SET task = task - 10")
	check(t, err)
	check(t, s.Authorizations().ApplyRule(ctx))
	same(t, authorized(t, s), []int{1, 2, 3, 4})
	if tasks = authorizeTasks(t, s); len(tasks) != 1 || tasks[0].Succeeded != 1 || tasks[0].Refused != 0 {
		t.Fatalf("the day after: %+v", tasks)
	}

	check(t, s.Authorizations().ChangeRule(ctx, func(r *store.AutoRule) { r.Enabled = false }))
	put(t, s, store.Place{}, 5) // the rule is off
	same(t, authorized(t, s), []int{1, 2, 3, 4, 5})
}

func authorizeTasks(t *testing.T, s *db, filters ...landwaiter.Filter) []store.AuthorizeTask {
	t.Helper()
	today := time.Now()
	list, total, err := s.Authorizations().Tasks(ctx, today, today, store.Page{Limit: 9, Filters: filters})
	check(t, err)
	same(t, total, len(list))
	return list
}

func wantLog(t *testing.T, s *db, task int64, want map[int]bool) {
	t.Helper()
	list, total, err := s.Authorizations().Log(ctx, task, store.Page{Limit: 9})
	check(t, err)
	same(t, total, len(want))
	for _, a := range list {
		for n, done := range want {
			if a.ImageID == digest(n) && (a.Refused == done || a.Authorized != done || a.At.IsZero()) {
				t.Errorf("image %d: %+v, want %t", n, a, done)
			}
		}
	}
}

func autoRuleHosts(t *testing.T, s *db) {
	for _, name := range []string{"node", "other", "k8s"} {
		check(t, s.Sources().Add(ctx, store.Source{Name: name, Type: "docker", Config: []byte("{}")}))
	}
	rule := store.AutoRule{Enabled: true, Hosts: []string{"h1", "k1"}}
	check(t, s.Authorizations().AddRule(ctx, rule))
	put(t, s, store.Place{Source: "node"}, 1) // nobody knows the host yet
	put(t, s, store.Place{Source: "other"}, 2)
	put(t, s, store.Place{Source: "k8s"}, 3, 4)
	same(t, authorized(t, s), []int{})

	check(t, s.Runtimes().Put(ctx, "node", store.Runtime{Hosts: []store.Host{{ID: "h1", Name: "node-1"}}}))
	check(t, s.Runtimes().Put(ctx, "other", store.Runtime{Hosts: []store.Host{{ID: "h2", Name: "node-2"}}}))
	same(t, authorized(t, s), []int{1})
	check(t, s.Runtimes().Put(ctx, "k8s", store.Runtime{
		Clusters: []store.Cluster{{ID: "cls-1"}}, Hosts: []store.Host{{ID: "k1"}, {ID: "k2"}},
		Containers: []store.Container{
			{ID: "c3", ImageID: digest(3), HostID: "k1"}, {ID: "c4", ImageID: digest(4), HostID: "k2"},
		},
	}))
	same(t, authorized(t, s), []int{1, 3}) // of the nodes of a cluster, those that run it
	put(t, s, store.Place{Source: "node"}, 5)
	same(t, authorized(t, s), []int{1, 3, 5})

	// By filters, and decided at the change.
	check(t, s.Authorizations().ChangeRule(ctx, func(r *store.AutoRule) {
		r.Hosts, r.Filters, r.Exclude = nil, []landwaiter.Filter{{By: store.ByName,
			Values: []string{"NODE-"}}}, []string{"h1"}
	}))
	same(t, authorized(t, s), []int{1, 2, 3, 5})
	rule, err := s.Authorizations().Rule(ctx)
	check(t, err)
	n, err := s.Authorizations().RuleHosts(ctx, rule)
	check(t, err)
	same(t, n, 1)
	wantKind(t, s.Authorizations().ChangeRule(ctx, func(r *store.AutoRule) { r.Filters = []landwaiter.Filter{{By: "x"}} }),
		landwaiter.Invalid)

	// By hand; the rule has no say any more.
	for range 2 {
		check(t, s.Authorizations().Set(ctx, landwaiter.Selection{Images: []string{digest(4), digest(5)}}, true))
	}
	tasks := authorizeTasks(t, s, landwaiter.Filter{By: store.ByManual, Values: []string{store.Yes}})
	if len(tasks) != 1 || !tasks[0].Manual {
		t.Fatalf("%+v", tasks)
	}
	wantLog(t, s, tasks[0].Number, map[int]bool{4: true})
	for value, want := range map[string]int{store.Authorized: 2, store.PartlyRefused: 0, store.Refused: 0} {
		same(t, len(authorizeTasks(t, s, landwaiter.Filter{By: store.ByOutcome, Values: []string{value}})), want)
	}
	_, _, err = s.Authorizations().Log(ctx, 7, store.Page{Limit: 9})
	wantKind(t, err, landwaiter.NotFound)
}

// autoRuleRaces: concurrent syncs do not authorize more than the limit.
func autoRuleRaces(t *testing.T, s *db) {
	const images, limit = 24, 7
	check(t, s.Authorizations().AddRule(ctx, store.AutoRule{Enabled: true, All: true, MaxDaily: limit}))
	var wg sync.WaitGroup
	errs := make(chan error, 2*images)
	for n := range images {
		for range 2 { // two sources have it
			wg.Go(func() { errs <- s.Images().Put(ctx, image(n+1), store.Place{}) })
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		check(t, err)
	}
	same(t, len(authorized(t, s)), limit)
	tasks := authorizeTasks(t, s)
	if len(tasks) != 1 || tasks[0].Succeeded != limit || tasks[0].Refused != images-limit {
		t.Fatalf("%+v", tasks)
	}
}
