package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// registries: numbers are given once, names may change, settings are sealed.
func registries(t *testing.T, s *db) {
	check(t, s.Sources().Add(ctx, store.Source{Name: "cli", Type: "registry", Config: []byte(`{}`)}))
	check(t, s.Sources().Add(ctx, store.Source{Name: "files", Type: "archive", Config: []byte(`{}`)}))
	hub := store.Registry{
		Source: store.Source{Name: "hub", Config: []byte(`{"password":"hunter2"}`)}, Kind: "quay",
		Settings: []byte(`{"token":"t0ken"}`), First: store.FirstAll,
	}
	number, err := s.Registries().Add(ctx, hub)
	check(t, err)
	for _, taken := range []string{"hub", "files"} {
		_, err = s.Registries().Add(ctx, store.Registry{Source: store.Source{Name: taken}})
		wantKind(t, err, landwaiter.Conflict)
	}
	got, err := s.Registries().Get(ctx, number)
	check(t, err)
	same(t, []any{got.Name, got.Kind, string(got.Config), string(got.Settings), got.First}, []any{
		"hub", "quay", string(hub.Config), string(hub.Settings), store.FirstAll,
	})
	for _, column := range []string{"settings", "config"} {
		var raw []byte
		check(t, s.SQL().QueryRow("SELECT "+column+" FROM source WHERE name = 'hub'").Scan(&raw))
		if len(raw) == 0 || string(raw) == string(hub.Settings) || string(raw) == string(hub.Config) {
			t.Fatalf("%s is stored in clear text", column)
		}
	}
	list, total, err := s.Registries().List(ctx, store.Page{Limit: 9})
	check(t, err)
	if total != 2 || list[0].Name != "cli" || list[0].Number == 0 || list[0].Number == number || list[1].Number != number {
		t.Fatalf("%d registries: %+v", total, list)
	}
	for _, tt := range []struct {
		filter landwaiter.Filter
		want   int
	}{
		{landwaiter.Filter{By: store.ByName, Values: []string{"HU"}}, 1},
		{landwaiter.Filter{By: store.ByName, Values: []string{"hu"}, Exact: true}, 0},
		{landwaiter.Filter{By: store.ByKind, Values: []string{"harbor"}}, 1}, // what none was told for
		{landwaiter.Filter{By: store.ByNumber, Values: []string{fmt.Sprint(number)}}, 1},
		{landwaiter.Filter{By: store.ByNothing, Values: []string{"x"}}, 0},
		{landwaiter.Filter{By: store.ByNothing}, 2},
	} {
		_, total, err = s.Registries().List(ctx, store.Page{Limit: 1, Filters: []landwaiter.Filter{tt.filter}})
		check(t, err)
		t.Log(tt.filter)
		same(t, total, tt.want)
	}
	_, _, err = s.Registries().List(ctx, store.Page{Filters: []landwaiter.Filter{{By: "x"}}})
	wantKind(t, err, landwaiter.Invalid)

	putRegistryImage(t, s, "hub", "r.example.com/shop/web:1", 1)
	before, err := s.RegistryImages().Of(ctx, digest(1))
	check(t, err)
	hub.Number, hub.Name, hub.Kind, hub.First = number, "hub2", "harbor", store.FirstNone
	check(t, s.Registries().Update(ctx, hub))
	got, err = s.Registries().Get(ctx, number)
	check(t, err)
	same(t, []any{got.Name, got.Kind, string(got.Config), got.Images, got.First}, []any{
		"hub2", "harbor", string(hub.Config), 1, store.FirstNone,
	})
	after, err := s.RegistryImages().Get(ctx, before.Number)
	check(t, err)
	same(t, []string{after.ID, after.Registry}, []string{digest(1), "hub2"})
	hub.Name = "files"
	wantKind(t, s.Registries().Update(ctx, hub), landwaiter.Conflict)
	hub.Number = number + 9
	wantKind(t, s.Registries().Update(ctx, hub), landwaiter.NotFound)

	check(t, s.Registries().Remove(ctx, number))
	wantKind(t, s.Registries().Remove(ctx, number), landwaiter.NotFound)
	_, err = s.RegistryImages().Get(ctx, before.Number)
	wantKind(t, err, landwaiter.NotFound)
	again, err := s.Registries().Add(ctx, store.Registry{Source: store.Source{Name: "hub", Config: []byte("{}")}})
	check(t, err)
	if again <= number {
		t.Fatalf("the number %d was given twice", number)
	}
}

