package tcss

import (
	"context"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// describeAssetSummary counts the inventory. Hosts are known while a source sees
// them, so that all are online; a stopped container is one that neither runs nor
// is paused.
func (s *Service) describeAssetSummary(
	ctx context.Context, _ *DescribeAssetSummaryRequest,
) (*DescribeAssetSummaryResponse, error) {
	sum, err := s.Store.Images().Totals(ctx)
	if err != nil {
		return nil, err
	}
	count := func(n int) uint64 { return uint64(n) }
	return &DescribeAssetSummaryResponse{
		ContainerCnt: count(sum.Containers), ContainerPause: count(sum.Paused), ContainerRunning: count(sum.Running),
		ContainerStop: count(sum.Containers - sum.Running - sum.Paused), ImageCnt: count(sum.Images),
		HostOnline: count(sum.Hosts), HostCnt: count(sum.Hosts), ImageHasRiskInfoCnt: count(sum.WithSecrets),
		ImageHasVirusCnt: count(sum.WithMalware), ImageHasVulsCnt: count(sum.WithVulns),
		ImageUntrustCnt: count(sum.Images - sum.Trusted), LatestImageScanTime: clock(sum.LastScan, shapeDetail),
		ImageUnsafeCnt: count(sum.Unsafe), TodayNewImageCnt: count(sum.NewToday),
		TodayUnsafeImageCnt: count(sum.UnsafeToday), RecommendedFixImageCnt: count(sum.Fixable),
		ScannedImageCnt: count(sum.Scanned), UnScannedImageCnt: count(sum.Images - sum.Scanned),
	}, nil
}

func (s *Service) describeRiskSummary(
	ctx context.Context, _ *DescribeImageRiskSummaryRequest,
) (*DescribeImageRiskSummaryResponse, error) {
	grades, err := s.Store.Findings().BySeverity(ctx)
	if err != nil {
		return nil, err
	}
	return &DescribeImageRiskSummaryResponse{
		VulnerabilityCnt: bySeverity(grades.Vulnerabilities), MalwareVirusCnt: bySeverity(grades.Malware),
		RiskCnt: bySeverity(grades.Secrets),
	}, nil
}

// bySeverity lists the counts, the worst first. The API has no level for findings
// without a severity: they count as low, as in the lists.
func bySeverity(n [landwaiter.Critical + 1]int) []RunTimeRiskInfo {
	n[landwaiter.Low] += n[landwaiter.Unknown]
	var out []RunTimeRiskInfo
	for s := landwaiter.Critical; s >= landwaiter.Low; s-- {
		out = append(out, RunTimeRiskInfo{Cnt: uint64(n[s]), Level: strings.ToUpper(s.String())})
	}
	return out
}
