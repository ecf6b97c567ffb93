package tcss

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

// letters are the images of the registry task with a number; the task is
// deleted.
func (f *registryFleet) letters(task uint64) string {
	f.t.Helper()
	id, err := f.Store.RegistryTasks().Get(f.t.Context(), int64(task))
	if err != nil {
		f.t.Fatal(err)
	}
	scans, err := f.Store.Tasks().ImageScans(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, sc := range scans {
		for _, letter := range strings.Split("abcdef", "") {
			if sc.ImageID == imageID(letter) {
				out = append(out, letter)
			}
		}
	}
	if _, err := f.Store.SQL().Exec("DELETE FROM task WHERE id = ?", id); err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestRegistryTaskSelections(t *testing.T) {
	f := newRegistryFleet(t)
	web1, web2, solo := f.ids["hub/shop/web:1"], f.ids["hub/shop/web:2"], f.ids["hub/solo:1"]
	named := []ImageInfo{{InstanceName: "hub", Namespace: "shop", ImageName: "web", ImageTag: "2"}}
	byType := []AssetFilters{{Name: "RegistryType", Values: []string{"quay"}}}
	for name, tt := range map[string]struct {
		req  CreateAssetImageRegistryScanTaskRequest
		want string
	}{
		"all":            {CreateAssetImageRegistryScanTaskRequest{All: true}, "a b c"},
		"ids":            {CreateAssetImageRegistryScanTaskRequest{Id: []uint64{web1, solo}}, "a c"},
		"images":         {CreateAssetImageRegistryScanTaskRequest{Images: named}, "b"},
		"images and ids": {CreateAssetImageRegistryScanTaskRequest{Images: named, Id: []uint64{solo}}, "b c"},
		"filters":        {CreateAssetImageRegistryScanTaskRequest{Filters: byType}, "a"},
		"filters exclude": {
			CreateAssetImageRegistryScanTaskRequest{Filters: oneFilter("ImageName", "web"), ExcludeImageList: []uint64{web2}},
			"a",
		},
		"latest": {CreateAssetImageRegistryScanTaskRequest{OnlyScanLatest: true}, "a b c"}, // a in the mirror
		"latest of": {
			CreateAssetImageRegistryScanTaskRequest{OnlyScanLatest: true, Filters: oneFilter("RegistryName", "hub")}, "b c",
		},
		"all exclude": {CreateAssetImageRegistryScanTaskRequest{All: true, ExcludeImageList: []uint64{solo}}, "a b"},
	} {
		task, err := call[CreateAssetImageRegistryScanTaskResponse](f, "CreateAssetImageRegistryScanTask", tt.req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := f.letters(task.TaskID); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	for name, tt := range map[string]struct {
		req  CreateAssetImageRegistryScanTaskOneKeyRequest
		want string
	}{
		"scope all":   {CreateAssetImageRegistryScanTaskOneKeyRequest{}, "a b c"},
		"picked":      {CreateAssetImageRegistryScanTaskOneKeyRequest{ScanScope: 1, Id: []uint64{solo}}, "c"},
		"recommended": {CreateAssetImageRegistryScanTaskOneKeyRequest{ScanScope: 2}, "a b"},
		"running":     {CreateAssetImageRegistryScanTaskOneKeyRequest{ContainerRunning: true}, "a"},
		"types":       {CreateAssetImageRegistryScanTaskOneKeyRequest{RegistryType: []string{"quay"}}, "a"},
		"namespaces": {
			CreateAssetImageRegistryScanTaskOneKeyRequest{Namespace: []string{"shop"}, ExcludeIDs: []uint64{web2}}, "a",
		},
		"latest": {
			CreateAssetImageRegistryScanTaskOneKeyRequest{IsLatest: true, RegistryType: []string{"harbor"}}, "b c",
		},
	} {
		task, err := call[CreateAssetImageRegistryScanTaskOneKeyResponse](f, "CreateAssetImageRegistryScanTaskOneKey", tt.req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := f.letters(task.TaskID); got != tt.want {
			t.Errorf("one key, %s: got %q, want %q", name, got, tt.want)
		}
	}
	for code, reqs := range map[string][]CreateAssetImageRegistryScanTaskRequest{
		cloudapi.InvalidParameter: {
			{}, {All: true, ScanType: []string{"ALL"}}, {Filters: oneFilter("1=1", "x")}, {All: true, Timeout: 1 << 40},
		},
		cloudapi.ResourceNotFound: {
			{Id: []uint64{99}}, {Images: []ImageInfo{{InstanceName: "hub", ImageName: "web", ImageTag: "1"}}},
			{Filters: oneFilter("ImageTag", "9")},
		},
		cloudapi.FailedOperation: {{Id: []uint64{f.ids["mirror/old/app:1"]}}}, // not authorized
	} {
		for _, req := range reqs {
			f.refused(code, "CreateAssetImageRegistryScanTask", req)
		}
	}
	f.refused(cloudapi.InvalidParameter, "CreateAssetImageRegistryScanTaskOneKey",
		CreateAssetImageRegistryScanTaskOneKeyRequest{ScanScope: 3})
	f.refused(cloudapi.InvalidParameter, "CreateAssetImageRegistryScanTaskOneKey",
		CreateAssetImageRegistryScanTaskOneKeyRequest{ScanScope: 1})
}

func oneFilter(name, value string) []AssetFilters {
	return []AssetFilters{{Name: name, Values: []string{value}}}
}

func TestRegistryOneClick(t *testing.T) {
	f := newRegistryFleet(t)
	const (
		create   = "CreateAssetImageRegistryScanTaskOneKey"
		describe = "DescribeAssetImageRegistryScanStatusOneKey"
		stop     = "ModifyAssetImageRegistryScanStopOneKey"
	)
	f.refused(cloudapi.ResourceNotFound, describe, DescribeAssetImageRegistryScanStatusOneKeyRequest{})
	first := must[CreateAssetImageRegistryScanTaskOneKeyResponse](f, create, CreateAssetImageRegistryScanTaskOneKeyRequest{
		ScanType: []string{"CVE"}, Namespace: []string{"shop"},
	})
	f.refused(cloudapi.FailedOperation, create, CreateAssetImageRegistryScanTaskOneKeyRequest{
		Id: []uint64{f.ids["hub/solo:1"]},
	})
	// The local one-click task is another.
	if _, err := f.createScanTask(t.Context(), &CreateAssetImageScanTaskRequest{ScanVul: true,
		IsOneClickScanningTask: true, Images: []string{imageID("e")}}); err != nil {
		t.Fatal(err)
	}
	got := must[DescribeAssetImageRegistryScanStatusOneKeyResponse](f, describe,
		DescribeAssetImageRegistryScanStatusOneKeyRequest{All: true})
	if got.ImageTotal != 2 || got.ImageScanCnt != 0 || got.Status != "READY" || len(got.ImageStatus) != 3 ||
		got.ImageStatus[0].ScanStatus != "WAIT_SCAN" {
		t.Errorf("%+v", got)
	}
	byID := must[DescribeAssetImageRegistryScanStatusOneKeyResponse](f, describe,
		DescribeAssetImageRegistryScanStatusOneKeyRequest{
			TaskID: first.TaskID, Id: []uint64{f.ids["mirror/shop/web:1"]},
		})
	want := []ImageProgress{{
		ImageId: imageID("a"), RegistryType: "quay", ImageRepoAddress: "mirror.example.com/shop/web",
		InstanceName: "mirror", Namespace: "shop", ImageName: "web", ImageTag: "1", ScanStatus: "WAIT_SCAN",
	}}
	if diff := cmp.Diff(want, []ImageProgress(byID.ImageStatus)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.refused(cloudapi.ResourceNotFound, describe, DescribeAssetImageRegistryScanStatusOneKeyRequest{TaskID: 99})
	must[ModifyAssetImageRegistryScanStopOneKeyResponse](f, stop, ModifyAssetImageRegistryScanStopOneKeyRequest{All: true})
	id, err := f.Store.RegistryTasks().Get(t.Context(), int64(first.TaskID))
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Tasks.Progress(t.Context(), id)
	if err != nil || !p.Stopped {
		t.Errorf("%+v, %v", p, err)
	}
	if local, err := f.Tasks.Last(t.Context(), true); err != nil || local.Stopped {
		t.Errorf("the local one-click task was stopped, too: %+v, %v", local, err)
	}
}

func TestRegistryStop(t *testing.T) {
	f := newRegistryFleet(t)
	const stop = "ModifyAssetImageRegistryScanStop"
	task := must[CreateAssetImageRegistryScanTaskResponse](f, "CreateAssetImageRegistryScanTask",
		CreateAssetImageRegistryScanTaskRequest{All: true})
	canceled := func() uint64 {
		t.Helper()
		resp := must[DescribeAssetImageRegistryScanStatusOneKeyResponse](f, "DescribeAssetImageRegistryScanStatusOneKey",
			DescribeAssetImageRegistryScanStatusOneKeyRequest{TaskID: task.TaskID})
		return resp.ImageScanCnt
	}
	must[ModifyAssetImageRegistryScanStopResponse](f, stop, ModifyAssetImageRegistryScanStopRequest{
		Id: []uint64{f.ids["hub/solo:1"]},
	})
	if n := canceled(); n != 1 {
		t.Errorf("%d images canceled by Id", n)
	}
	must[ModifyAssetImageRegistryScanStopResponse](f, stop, ModifyAssetImageRegistryScanStopRequest{
		Filters:          oneFilter("ImageName", "web"),
		ExcludeImageList: []uint64{f.ids["hub/shop/web:1"], f.ids["mirror/shop/web:1"]},
	})
	if n := canceled(); n != 2 {
		t.Errorf("%d images canceled by Id and filter", n)
	}
	id, _ := f.Store.RegistryTasks().Get(t.Context(), int64(task.TaskID))
	for _, req := range []ModifyAssetImageRegistryScanStopRequest{{TaskID: task.TaskID}, {All: true}} {
		must[ModifyAssetImageRegistryScanStopResponse](f, stop, req)
		if p, err := f.Tasks.Progress(t.Context(), id); err != nil || !p.Stopped {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := f.Store.SQL().Exec("UPDATE task SET stopped = FALSE"); err != nil {
			t.Fatal(err)
		}
	}
	f.refused(cloudapi.InvalidParameter, stop, ModifyAssetImageRegistryScanStopRequest{})
	f.refused(cloudapi.ResourceNotFound, stop, ModifyAssetImageRegistryScanStopRequest{TaskID: 99})
	f.refused(cloudapi.ResourceNotFound, stop, ModifyAssetImageRegistryScanStopRequest{Id: []uint64{99}})
}

func TestRegistrySchedule(t *testing.T) {
	f := newRegistryFleet(t)
	const update, describe = "UpdateImageRegistryTimingScanTask", "DescribeImageRegistryTimingScanTask"
	empty := must[DescribeImageRegistryTimingScanTaskResponse](f, describe, DescribeImageRegistryTimingScanTaskRequest{})
	if empty.Enable || empty.All {
		t.Errorf("before any was set: %+v", empty)
	}
	yes, picked, far := true, uint64(1), uint64(3)
	good := UpdateImageRegistryTimingScanTaskRequest{
		Enable: true, ScanPeriod: 2, ScanTime: "01:30", ScanEndTime: "05:00", ScanType: []string{"CVE", "RISK"},
		ScanScope: &picked, Images: []ImageInfo{{InstanceName: "hub", Namespace: "shop", ImageName: "web", ImageTag: "2"}},
		Id: []uint64{f.ids["hub/solo:1"]}, Latest: &yes, ContainerRunning: &yes, RegistryType: []string{"harbor"},
		Namespace: []string{"shop"}, ExcludeImageAssetIds: []uint64{f.ids["hub/shop/web:1"]},
	}
	must[UpdateImageRegistryTimingScanTaskResponse](f, update, good)
	got := must[DescribeImageRegistryTimingScanTaskResponse](f, describe, DescribeImageRegistryTimingScanTaskRequest{})
	want := DescribeImageRegistryTimingScanTaskResponse{
		Enable: true, ScanPeriod: 2, ScanTime: "01:30", ScanEndTime: "05:00", ScanType: good.ScanType, ScanScope: 1,
		Images: good.Images, Id: good.Id, Latest: true, ContainerRunning: true, RegistryType: good.RegistryType,
		Namespace: good.Namespace, ExcludeImageAssetIds: good.ExcludeImageAssetIds,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, change := range map[string]func(*UpdateImageRegistryTimingScanTaskRequest){
		"time":   func(r *UpdateImageRegistryTimingScanTaskRequest) { r.ScanTime = "noon" },
		"end":    func(r *UpdateImageRegistryTimingScanTaskRequest) { r.ScanEndTime = "25:00" },
		"period": func(r *UpdateImageRegistryTimingScanTaskRequest) { r.ScanPeriod = 0 },
		"types":  func(r *UpdateImageRegistryTimingScanTaskRequest) { r.ScanType = []string{"x"} },
		"scope":  func(r *UpdateImageRegistryTimingScanTaskRequest) { r.ScanScope = &far },
		"picked": func(r *UpdateImageRegistryTimingScanTaskRequest) { r.Id, r.Images = nil, nil },
	} {
		bad := good
		change(&bad)
		t.Log(name)
		f.refused(cloudapi.InvalidParameter, update, bad)
	}
	good.Id = []uint64{99}
	f.refused(cloudapi.ResourceNotFound, update, good)

	// The schedule's selection is one that a task can be created of, and it
	// follows what is pushed.
	must[UpdateImageRegistryTimingScanTaskResponse](f, update, UpdateImageRegistryTimingScanTaskRequest{
		Enable: true, ScanPeriod: 1, ScanTime: time.Now().UTC().Format("15:04"), Namespace: []string{"shop"},
	})
	sch, err := f.Store.Schedules().Get(t.Context(), store.RegistrySchedule)
	if err != nil {
		t.Fatal(err)
	}
	task, err := f.Tasks.Create(t.Context(), sch.Scan)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Store.RegistryTasks().Number(t.Context(), task.ID, false)
	if got := f.letters(uint64(n)); got != "a b" || err != nil {
		t.Errorf("scheduled: %q, %v", got, err)
	}
}
