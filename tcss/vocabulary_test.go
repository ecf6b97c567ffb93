package tcss

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

// TestVocabularies asks each list by every filter, value and order that its
// vocabulary has: the store must know what they are translated to.
func TestVocabularies(t *testing.T) {
	s := newSelectionFleet(t).Service
	if err := s.Store.Authorizations().Set(t.Context(), landwaiter.Selection{Images: []string{imageID("d")}},
		true); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	tasks, _, err := s.Store.Authorizations().Tasks(t.Context(), now, now, store.Page{Limit: 1})
	if err != nil || len(tasks) != 1 {
		t.Fatalf("%+v, %v", tasks, err)
	}
	for name, l := range map[string]struct {
		words vocabulary
		fetch func(context.Context, store.Page) (any, int, error)
	}{
		"images":          {imageWords, untyped(s.Store.Images().List)},
		"bind rules":      {bindRuleWords, untyped(s.Store.Images().List)},
		"vulnerabilities": {vulnWords, untyped(of(imageID("e"), s.Store.Findings().Vulnerabilities))},
		"malware":         {malwareWords, untyped(of(imageID("e"), s.Store.Findings().Malware))},
		"risks":           {riskWords, untyped(of(imageID("e"), s.Store.Findings().Risks))},
		"components":      {componentWords, untyped(of(imageID("e"), s.Store.Findings().Components))},
		"hosts":           {hostWords, untyped(s.Store.Runtimes().Hosts)},
		"containers":      {containerWords, untyped(s.Store.Runtimes().Containers)},
		"clusters":        {clusterWords, untyped(s.Store.Runtimes().Clusters)},
		"registries":      {registryWords, untyped(s.Store.Registries().List)},
		"namespaces":      {namespaceWords, untyped(s.Store.RegistryImages().Namespaces)},
		"image hosts": {imageHostWords, func(ctx context.Context, p store.Page) (any, int, error) {
			list, err := s.Store.Runtimes().ImageHosts(ctx, p.Filters)
			return list, len(list), err
		}},
		"registry images": {registryImageWords, func(ctx context.Context, p store.Page) (any, int, error) {
			return s.Store.RegistryImages().List(ctx, p, true, false)
		}},
		"authorization tasks": {authorizeTaskWords, func(ctx context.Context, p store.Page) (any, int, error) {
			return s.Store.Authorizations().Tasks(ctx, now, now, p)
		}},
		"authorizations": {authorizationWords, func(ctx context.Context, p store.Page) (any, int, error) {
			return s.Store.Authorizations().Log(ctx, tasks[0].Number, p)
		}},
	} {
		ask := func(q query) error {
			p, err := q.page(l.words)
			if err == nil {
				_, _, err = l.fetch(t.Context(), p)
			}
			return err
		}
		for by := range l.words.orders {
			for _, order := range []string{"asc", "desc"} {
				if err := ask(query{by: by, order: order}); err != nil {
					t.Errorf("%s by %s: %v", name, by, err)
				}
			}
		}
		if err := ask(query{by: "ColumnOfTheConsole"}); err != nil {
			t.Errorf("%s by a column that it does not have: %v", name, err)
		}
		wantUnknown(t, name, ask(query{filters: oneFilter("1=1", "x")}), "1=1", l.words.names())
		for filter, means := range l.words.filters {
			for _, v := range goodValues(means) {
				for _, exact := range []bool{false, true} {
					if err := ask(query{filters: []AssetFilters{{Name: filter, Values: []string{v, v},
						ExactMatch: exact}}}); err != nil {
						t.Errorf("%s, filter %s %q: %v", name, filter, v, err)
					}
				}
			}
			if err := ask(query{filters: []AssetFilters{{Name: filter}}}); err != nil {
				t.Errorf("%s, filter %s without values: %v", name, filter, err)
			}
			if means.words != nil || means.check != nil {
				wantUnknown(t, name, ask(query{filters: oneFilter(filter, "no such value")}), filter, means.allowed())
			}
		}
	}
}

func untyped[Row any](
	list func(context.Context, store.Page) ([]Row, int, error),
) func(context.Context, store.Page) (any, int, error) {
	return func(ctx context.Context, p store.Page) (any, int, error) { return list(ctx, p) }
}

