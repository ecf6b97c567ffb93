package tcss

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter/cloudapi"
)

func TestTendency(t *testing.T) {
	s := newSelectionFleet(t)
	today := time.Now().UTC()
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	for _, tt := range []struct{ start, end, code string }{
		{"", day(0), errInvalidFormat},
		{day(0), "tomorrow", errInvalidFormat},
		{"1969-12-31", day(0), errInvalidFormat},
		{"2026-02-30", "2026-03-01", errInvalidFormat},
		{day(0), day(-1), cloudapi.InvalidParameter},
		{day(-maxTendencyDays), day(0), errDataRange},
		{"1970-01-01", "9999-12-31", errDataRange},
	} {
		if _, err := s.describeTendency(t.Context(), &DescribeImageRiskTendencyRequest{StartTime: tt.start,
			EndTime: tt.end}); codeOf(err) != tt.code {
			t.Errorf("%s to %s: %v, want %s", tt.start, tt.end, err, tt.code)
		}
	}
	for _, end := range []string{day(0), day(0) + " 23:59:59", day(0) + "T12:00:00Z"} {
		got, err := s.describeTendency(t.Context(), &DescribeImageRiskTendencyRequest{StartTime: day(-1), EndTime: end})
		if err != nil {
			t.Fatal(err)
		}
		series := func(name string, n uint64) ImageRiskTendencyInfo {
			return ImageRiskTendencyInfo{
				ImageRiskType: name, ImageRiskSet: []RunTimeTendencyInfo{{CurTime: day(-1)}, {CurTime: day(0), Cnt: n}},
			}
		}
		want := []ImageRiskTendencyInfo{series("IRT_VULNERABILITY", 1), series("IRT_MALWARE_VIRUS", 0), series("IRT_RISK", 0)}
		if diff := cmp.Diff(want, []ImageRiskTendencyInfo(got.ImageRiskTendencySet)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if _, err := s.describeTendency(t.Context(), &DescribeImageRiskTendencyRequest{StartTime: day(1 - maxTendencyDays),
		EndTime: day(0)}); err != nil {
		t.Error(err)
	}
}

func TestClusterList(t *testing.T) {
	s := newSelectionFleet(t)
	got, err := s.describeClusterList(t.Context(), &DescribeAssetClusterListRequest{
		Filters: []RunTimeFilters{
			{Name: "ClusterID", Values: []string{"CLS-1"}}, {Name: "Status", Values: []string{"CSR_RUNNING"}},
		},
	})
	want := &DescribeAssetClusterListResponse{TotalCount: 1, List: []AssetClusterListItem{{
		ClusterID: "cls-1", Status: "CSR_RUNNING", ClusterType: "CT_USER_CREATE", ClusterAuditStatus: "Closed",
		AccessedStatus: "AccessedInstalled",
	}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestBindRules(t *testing.T) {
	s := newSelectionFleet(t)
	got, err := s.describeBindRules(t.Context(), &DescribeAssetImageBindRuleInfoRequest{
		By: "ContainerCnt", Order: "desc",
		Filters: []RunTimeFilters{
			{Name: "EventType", Values: []string{"FILE_ABNORMAL_READ"}}, {Name: "ImageName", Values: []string{"shop/"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &DescribeAssetImageBindRuleInfoResponse{TotalCount: 3, ImageBindRuleSet: []ImagesBindRuleInfo{
		{ImageId: imageID("a"), ImageName: "shop/web:1", ContainerCnt: 1},
		{ImageId: imageID("b"), ImageName: "shop/api:1", ContainerCnt: 1},
		{ImageId: imageID("c"), ImageName: "shop/job:2"},
	}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(ImagesBindRuleInfo{}, "ScanTime")); diff != "" {
		t.Error(diff)
	}
	bad := &DescribeAssetImageBindRuleInfoRequest{Filters: []RunTimeFilters{{Name: "EventType", Values: []string{"x"}}}}
	if _, err := s.describeBindRules(t.Context(), bad); codeOf(err) != cloudapi.InvalidParameter {
		t.Error(err)
	}
}
