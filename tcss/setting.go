package tcss

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// maxPeriod is far beyond any use, and fits every integer type.
const maxPeriod = 3650

// createScanSetting replaces the periodic scan. It selects as CreateAssetImageScanTask
// does, so that both refuse the same combinations; the selection is stored as it is
// and evaluated at each run.
func (s *Service) createScanSetting(
	ctx context.Context, req *CreateAssetImageScanSettingRequest,
) (*CreateAssetImageScanSettingResponse, error) {
	start, end, err := scanWindow(req.ScanTime, req.ScanEndTime, req.ScanPeriod)
	if err != nil {
		return nil, err
	}
	sel, err := selection(&CreateAssetImageScanTaskRequest{
		All: req.All, Images: req.Images, ScanVul: req.ScanVul, ScanVirus: req.ScanVirus, ScanRisk: req.ScanRisk,
		ExcludeImageIds: req.ExcludeImages, ContainerRunning: req.ContainerRunning, ScanScope: req.ScanScope,
		ClusterIDs: req.ClusterIDs,
	})
	if err != nil {
		return nil, err
	}
	err = s.Store.Schedules().Set(ctx, store.LocalSchedule, landwaiter.Schedule{
		Enabled: req.Enable, Start: start, End: end, Period: int(req.ScanPeriod), Scan: sel,
	})
	if err != nil {
		return nil, err
	}
	return &CreateAssetImageScanSettingResponse{}, nil
}

func (s *Service) describeScanSetting(
	ctx context.Context, _ *DescribeAssetImageScanSettingRequest,
) (*DescribeAssetImageScanSettingResponse, error) {
	sch, err := s.Store.Schedules().Get(ctx, store.LocalSchedule)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetImageScanSettingResponse{
		Enable: sch.Enabled, ScanTime: sch.Start.String(), ScanPeriod: uint64(sch.Period),
		ScanVirus: sch.Scan.Kinds.Has(landwaiter.ScanVirus), ScanRisk: sch.Scan.Kinds.Has(landwaiter.ScanRisk),
		ScanVul: sch.Scan.Kinds.Has(landwaiter.ScanVul), All: sch.Scan.All, Images: sch.Scan.Images,
		ContainerRunning: sch.Scan.Running, ScanScope: scopeOf(sch.Scan), ExcludeImages: sch.Scan.Exclude,
		ClusterIDs: sch.Scan.Clusters, LastScanTime: clock(sch.LastRun, shapeDetail), ScanResult: sch.Result,
	}
	if sch.End != sch.Start {
		resp.ScanEndTime = sch.End.String()
	}
	return resp, nil
}

// scopeOf is the ScanScope that a selection was made by.
func scopeOf(sel landwaiter.Selection) uint64 {
	switch {
	case sel.Recommended:
		return scopeRecommended
	case len(sel.Clusters) > 0:
		return scopeCluster
	case len(sel.Images) > 0:
		return scopeSelected
	}
	return scopeAll
}
