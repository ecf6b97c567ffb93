// Package storetest is the conformance suite of the store: the same tests for
// each database engine.
package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// Run runs the suite. Open returns an empty store that keeps the given time,
// closed by the test's end.
func Run(t *testing.T, open func(t *testing.T, clock func() time.Time) *store.DB) {
	for name, test := range map[string]func(*testing.T, *db){
		"Keys":             keys,
		"Sources":          sources,
		"Sync":             syncs,
		"Base":             bases,
		"Images":           images,
		"Filters":          imageFilters,
		"Layers":           layers,
		"Maskings":         maskings,
		"Advisories":       advisories,
		"Reports":          reports,
		"Judge":            judges,
		"Unjudged":         unjudged,
		"UnjudgedFamilies": unjudgedFamilies,
		"Fallbacks":        fallbacks,
		"OtherNames":       otherNames,
		"KnownNames":       knownNames,
		"Tasks":            tasks,
		"ScanRows":         scanRows,
		"Outbox":           outbox,
		"Foreign":          foreignText,
		"Runtime":          runtimes,
		"Plan":             plans,

		"Suppressions":       suppressions,
		"SuppressionLife":    suppressionLife,
		"VerdictChanges":     verdictChanges,
		"Evidence":           evidence,
		"AutoRules":          autoRules,
		"AutoRuleHosts":      autoRuleHosts,
		"AutoRuleRaces":      autoRuleRaces,
		"Tendencies":         tendencies,
		"ClusterLists":       clusterLists,
		"Registries":         registries,
		"RegistryImages":     registryImages,
		"RegistryVanish":     registryVanish,
		"RegistrySelections": registrySelections,
		"RegistryTasks":      registryTasks,
		"RegistryFirstScan":  registryFirstScan,
		"RegistrySchedule":   registrySchedule,
	} {
		t.Run(name, func(t *testing.T) {
			s := &db{}
			s.DB = open(t, s.now)
			test(t, s)
		})
	}
}

// db is a store whose time a test can move on. In between, it runs as usual.
type db struct {
	*store.DB
	ahead atomic.Int64 // nanoseconds
}

func (s *db) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// advance lets time pass.
func (s *db) advance(d time.Duration) { s.ahead.Add(int64(d)) }

var ctx = context.Background()

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, kind landwaiter.ErrorKind) {
	t.Helper()
	if landwaiter.KindOf(err) != kind {
		t.Fatalf("got error %v (kind %q), want kind %q", err, landwaiter.KindOf(err), kind)
	}
}

func same(t *testing.T, got, want any, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, append(opts, cmpopts.EquateEmpty())...); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// digest returns a digest that is easy to tell from others.
func digest(n int) string { return fmt.Sprintf("sha256:%064x", n) }

func image(n int, names ...string) landwaiter.Image {
	return landwaiter.Image{
		ID: digest(n), Names: names, Created: time.UnixMilli(int64(n) * 1000).UTC(), Size: int64(n), OS: "linux",
		Architecture: "amd64", Config: landwaiter.ImageConfig{User: "app", Env: []string{"A=b"}},
		Layers: []landwaiter.LayerRef{
			{DiffID: digest(1000), Digest: digest(1001), Size: 10},
			{DiffID: digest(1000 + n), Digest: digest(2000 + n), Size: 20},
		},
	}
}

