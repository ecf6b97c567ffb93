package tcss

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

func TestScanSetting(t *testing.T) {
	s := newSelectionFleet(t)
	empty, err := s.describeScanSetting(t.Context(), &DescribeAssetImageScanSettingRequest{})
	if err != nil || empty.Enable {
		t.Fatalf("before any was set: %+v, %v", empty, err)
	}
	good := CreateAssetImageScanSettingRequest{
		Enable: true, ScanTime: "01:30", ScanEndTime: "04:00", ScanPeriod: 3, ScanVul: true, ScanRisk: true, ScanScope: 1,
		Images: []string{imageID("a"), imageID("c")}, ExcludeImages: []string{imageID("c")},
	}
	for name, change := range map[string]func(*CreateAssetImageScanSettingRequest){
		"time":   func(r *CreateAssetImageScanSettingRequest) { r.ScanTime = "noon" },
		"end":    func(r *CreateAssetImageScanSettingRequest) { r.ScanEndTime = "24:30" },
		"period": func(r *CreateAssetImageScanSettingRequest) { r.ScanPeriod = 0 },
		"kinds":  func(r *CreateAssetImageScanSettingRequest) { r.ScanVul, r.ScanRisk = false, false },
		"scope":  func(r *CreateAssetImageScanSettingRequest) { r.ScanScope, r.ClusterIDs = 3, nil },
	} {
		bad := good
		change(&bad)
		if _, err := s.createScanSetting(t.Context(), &bad); codeOf(err) != cloudapi.InvalidParameter {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.createScanSetting(t.Context(), &good); err != nil {
		t.Fatal(err)
	}
	got, err := s.describeScanSetting(t.Context(), &DescribeAssetImageScanSettingRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := &DescribeAssetImageScanSettingResponse{
		Enable: true, ScanTime: "01:30", ScanEndTime: "04:00", ScanPeriod: 3, ScanVul: true, ScanRisk: true, ScanScope: 1,
		Images: good.Images, ExcludeImages: good.ExcludeImages,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestScheduledRunIsClaimedOnce: the run that is due goes to one claimant, and
// the next one takes up what ran out of time.
func TestScheduledRunIsClaimedOnce(t *testing.T) {
	s := newSelectionFleet(t)
	now := time.Now().UTC()
	req := &CreateAssetImageScanSettingRequest{
		Enable: true, ScanTime: now.Add(-time.Hour).Format("15:04"), ScanEndTime: now.Add(time.Hour).Format("15:04"),
		ScanPeriod: 1, ScanVul: true, Images: []string{imageID("a"), imageID("c")},
	}
	if _, err := s.createScanSetting(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	sch, timeout, unfinished, due, err := s.Store.Schedules().StartRun(t.Context(), store.LocalSchedule)
	if err != nil || !due || len(unfinished) != 0 || timeout <= 50*time.Minute || timeout > time.Hour {
		t.Fatalf("first claim: %v %v %v %v", timeout, unfinished, due, err)
	}
	if _, _, _, again, err := s.Store.Schedules().StartRun(t.Context(), store.LocalSchedule); err != nil || again {
		t.Fatalf("the same run was claimed twice: %v", err)
	}
	task, err := s.Tasks.Create(t.Context(), sch.Scan)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Store.Tasks().Update(t.Context(), func(tx store.TaskTx) error {
		if _, err := tx.EndWaiting(t.Context(), task.ID, landwaiter.ScanTimeout, "late"); err != nil {
			return err
		}
		return tx.EndTask(t.Context(), task.ID, landwaiter.TaskTimeout)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Schedules().EndRun(t.Context(), store.LocalSchedule, task.ID, "Success"); err != nil {
		t.Fatal(err)
	}
	// A day later, by moving the last run back.
	if _, err := s.Store.SQL().Exec("UPDATE setting SET value = json_set(value, '$.LastRun', ?) WHERE name = 'schedule'",
		now.Add(-24*time.Hour).Format(time.RFC3339)); err != nil {
		t.Fatal(err)
	}
	_, _, unfinished, due, err = s.Store.Schedules().StartRun(t.Context(), store.LocalSchedule)
	if err != nil || !due || len(unfinished) != 2 {
		t.Fatalf("the next window: %v %v %v", unfinished, due, err)
	}
}
