package tcss

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/store"
)

func (s selectionFleet) wantRule(t *testing.T, want DescribeImageAutoAuthorizedRuleResponse) {
	t.Helper()
	got, err := s.describeAutoRule(t.Context(), &DescribeImageAutoAuthorizedRuleRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAutoRuleRefusals(t *testing.T) {
	s := newSelectionFleet(t)
	s.wantRule(t, DescribeImageAutoAuthorizedRuleResponse{RangeType: "ALL"})
	many := strings.Split(strings.Repeat("h,", maxRuleHosts+1), ",")
	type request = AddEditImageAutoAuthorizedRuleRequest
	for _, tt := range []struct {
		req  request
		code string
	}{
		{request{RangeType: "SOME"}, cloudapi.InvalidParameter},
		{request{RangeType: "ALL", MaxDailyCount: -1}, cloudapi.InvalidParameter},
		{request{RangeType: "ALL", MaxDailyCount: 1 << 40}, cloudapi.InvalidParameter},
		{request{RangeType: "ALL", IsEnabled: 2}, cloudapi.InvalidParameter},
		{request{RangeType: "ALL", AutoScanEnabled: -1}, cloudapi.InvalidParameter},
		{request{RangeType: "ALL", ScanType: []string{"MALWARE"}}, cloudapi.InvalidParameter},
		{request{RangeType: "MANUAL"}, cloudapi.InvalidParameter},
		{request{RangeType: "MANUAL", HostIdSet: many}, cloudapi.InvalidParameter},
		{request{RangeType: "MANUAL", HostIdSet: []string{strings.Repeat("h", maxRuleBytes+1)}}, cloudapi.InvalidParameter},
		{
			request{RangeType: "MANUAL", HostIdFilters: []AssetFilters{{Name: "HostName", Values: many}}},
			cloudapi.InvalidParameter,
		},
		{
			request{RangeType: "MANUAL", HostIdFilters: []AssetFilters{{Name: "Colour", Values: []string{"red"}}}},
			cloudapi.InvalidParameter,
		},
		{request{RangeType: "ALL", RuleId: 1}, errRuleNotFound}, // not yet
		{request{RangeType: "ALL", RuleId: 7}, errRuleNotFound},
	} {
		if _, err := s.editAutoRule(t.Context(), &tt.req); codeOf(err) != tt.code {
			t.Errorf("%.200v: %v, want %s", tt.req, err, tt.code)
		}
	}
	for _, tt := range []struct {
		req  SwitchImageAutoAuthorizedRuleRequest
		code string
	}{
		{SwitchImageAutoAuthorizedRuleRequest{RuleId: 0}, errRuleNotFound},
		{SwitchImageAutoAuthorizedRuleRequest{RuleId: 1}, errRuleNotFound},
		{SwitchImageAutoAuthorizedRuleRequest{RuleId: 1, IsEnabled: 3}, cloudapi.InvalidParameter},
	} {
		if _, err := s.switchAutoRule(t.Context(), &tt.req); codeOf(err) != tt.code {
			t.Errorf("%+v: %v, want %s", tt.req, err, tt.code)
		}
	}
}

func TestAutoRuleLargest(t *testing.T) {
	s := newSelectionFleet(t)
	hosts := make([]string, maxRuleHosts)
	for i := range hosts {
		hosts[i] = fmt.Sprintf("%050d", i)
	}
	values := make([]string, maxRuleValues-1)
	for i := range values {
		values[i] = fmt.Sprint("node", i)
	}
	req := &AddEditImageAutoAuthorizedRuleRequest{RangeType: "MANUAL", IsEnabled: 1, HostIdSet: hosts}
	if _, err := s.editAutoRule(t.Context(), req); codeOf(err) != "" {
		t.Fatal(err)
	}
	req = &AddEditImageAutoAuthorizedRuleRequest{
		RangeType: "MANUAL", IsEnabled: 1, RuleId: 1, HostIdFilters: []AssetFilters{{Name: "HostName", Values: values}},
		ExcludeHostIdSet: hosts[:1900],
	}
	if _, err := s.editAutoRule(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Images().Put(t.Context(), landwaiter.Image{ID: imageID("y")}, store.Place{}); err != nil {
		t.Fatal(err)
	}
	s.wantRule(t, DescribeImageAutoAuthorizedRuleResponse{
		IsEnabled: 1, RangeType: "MANUAL", RuleId: 1, ScanType: []string{"CVE", "VIRUS", "RISK"},
	})
}

func TestAutoRuleAuthorizes(t *testing.T) {
	s := newSelectionFleet(t)
	req := &AddEditImageAutoAuthorizedRuleRequest{
		RangeType: "ALL", MaxDailyCount: 1, IsEnabled: 1, AutoScanEnabled: 1, ScanType: []string{"RISK"},
	}
	if _, err := s.editAutoRule(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if _, err := s.editAutoRule(t.Context(), req); codeOf(err) != cloudapi.FailedOperation {
		t.Fatalf("a second rule: %v", err)
	}
	s.wantRule(t, DescribeImageAutoAuthorizedRuleResponse{
		IsEnabled: 1, RangeType: "ALL", MaxDailyCount: 1, RuleId: 1, AutoScanEnabled: 1, ScanType: []string{"RISK"},
	})
	for _, letter := range []string{"x", "y"} {
		img := landwaiter.Image{ID: imageID(letter), Names: []string{"new/" + letter + ":1"}}
		if err := s.Store.Images().Put(t.Context(), img, store.Place{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.switchAutoRule(t.Context(), &SwitchImageAutoAuthorizedRuleRequest{RuleId: 1}); err != nil {
		t.Fatal(err)
	}
	s.wantRule(t, DescribeImageAutoAuthorizedRuleResponse{
		RangeType: "ALL", MaxDailyCount: 1, RuleId: 1, AutoScanEnabled: 1, ScanType: []string{"RISK"},
	})

	today := time.Now().UTC().Format(time.DateOnly)
	tasks, err := s.describeAutoTasks(t.Context(), &DescribeImageAutoAuthorizedTaskListRequest{
		StartTime: today, EndTime: today + " 23:59:59",
	})
	if err != nil || tasks.TotalCount != 1 {
		t.Fatalf("%+v, %v", tasks, err)
	}
	task := tasks.List[0]
	want := ImageAutoAuthorizedTask{
		TaskId: task.TaskId, Type: "AUTO", AuthorizedDate: today, Source: "LOCAL",
		LastAuthorizedTime: task.LastAuthorizedTime, SuccessCount: 1, FailCount: 1, LatestFailCode: "REACH_LIMIT",
	}
	if diff := cmp.Diff(want, task); diff != "" || task.LastAuthorizedTime == "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	log, err := s.describeAutoLog(t.Context(), &DescribeImageAutoAuthorizedLogListRequest{
		TaskId: task.TaskId, By: "AuthorizedTime", Order: "asc",
	})
	if err != nil || log.TotalCount != 2 {
		t.Fatalf("%+v, %v", log, err)
	}
	wantLog := []AutoAuthorizedImageInfo{
		{ImageId: imageID("x"), ImageName: "new/x:1", Status: "SUCCESS", IsAuthorized: 1},
		{ImageId: imageID("y"), ImageName: "new/y:1", Status: "REACH_LIMIT"},
	}
	byID := cmpopts.SortSlices(func(a, b AutoAuthorizedImageInfo) bool { return a.ImageId < b.ImageId })
	if diff := cmp.Diff(wantLog, []AutoAuthorizedImageInfo(log.List), byID,
		cmpopts.IgnoreFields(AutoAuthorizedImageInfo{}, "AuthorizedTime")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, f := range []AssetFilters{{Name: "Status", Values: []string{"REACH_LIMIT"}},
		{Name: "ImageAssetIds", Values: []string{imageID("y")}}} {
		log, err := s.describeAutoLog(t.Context(), &DescribeImageAutoAuthorizedLogListRequest{
			TaskId: task.TaskId, Filters: []AssetFilters{f},
		})
		if err != nil || log.TotalCount != 1 || log.List[0].ImageId != imageID("y") {
			t.Errorf("%v: %+v, %v", f, log, err)
		}
	}
	if _, err := s.describeAutoLog(t.Context(),
		&DescribeImageAutoAuthorizedLogListRequest{TaskId: 3}); codeOf(err) != cloudapi.ResourceNotFound {
		t.Errorf("a task that is not: %v", err)
	}
}