func keys(t *testing.T, s *db) {
	_, err := s.Keys().Create(ctx, "owner")
	wantKind(t, err, landwaiter.Invalid)
	k, err := s.Keys().Create(ctx, store.RoleReader)
	check(t, err)
	got, err := s.Keys().Get(ctx, k.ID)
	check(t, err)
	same(t, []string{got.ID, got.Secret, got.Role}, []string{k.ID, k.Secret, store.RoleReader})
	list, err := s.Keys().List(ctx)
	check(t, err)
	if len(list) != 1 || list[0].Secret != "" {
		t.Fatalf("the list is %+v, want one key without its secret", list)
	}
	var raw []byte
	check(t, s.SQL().QueryRow("SELECT secret FROM api_key").Scan(&raw))
	if strings.Contains(string(raw), k.Secret) {
		t.Fatal("the secret is stored in clear text")
	}
	temporary, err := s.Keys().CreateTemporary(ctx, store.RoleAdmin, time.Hour)
	check(t, err)
	got, err = s.Keys().Get(ctx, temporary.ID)
	check(t, err)
	if !got.Temporary() || !got.CheckToken(temporary.Token) || got.CheckToken("") || got.CheckToken("other") ||
		k.CheckToken("x") || !k.CheckToken("") {
		t.Fatal("tokens and keys are mixed up")
	}
	temporary, err = s.Keys().CreateTemporary(ctx, store.RoleAdmin, time.Millisecond)
	check(t, err)
	s.advance(3 * time.Millisecond)
	_, err = s.Keys().Get(ctx, temporary.ID)
	wantKind(t, err, landwaiter.NotFound) // expired
	check(t, s.Keys().Revoke(ctx, k.ID))
	_, err = s.Keys().Get(ctx, k.ID)
	wantKind(t, err, landwaiter.NotFound)
	wantKind(t, s.Keys().Revoke(ctx, k.ID), landwaiter.NotFound)
}

func sources(t *testing.T, s *db) {
	src := store.Source{Name: "hub", Type: "registry", Config: []byte(`{"password":"hunter2"}`)}
	check(t, s.Sources().Add(ctx, src))
	wantKind(t, s.Sources().Add(ctx, src), landwaiter.Conflict)
	got, err := s.Sources().Get(ctx, "hub")
	check(t, err)
	same(t, string(got.Config), string(src.Config))
	check(t, s.Images().Put(ctx, image(1, "a:1"), store.Place{Source: "hub", Locator: "a:1"}))
	check(t, s.Images().Put(ctx, image(2, "a:2"), store.Place{Source: "hub", Locator: "a:2"}))
	s.advance(2 * time.Millisecond) // seen_at has a resolution of one
	claim, err := s.Sources().LeaseSync(ctx, "hub")
	check(t, err)
	check(t, s.Images().Put(ctx, image(2, "a:2"), store.Place{Source: "hub", Locator: "a:2"}))
	check(t, s.Sources().EndSync(ctx, claim, nil))
	list, err := s.Sources().List(ctx)
	check(t, err)
	if len(list) != 1 || list[0].Images != 1 || list[0].Synced.IsZero() {
		t.Fatalf("after a sync that saw one image: %+v", list)
	}
	places, err := s.Images().Places(ctx, digest(1))
	check(t, err)
	same(t, len(places), 0) // vanished, but the image stays
	_, err = s.Images().Get(ctx, digest(1))
	check(t, err)
	// A tag moves: the image that had it keeps its other names.
	s.advance(2 * time.Millisecond)
	claim, err = s.Sources().LeaseSync(ctx, "hub")
	check(t, err)
	check(t, s.Images().Put(ctx, image(3, "a:2"), store.Place{Source: "hub", Locator: "a:2"}))
	check(t, s.Sources().EndSync(ctx, claim, nil))
	for n, want := range map[int][]string{1: {"a:1"}, 2: nil, 3: {"a:2"}} {
		img, err := s.Images().Get(ctx, digest(n))
		check(t, err)
		same(t, img.Names, want)
	}
	check(t, s.Sources().Remove(ctx, "hub"))
	wantKind(t, s.Sources().Remove(ctx, "hub"), landwaiter.NotFound)
	_, err = s.Images().Get(ctx, digest(2))
	check(t, err)
}

func images(t *testing.T, s *db) {
	_, err := s.Images().Get(ctx, digest(7))
	wantKind(t, err, landwaiter.NotFound)
	img := image(7, "shop/web:1", "shop/web:latest")
	img.RepoDigests = []string{"shop/web@" + digest(99)}
	img.ManifestDigest = digest(99)
	check(t, s.Images().Put(ctx, img, store.Place{}))
	plain := image(7) // the same image from a place that knows less
	check(t, s.Images().Put(ctx, plain, store.Place{}))
	got, err := s.Images().Get(ctx, img.ID)
	check(t, err)
	same(t, got, img)
	for _, text := range []string{img.ID, "shop/web:1", "shop/web", img.ID[:20], img.ID[7:17]} {
		ids, err := s.Images().Find(ctx, text)
		check(t, err)
		same(t, ids, []string{img.ID})
	}
	ids, err := s.Images().Find(ctx, "shop")
	check(t, err)
	same(t, len(ids), 0)
}