func putRegistryImage(t *testing.T, s *db, source, locator string, n int) {
	t.Helper()
	img := image(n, locator)
	img.ManifestDigest = digest(5000 + n)
	check(t, s.Images().Put(ctx, img, store.Place{Source: source, Locator: locator}))
}

// registryFleet fills two registries: an image at two places, one repository
// with three tags, and an image that has nothing to do with registries.
func registryFleet(t *testing.T, s *db) {
	t.Helper()
	for name, kind := range map[string]string{"east": "harbor", "west": "quay"} {
		_, err := s.Registries().Add(ctx, store.Registry{Source: store.Source{Name: name, Config: []byte("{}")}, Kind: kind})
		check(t, err)
	}
	for _, p := range []struct {
		source, locator string
		n               int
	}{
		{"east", "e.example.com:5000/shop/web:1.0", 1}, {"east", "e.example.com:5000/shop/web:1.1", 2},
		{"east", "e.example.com:5000/shop/web:latest", 2},
		{"west", "w.example.com/shop/web:1.0", 1}, {"west", "w.example.com/base/tools/cc:12", 3},
		{"west", "w.example.com/solo:1", 4},
	} {
		putRegistryImage(t, s, p.source, p.locator, p.n)
	}
	check(t, s.Images().Put(ctx, image(5, "local:1"), store.Place{}))
}

