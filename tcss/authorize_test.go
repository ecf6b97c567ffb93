package tcss

import (
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
)

func TestAuthorize(t *testing.T) {
	s := newSelectionFleet(t)
	info := func() *DescribeImageAuthorizedInfoResponse {
		t.Helper()
		resp, err := s.describeAuthorizedInfo(t.Context(), &DescribeImageAuthorizedInfoRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	if got := info(); got.TotalAuthorizedCnt != 6 || got.UsedAuthorizedCnt != 5 || got.NotScannedLocalImageCnt != 1 {
		t.Fatalf("%+v", got)
	}
	for _, tt := range []struct {
		req  ModifyImageAuthorizedRequest
		code string
	}{
		{ModifyImageAuthorizedRequest{}, cloudapi.InvalidParameter},
		{
			ModifyImageAuthorizedRequest{LocalImageIds: []string{imageID("z")}, UpdatedLocalImageCnt: 1},
			cloudapi.ResourceNotFound,
		},
		{
			ModifyImageAuthorizedRequest{LocalImageIds: []string{imageID("a"), imageID("d")}, UpdatedLocalImageCnt: 1},
			errNotEnough,
		},
	} {
		if _, err := s.modifyAuthorized(t.Context(), &tt.req); codeOf(err) != tt.code {
			t.Errorf("%+v: %v, want %s", tt.req, err, tt.code)
		}
	}
	req := &ModifyImageAuthorizedRequest{
		UpdatedLocalImageCnt: 1, LocalImageFilter: []AssetFilters{{Name: "ImageName", Values: []string{"old/"}}},
	}
	if _, err := s.modifyAuthorized(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if got := info(); got.UsedAuthorizedCnt != 6 {
		t.Fatalf("after authorizing by filter: %+v", got)
	}
}

func TestRenewAuthorizeAndScan(t *testing.T) {
	s := newSelectionFleet(t)
	req := &RenewImageAuthorizeStateRequest{ImageIds: []string{imageID("d")}, NeedScan: true, ScanType: []string{"CVE"}}
	if _, err := s.renewAuthorized(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	last, err := s.Tasks.Last(t.Context(), false)
	if err != nil || last.Total != 1 || last.Kinds != landwaiter.ScanVul {
		t.Fatalf("%+v, %v", last, err)
	}
}

func TestSummaries(t *testing.T) {
	s := newSelectionFleet(t)
	sum, err := s.describeAssetSummary(t.Context(), &DescribeAssetSummaryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if sum.ImageCnt != 6 || sum.ScannedImageCnt != 5 || sum.ImageHasVulsCnt != 1 || sum.ImageUnsafeCnt != 1 ||
		sum.RecommendedFixImageCnt != 1 ||
		sum.ContainerCnt != 3 || sum.ContainerRunning != 2 || sum.ContainerStop != 1 || sum.TodayNewImageCnt != 6 {
		t.Fatalf("%+v", sum)
	}
	risks, err := s.describeRiskSummary(t.Context(), &DescribeImageRiskSummaryRequest{})
	if err != nil || risks.VulnerabilityCnt[0] != (RunTimeRiskInfo{Cnt: 1, Level: "CRITICAL"}) || len(risks.RiskCnt) != 4 {
		t.Fatalf("%+v, %v", risks, err)
	}
}
