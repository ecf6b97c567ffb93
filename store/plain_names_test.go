package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// oldRule and oldSchedule are as version 11 stored them: with the names of the
// API, in filters and in texts that look like filters.
const (
	oldRule = `{"Enabled":true,"All":false,"Hosts":null,"Filters":[` +
		`{"Name":"HostName","Values":["node-","{\"Name\":\"HostID\","],"Exact":false},` +
		`{"Name":"HostID","Values":["h1","h3"],"Exact":true},` +
		`{"Name":"DockerVersion","Values":["docker"],"Exact":false},` +
		`{"Name":"Status","Values":["ALL","UNINSTALL"],"Exact":false}],` +
		`"Exclude":["h3"],"MaxDaily":5,"AutoScan":true,"Kinds":7}`
	oldSchedule = `{"Enabled":true,"Start":90,"End":240,"Period":3,"Scan":{"All":false,"Images":null,"Filters":[` +
		`{"Name":"RegistryImages","Values":["{\"Namespaces\":[\"shop\"],\"Latest\":true}"],"Exact":false}],` +
		`"Exclude":null,"Kinds":1}}`
)

// TestStoredNames opens a store that has selections in the names of version 11:
// they mean the same as before.
func TestStoredNames(t *testing.T) {
	engines(t, func(t *testing.T, newStore func(t *testing.T) store.Options) {
		opts := newStore(t)
		migrateTo(t, opts, 11)
		_, err := rawDB(t, opts).Exec("INSERT INTO setting (name, value) VALUES " +
			"('auto_rule', '" + oldRule + "'), ('registry_schedule', '" + oldSchedule + "')")
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, opts)
		for _, src := range []string{"a", "b", "c"} {
			if err := s.Sources().Add(t.Context(), store.Source{Name: src, Type: "docker", Config: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
		}
		for src, h := range map[string]store.Host{
			"a": {ID: "h1", Name: "node-1", ContainerEngine: "docker 28"},
			"b": {ID: "h2", Name: "node-2", ContainerEngine: "docker 28"},
			"c": {ID: "h3", Name: "node-3", ContainerEngine: "docker 28"},
		} {
			if err := s.Runtimes().Put(t.Context(), src, store.Runtime{Hosts: []store.Host{h}}); err != nil {
				t.Fatal(err)
			}
		}
		rule, err := s.Authorizations().Rule(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []landwaiter.Filter{
			{By: store.ByName, Values: []string{"node-", `{"Name":"HostID",`}},
			{By: store.ByID, Values: []string{"h1", "h3"}, Exact: true},
			{By: store.ByEngine, Values: []string{"docker"}},
			{By: store.ByState, Values: []string{"ALL", "UNINSTALL"}},
		}
		if diff := cmp.Diff(want, rule.Filters); diff != "" {
			t.Errorf("the rule: -want +got:\n%s", diff)
		}
		if n, err := s.Authorizations().RuleHosts(t.Context(), rule); err != nil || n != 1 {
			t.Errorf("the rule chooses %d hosts, %v, want h1", n, err)
		}
		sch, err := s.Schedules().Get(t.Context(), store.RegistrySchedule)
		if err != nil {
			t.Fatal(err)
		}
		r, ok := store.RegistrySelectionOf(sch.Scan)
		if diff := cmp.Diff(store.RegistrySelection{Namespaces: []string{"shop"}, Latest: true}, r); diff != "" || !ok {
			t.Errorf("the schedule (%t): -want +got:\n%s", ok, diff)
		}
		err = s.Tasks().Update(t.Context(), func(tx store.TaskTx) error {
			_, err := tx.Create(t.Context(), sch.Scan)
			return err
		})
		if landwaiter.KindOf(err) != landwaiter.NotFound { // there are no images, but the filter is understood
			t.Errorf("a task by the schedule: %v", err)
		}
	})
}
