package tcss

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

// refresh calls the actions of a fleet with a source for each host and one of
// a cluster ("k8s").
type refresh struct {
	selectionFleet
	t *testing.T
}

func newRefresh(t *testing.T) refresh {
	r := refresh{newSelectionFleet(t), t}
	if err := r.Store.Sources().Add(t.Context(), store.Source{Name: "node", Type: "docker",
		Config: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := r.Store.Runtimes().Put(t.Context(), "node",
		store.Runtime{Hosts: []store.Host{{ID: "h1", Name: "node-1"}}}); err != nil {
		t.Fatal(err)
	}
	return r
}

// sync does what the server does with a source, up to its end.
func (r refresh) sync(source string, fail error) {
	r.t.Helper()
	claim, err := r.Store.Sources().LeaseSync(r.t.Context(), source)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.Store.Sources().EndSync(r.t.Context(), claim, fail); err != nil {
		r.t.Fatal(err)
	}
}

func (r refresh) wantLast(want DescribeAssetSyncLastTimeResponse) {
	r.t.Helper()
	got, err := r.describeSyncLastTime(r.t.Context(), &DescribeAssetSyncLastTimeRequest{})
	if err != nil {
		r.t.Fatal(err)
	}
	if (got.AssetSyncLastTime == "") != (want.AssetSyncLastTime == "") {
		r.t.Errorf("last time: %q", got.AssetSyncLastTime)
	}
	got.AssetSyncLastTime = want.AssetSyncLastTime
	if diff := cmp.Diff(&want, got); diff != "" {
		r.t.Errorf("-want +got:\n%s", diff)
	}
}

func (r refresh) wantTask(id uint64, want string) {
	r.t.Helper()
	got, err := r.describeRefreshTask(r.t.Context(), &DescribeRefreshTaskRequest{TaskId: id})
	if err != nil || got.TaskStatus != want {
		r.t.Errorf("task %d: %+v, %v; want %s", id, got, err, want)
	}
}

func TestModifyAsset(t *testing.T) {
	r := newRefresh(t)
	for _, tt := range []struct {
		req  ModifyAssetRequest
		code string
	}{
		{ModifyAssetRequest{}, cloudapi.InvalidParameter},
		{ModifyAssetRequest{All: true, TimeoutSec: 60}, cloudapi.InvalidParameter},
		{ModifyAssetRequest{Hosts: []string{"h9"}}, cloudapi.ResourceNotFound},
		{ModifyAssetRequest{AllSuperHost: true}, cloudapi.ResourceNotFound},
		{ModifyAssetRequest{All: true, NodeUniqueIds: []string{"n"}}, cloudapi.ResourceNotFound},
	} {
		if _, err := r.modifyAsset(t.Context(), &tt.req); codeOf(err) != tt.code {
			t.Errorf("%+v: %v, want %s", tt.req, err, tt.code)
		}
	}
	r.wantLast(DescribeAssetSyncLastTimeResponse{TaskStatus: "PROCESSED", TaskProcess: 100})

	all, err := r.modifyAsset(t.Context(), &ModifyAssetRequest{All: true, AllSuperHost: true, TimeoutSec: 3600})
	if err != nil || all.Status != "SUCCESS" || all.TaskId == 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	r.wantLast(DescribeAssetSyncLastTimeResponse{TaskStatus: "PENDING", TaskId: all.TaskId})
	r.sync("k8s", nil)
	r.wantLast(DescribeAssetSyncLastTimeResponse{
		AssetSyncLastTime: "now", TaskStatus: "PROCESSING", TaskProcess: 50, TaskId: all.TaskId,
	})
	r.sync("node", cloudapi.Errorf(cloudapi.InternalError, "down"))
	r.wantLast(DescribeAssetSyncLastTimeResponse{
		AssetSyncLastTime: "now", TaskStatus: "PROCESSED", TaskProcess: 100, FailedHostCount: 1, TaskId: all.TaskId,
	})

	one, err := r.modifyAsset(t.Context(), &ModifyAssetRequest{Hosts: []string{"h1"}})
	if err != nil {
		t.Fatal(err)
	}
	if task, err := r.Store.Sources().SyncTask(t.Context(), int64(one.TaskId)); err != nil || task.Sources != 1 {
		t.Fatalf("of one host: %+v, %v", task, err)
	}
	r.sync("node", nil)
	r.wantLast(DescribeAssetSyncLastTimeResponse{
		AssetSyncLastTime: "now", TaskStatus: "PROCESSED", TaskProcess: 100, TaskId: one.TaskId,
	})
	if _, err := r.Store.Sources().LeaseSync(t.Context(), "node"); err != nil { // on its period
		t.Fatal(err)
	}
	r.wantLast(DescribeAssetSyncLastTimeResponse{
		AssetSyncLastTime: "now", TaskStatus: "PROCESSING", TaskProcess: 50, TaskId: one.TaskId,
	})
}

func TestRefreshTask(t *testing.T) {
	r := newRefresh(t)
	if _, err := r.createRefreshTask(t.Context(), &CreateRefreshTaskRequest{ClusterIDs: []string{"cls-1",
		"cls-9"}}); codeOf(err) != cloudapi.InvalidParameter {
		t.Errorf("unknown cluster: %v", err)
	}
	r.wantTask(0, "Task_NoExist")
	r.wantTask(1<<63, "Task_NoExist")
	r.wantTask(7, "Task_NoExist")
	clusters, err := r.createRefreshTask(t.Context(), &CreateRefreshTaskRequest{ClusterIDs: []string{"cls-1", "cls-2"}})
	if err != nil || clusters.CreateResult != "Succ" || clusters.NewTaskID == "" {
		t.Fatalf("%+v, %v", clusters, err)
	}
	r.wantTask(clusters.TaskId, "Task_New")
	r.sync("k8s", nil)
	r.wantTask(clusters.TaskId, "Task_Finish")
	all, err := r.createRefreshTask(t.Context(), &CreateRefreshTaskRequest{})
	if err != nil || all.TaskId == clusters.TaskId {
		t.Fatalf("%+v, %v", all, err)
	}
	r.sync("k8s", cloudapi.Errorf(cloudapi.InternalError, "down"))
	r.wantTask(all.TaskId, "Task_Running")
	r.sync("node", nil)
	r.wantTask(all.TaskId, "Task_Error")
}