func registryImages(t *testing.T, s *db) {
	registryFleet(t, s)
	list, total, err := s.RegistryImages().List(ctx, store.Page{Limit: 100, By: store.OrderBySize}, false, false)
	check(t, err)
	numbers := map[string]int64{}
	for _, img := range list {
		numbers[img.Address+":"+img.Tag] = img.Number
	}
	if total != 6 || len(numbers) != 6 {
		t.Fatalf("%d images: %v", total, numbers)
	}
	for _, tt := range []struct {
		filter landwaiter.Filter
		latest bool
		want   []int64
	}{
		{
			landwaiter.Filter{By: store.ByName, Values: []string{"shop/web"}, Exact: true}, true,
			[]int64{numbers["e.example.com:5000/shop/web:latest"], numbers["w.example.com/shop/web:1.0"]},
		},
		{
			landwaiter.Filter{By: store.ByName, Values: []string{"tools/cc"}, Exact: true}, false,
			[]int64{numbers["w.example.com/base/tools/cc:12"]},
		},
		{
			landwaiter.Filter{By: store.ByNamespace, Values: []string{"base"}, Exact: true}, false,
			[]int64{numbers["w.example.com/base/tools/cc:12"]},
		},
		{
			landwaiter.Filter{By: store.ByTag, Values: []string{"LATEST"}}, false,
			[]int64{numbers["e.example.com:5000/shop/web:latest"]},
		},
		{
			landwaiter.Filter{By: store.ByAddress, Values: []string{"w.example.com/solo"}, Exact: true}, false,
			[]int64{numbers["w.example.com/solo:1"]},
		},
		{
			landwaiter.Filter{By: store.ByKind, Values: []string{"quay"}}, true,
			[]int64{
				numbers["w.example.com/solo:1"], numbers["w.example.com/base/tools/cc:12"], numbers["w.example.com/shop/web:1.0"],
			},
		},
		{
			landwaiter.Filter{By: store.ByText, Values: []string{"Solo", digest(3)}}, false,
			[]int64{numbers["w.example.com/solo:1"], numbers["w.example.com/base/tools/cc:12"]},
		},
		{
			landwaiter.Filter{By: store.ByDigest, Values: []string{digest(5004)}, Exact: true}, false,
			[]int64{numbers["w.example.com/solo:1"]},
		},
		{
			landwaiter.Filter{By: store.ByLatest, Values: []string{store.No}}, false,
			[]int64{numbers["e.example.com:5000/shop/web:1.1"], numbers["e.example.com:5000/shop/web:1.0"]},
		},
		{
			landwaiter.Filter{By: store.ByNumber, Values: []string{fmt.Sprint(numbers["w.example.com/solo:1"])}}, false,
			[]int64{numbers["w.example.com/solo:1"]},
		},
		{landwaiter.Filter{By: store.ByRegistry, Values: []string{"nowhere"}}, false, nil},
		{landwaiter.Filter{By: store.BySeverity, Values: []string{"HIGH"}}, false, nil},
		{landwaiter.Filter{By: store.ByRunning, Values: []string{store.Yes}}, false, nil},
	} {
		t.Log(tt.filter)
		got, total, err := s.RegistryImages().List(ctx, store.Page{Limit: 100, Filters: []landwaiter.Filter{tt.filter}},
			tt.latest, false)
		check(t, err)
		var ids []int64
		for _, img := range got {
			ids = append(ids, img.Number)
		}
		same(t, ids, tt.want)
		same(t, total, len(tt.want))
	}
	names, total, err := s.RegistryImages().Namespaces(ctx, store.Page{Limit: 1})
	check(t, err)
	same(t, total, 2)
	same(t, names, []store.Namespace{{Name: "base", Repositories: 1, Images: 1}})
	names, _, err = s.RegistryImages().Namespaces(ctx, store.Page{
		Limit: 5, Filters: []landwaiter.Filter{{By: store.ByNamespace, Values: []string{"sho"}}},
	})
	check(t, err)
	same(t, names, []store.Namespace{{Name: "shop", Repositories: 2, Images: 4}})

	ref := store.RegistryRef{Registry: "east", Namespace: "shop", Repository: "web", Tag: "1.1"}
	img, err := s.RegistryImages().Find(ctx, ref)
	check(t, err)
	same(t, []any{img.ID, img.Digest, img.Kind, img.Address}, []any{
		digest(2), digest(5002), "harbor", "e.example.com:5000/shop/web",
	})
	ref.Digest = digest(1)
	_, err = s.RegistryImages().Find(ctx, ref)
	wantKind(t, err, landwaiter.NotFound)
}

// registryVanish: a number stays with its image when that vanishes, and is
// there again when it comes back; another image under the tag has another.
func registryVanish(t *testing.T, s *db) {
	registryFleet(t, s)
	const locator = "w.example.com/solo:1"
	old, err := s.RegistryImages().Of(ctx, digest(4))
	check(t, err)
	sync := func(n int) {
		t.Helper()
		s.advance(2 * time.Millisecond) // seen_at has a resolution of one
		claim, err := s.Sources().LeaseSync(ctx, "west")
		check(t, err)
		putRegistryImage(t, s, "west", locator, n)
		check(t, s.Sources().EndSync(ctx, claim, nil))
	}
	sync(6)
	gone, err := s.RegistryImages().Get(ctx, old.Number)
	check(t, err)
	list, total, err := s.RegistryImages().List(ctx,
		store.Page{Limit: 9, Filters: []landwaiter.Filter{{By: store.ByRegistry, Values: []string{"west"}}}}, false, false)
	check(t, err)
	if !gone.Gone || gone.ID != digest(4) || total != 1 || list[0].ID != digest(6) || list[0].Number == old.Number {
		t.Fatalf("after the tag moved: %+v, %+v", gone, list)
	}
	wantKind(t, s.RegistryImages().Check(ctx, store.RegistrySelection{Numbers: []int64{old.Number}}), landwaiter.NotFound)
	sync(4)
	back, err := s.RegistryImages().Get(ctx, old.Number)
	check(t, err)
	if back.Gone || back.ID != digest(4) {
		t.Fatalf("after it came back: %+v", back)
	}
}