func imageFilters(t *testing.T, s *db) {
	for n, name := range []string{"shop/web:1", "shop/api:1", "100%_sure:1"} {
		check(t, s.Images().Put(ctx, image(n+1, name), store.Place{}))
	}
	for _, tt := range []struct {
		filter landwaiter.Filter
		want   []int
	}{
		{landwaiter.Filter{By: store.ByName, Values: []string{"SHOP"}}, []int{2, 1}},
		{landwaiter.Filter{By: store.ByName, Values: []string{"shop/web"}, Exact: true}, nil},
		{landwaiter.Filter{By: store.ByName, Values: []string{"shop/web:1"}, Exact: true}, []int{1}},
		{landwaiter.Filter{By: store.ByName, Values: []string{"web", "api"}}, []int{2, 1}},
		{landwaiter.Filter{By: store.ByName, Values: []string{"0%_s"}}, []int{3}},
		{landwaiter.Filter{By: store.ByName, Values: []string{"%"}}, []int{3}},
		{landwaiter.Filter{By: store.ByName}, []int{3, 2, 1}},
		{landwaiter.Filter{By: store.ByID, Values: []string{digest(2)}, Exact: true}, []int{2}},
		{landwaiter.Filter{By: store.ByText, Values: []string{"sure"}}, []int{3}},
		{landwaiter.Filter{By: store.ByScanState, Values: []string{store.StateNotScanned}}, []int{3, 2, 1}},
		{
			landwaiter.Filter{By: store.ByScanState, Values: []string{store.StateScanned, store.StateFailed,
				store.StateScanning}}, nil,
		},
		{
			landwaiter.Filter{By: store.BySecurity, Values: []string{store.HasVulnerability, store.HasMalware, store.HasRisk,
				store.IsTrusted}}, nil,
		},
		{landwaiter.Filter{By: store.ByAuthorized, Values: []string{store.Yes}}, []int{3, 2, 1}},
		{landwaiter.Filter{By: store.ByAuthorized, Values: []string{store.No}}, nil},
		{landwaiter.Filter{By: store.ByName, Values: []string{"' OR 1=1 --"}}, nil},
	} {
		list, total, err := s.Images().List(ctx, store.Page{Filters: []landwaiter.Filter{tt.filter}, Limit: 10})
		check(t, err)
		var got, want []string
		for _, img := range list {
			got = append(got, img.ID)
		}
		for _, n := range tt.want {
			want = append(want, digest(n))
		}
		t.Log(tt.filter)
		same(t, got, want)
		same(t, total, len(want))
	}
	for _, f := range []landwaiter.Filter{
		{By: "1=1"}, {By: store.ByScanState, Values: []string{"x"}}, {By: store.BySecurity, Values: []string{"x"}},
		{By: store.ByTag, Values: []string{"x"}}, // of another list
	} {
		_, _, err := s.Images().List(ctx, store.Page{Filters: []landwaiter.Filter{f}, Limit: 10})
		wantKind(t, err, landwaiter.Invalid)
	}
	for _, by := range []store.OrderBy{"i.id", store.OrderByCVSS} {
		_, _, err := s.Images().List(ctx, store.Page{By: by, Limit: 10})
		wantKind(t, err, landwaiter.Invalid)
	}
	list, total, err := s.Images().List(ctx, store.Page{By: store.OrderByCreated, Limit: 1, Offset: 1})
	check(t, err)
	if total != 3 || len(list) != 1 || list[0].ID != digest(2) {
		t.Fatalf("second by creation: %+v of %d", list, total)
	}
}

func foreignText(t *testing.T, s *db) {
	img := image(1, "bad\x00name\xff:1")
	img.Author = "a\x00b'; DROP TABLE image; --"
	img.Config.Env = []string{"X=\x00\xfe"}
	check(t, s.Images().Put(ctx, img, store.Place{}))
	got, err := s.Images().Get(ctx, img.ID)
	check(t, err)
	same(t, got.Names, []string{"bad\uFFFDname\uFFFD:1"})
	same(t, got.Author, "a\uFFFDb'; DROP TABLE image; --")
}