// wantUnknown checks a refusal: it must name what was sent and what is allowed.
func wantUnknown(t *testing.T, list string, err error, words ...string) {
	t.Helper()
	if codeOf(err) != cloudapi.InvalidParameter {
		t.Errorf("%s: %v, want %s", list, err, cloudapi.InvalidParameter)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v does not say %q", list, err, w)
		}
	}
}

// goodValues are values that a filter takes: all that are documented.
func goodValues(f wireFilter) []string {
	out := []string{"1"}
	if f.words != nil {
		out = nil
	}
	for _, w := range f.words {
		out = append(out, w.wire, strings.ToUpper(w.wire), strings.ToLower(w.wire))
	}
	if f.all != "" {
		out = append(out, f.all)
	}
	return out
}

func TestTranslate(t *testing.T) {
	type filter = landwaiter.Filter
	for _, c := range []struct {
		words vocabulary
		in    AssetFilters
		want  []filter
	}{
		{
			imageWords, AssetFilters{Name: "ImageName", Values: []string{"a*", "**"}, ExactMatch: true},
			[]filter{{By: store.ByName, Values: []string{"a*", "**"}, Exact: true}},
		},
		{
			imageWords, AssetFilters{Name: "ScanStatus", Values: []string{"SCANERR", "notscan"}},
			[]filter{{By: store.ByScanState, Values: []string{store.StateFailed, store.StateNotScanned}}},
		},
		{imageWords, AssetFilters{Name: "ScanStatus"}, []filter{{By: store.ByScanState}}},
		{
			vulnWords, AssetFilters{Name: "Level", Values: []string{"4", "HIGH", "Moderate"}},
			[]filter{{By: store.BySeverity, Values: []string{"critical", "high", "medium"}}},
		},
		{
			registryImageWords, AssetFilters{Name: "IsAuthorized", Values: []string{"0", "ALL"}},
			[]filter{{By: store.ByAuthorized}},
		},
		{hostWords, AssetFilters{Name: "Status", Values: []string{"OFFLINE", "all"}}, []filter{{By: store.ByState}}},
		{bindRuleWords, AssetFilters{Name: "EventType", Values: []string{"FILE_ABNORMAL_READ"}}, nil},
		{
			hostWords, AssetFilters{Name: "Status", Values: []string{"UNINSTALL"}},
			[]filter{{By: store.ByNothing, Values: []string{"Status"}}},
		},
		{
			clusterWords, AssetFilters{Name: "Status", Values: []string{"CSR_DEL", "CSR_EXCEPTION"}},
			[]filter{{By: store.ByState, Values: []string{store.ClusterFailed}}},
		},
		{componentWords, AssetFilters{Name: "ComponentName", Values: []string{"ALL"}}, []filter{{By: store.ByName}}},
		{
			componentWords, AssetFilters{Name: "ComponentName", Values: []string{"all"}},
			[]filter{{By: store.ByName, Values: []string{"all"}}},
		},
	} {
		got, err := c.words.translate([]AssetFilters{c.in})
		if err != nil {
			t.Errorf("%+v: %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: -want +got:\n%s", c.in, diff)
		}
	}
}

func vocabularies() []vocabulary {
	return []vocabulary{
		imageWords, bindRuleWords, vulnWords, malwareWords, riskWords, componentWords, hostWords, containerWords,
		imageHostWords, clusterWords, authorizeTaskWords, authorizationWords, registryWords, namespaceWords,
		registryImageWords,
	}
}

// TestStoreHasNoWireNames looks for the names of filters and orders in the
// store's source: this package alone knows them.
func TestStoreHasNoWireNames(t *testing.T) {
	names := map[string]bool{}
	for _, v := range vocabularies() {
		for name := range v.filters {
			names[name] = true
		}
		for name := range v.orders {
			names[name] = true
		}
	}
	if len(names) < 40 {
		t.Fatalf("only %d names", len(names))
	}
	files, err := filepath.Glob("../store/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue // one has the names that an older version stored
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, lit := range regexp.MustCompile(`"(\w+)"`).FindAllSubmatch(src, -1) {
			if names[string(lit[1])] {
				t.Errorf("%s: %s is a name of the API", file, lit[0])
			}
		}
	}
}