func registrySelections(t *testing.T, s *db) {
	registryFleet(t, s)
	web, err := s.RegistryImages().Find(ctx, store.RegistryRef{
		Registry: "east", Namespace: "shop", Repository: "web", Tag: "1.0",
	})
	check(t, err)
	solo, err := s.RegistryImages().Of(ctx, digest(4))
	check(t, err)
	named := []landwaiter.Filter{{By: store.ByName, Values: []string{"web"}}}
	for name, tt := range map[string]struct {
		sel  store.RegistrySelection
		want int
	}{
		"all":     {store.RegistrySelection{}, 4},
		"numbers": {store.RegistrySelection{Numbers: []int64{web.Number, solo.Number}}, 2},
		"number and ref": {store.RegistrySelection{
			Numbers: []int64{web.Number}, Images: []store.RegistryRef{{Registry: "west", Repository: "solo", Tag: "1"}},
		}, 2},
		"filter":          {store.RegistrySelection{Filters: named}, 2},
		"numbers win":     {store.RegistrySelection{Numbers: []int64{solo.Number}, Filters: named}, 1},
		"latest":          {store.RegistrySelection{Latest: true}, 4}, // 2 in the east, 1, 3 and 4 in the west
		"latest there":    {store.RegistrySelection{Latest: true, Registries: []string{"east"}}, 1},
		"types":           {store.RegistrySelection{Types: []string{"quay"}}, 3},
		"namespaces":      {store.RegistrySelection{Namespaces: []string{"shop"}}, 2},
		"same place":      {store.RegistrySelection{Namespaces: []string{"shop"}, Types: []string{"quay"}}, 1},
		"exclude":         {store.RegistrySelection{Namespaces: []string{"base"}, Exclude: []int64{solo.Number}}, 1},
		"excluded by one": {store.RegistrySelection{Exclude: []int64{solo.Number, web.Number}}, 3}, // web is elsewhere, too
	} {
		sel := tt.sel.Selection()
		sel.Kinds = landwaiter.ScanAll
		p, err := s.Tasks().Plan(ctx, sel, analysers)
		check(t, err)
		if p.Images != tt.want {
			t.Errorf("%s: %d images, want %d", name, p.Images, tt.want)
		}
		got, ok := store.RegistrySelectionOf(sel)
		same(t, ok, true)
		same(t, got, tt.sel)
	}
	// Long lists are no problem for either engine.
	_, err = s.Tasks().Plan(ctx, store.RegistrySelection{Numbers: make([]int64, 5000),
		Images: make([]store.RegistryRef, 5000)}.Selection(), analysers)
	check(t, err)
	check(t, s.RegistryImages().Check(ctx, store.RegistrySelection{
		Numbers: []int64{web.Number}, Images: []store.RegistryRef{{Registry: "west", Repository: "solo", Tag: "1"}},
	}))
	wantKind(t, s.RegistryImages().Check(ctx, store.RegistrySelection{Numbers: []int64{web.Number, 99}}),
		landwaiter.NotFound)
	solos := store.RegistryRef{Registry: "west", Repository: "solo", Tag: "1", Digest: digest(5004)}
	check(t, s.RegistryImages().Check(ctx, store.RegistrySelection{Images: []store.RegistryRef{solos}}))
	solos.Digest = digest(5001)
	wantKind(t, s.RegistryImages().Check(ctx, store.RegistrySelection{Images: []store.RegistryRef{solos}}),
		landwaiter.NotFound)
	wantKind(t, s.RegistryImages().Check(ctx, store.RegistrySelection{Images: []store.RegistryRef{{Registry: "west",
		Repository: "solo", Tag: "2"}}}), landwaiter.NotFound)
}

func registryTasks(t *testing.T, s *db) {
	registryFleet(t, s)
	create := func(oneClick bool, sel store.RegistrySelection) (string, int64, error) {
		t.Helper()
		check(t, s.RegistryImages().AssignNumbers(ctx))
		task, err := createTask(s, sel.Selection())
		check(t, err)
		number, err := s.RegistryTasks().Number(ctx, task.ID, oneClick)
		return task.ID, number, err
	}
	_, err := s.RegistryTasks().Last(ctx, false)
	wantKind(t, err, landwaiter.NotFound)
	first, number, err := create(true, store.RegistrySelection{Namespaces: []string{"shop"}})
	check(t, err)
	id, err := s.RegistryTasks().Get(ctx, number)
	check(t, err)
	same(t, id, first)
	_, err = s.RegistryTasks().Get(ctx, number+9)
	wantKind(t, err, landwaiter.NotFound)
	wantKind(t, s.RegistryTasks().CheckOneClick(ctx), landwaiter.Conflict)
	second, _, err := create(true, store.RegistrySelection{Namespaces: []string{"base"}})
	wantKind(t, err, landwaiter.Conflict)
	inTask(t, s, func(tx store.TaskTx) error { return tx.StopTask(ctx, second) })
	third, _, err := create(false, store.RegistrySelection{Registries: []string{"west"}})
	check(t, err)
	for oneClick, want := range map[bool]string{false: third, true: first} {
		last, err := s.RegistryTasks().Last(ctx, oneClick)
		check(t, err)
		same(t, last, want)
	}
	list, err := s.RegistryTasks().Images(ctx, first, store.RegistrySelection{}, 9)
	check(t, err)
	same(t, len(list), 4) // two images at two places each
	same(t, list[0].State, landwaiter.ScanWait)
	check(t, s.RegistryTasks().Stop(ctx, true))
	same(t, progressOf(t, s, first).Stopped, true)
	inTask(t, s, func(tx store.TaskTx) error {
		_, err := tx.EndWaiting(ctx, first, landwaiter.ScanCanceled, "stopped")
		check(t, err)
		return tx.EndTask(ctx, first, landwaiter.TaskCancel)
	})
	check(t, s.RegistryTasks().CheckOneClick(ctx))
	list, err = s.RegistryTasks().Images(ctx, first, store.RegistrySelection{Registries: []string{"west"}}, 9)
	check(t, err)
	same(t, []any{len(list), list[0].State}, []any{1, landwaiter.ScanCanceled})
}

func registryFirstScan(t *testing.T, s *db) {
	number, err := s.Registries().Add(ctx, store.Registry{
		Source: store.Source{Name: "hub", Config: []byte("{}")}, First: store.FirstAll,
	})
	check(t, err)
	due, err := s.Registries().AwaitingFirstScan(ctx)
	check(t, err)
	same(t, len(due), 0) // not read yet
	claim, err := s.Sources().LeaseSync(ctx, "hub")
	check(t, err)
	check(t, s.Sources().EndSync(ctx, claim, nil))
	due, err = s.Registries().AwaitingFirstScan(ctx)
	check(t, err)
	if len(due) != 1 || due[0].Number != number {
		t.Fatalf("%+v", due)
	}
	check(t, s.Registries().EndFirstScan(ctx, number))
	due, err = s.Registries().AwaitingFirstScan(ctx)
	check(t, err)
	same(t, len(due), 0)
}

func registrySchedule(t *testing.T, s *db) {
	empty, err := s.Schedules().Get(ctx, store.RegistrySchedule)
	check(t, err)
	same(t, empty, landwaiter.Schedule{})
	want := landwaiter.Schedule{
		Enabled: true, Period: 2, Scan: store.RegistrySelection{Latest: true, Namespaces: []string{"shop"}}.Selection(),
	}
	check(t, s.Schedules().Set(ctx, store.RegistrySchedule, want))
	got, err := s.Schedules().Get(ctx, store.RegistrySchedule)
	check(t, err)
	same(t, got, want)
	local, err := s.Schedules().Get(ctx, store.LocalSchedule)
	check(t, err)
	same(t, local, landwaiter.Schedule{}) // another one
}
