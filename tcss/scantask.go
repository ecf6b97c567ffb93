package tcss

import (
	"context"
	"math"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
)

// errAlreadyScanning is the code for both "is being scanned" and "not authorized
// for scanning".
const errAlreadyScanning = "FailedOperation.ErrAlreadyScanning"

// The values of ScanScope.
const (
	scopeAll         = 0 // every authorized image
	scopeSelected    = 1 // hand-picked
	scopeRecommended = 2
	scopeCluster     = 3
)

func (s *Service) createScanTask(
	ctx context.Context, req *CreateAssetImageScanTaskRequest,
) (*CreateAssetImageScanTaskResponse, error) {
	sel, err := selection(req)
	if err != nil {
		return nil, err
	}
	task, err := s.Tasks.Create(ctx, sel)
	if landwaiter.KindOf(err) == landwaiter.Conflict {
		return nil, cloudapi.Errorf(errAlreadyScanning, "%v", err)
	}
	if err != nil {
		return nil, err
	}
	return &CreateAssetImageScanTaskResponse{TaskID: task.ID}, nil
}

// selection reads which images to scan, and for what. docs/selection.md has every
// combination, and TestSelectionTable runs them.
func selection(req *CreateAssetImageScanTaskRequest) (landwaiter.Selection, error) {
	var filters []landwaiter.Filter
	if len(req.Images) == 0 { // else they are not looked at
		var err error
		if filters, err = imageWords.translate(req.Filters); err != nil {
			return landwaiter.Selection{}, err
		}
	}
	sel := landwaiter.Selection{
		Images: req.Images, Filters: filters, Exclude: req.ExcludeImageIds, Running: req.ContainerRunning,
		Clusters: req.ClusterIDs, Recommended: req.ScanScope == scopeRecommended, OneClick: req.IsOneClickScanningTask,
		Kinds: kinds(req),
	}
	sel.All = len(sel.Images)+len(sel.Filters) == 0
	switch {
	case sel.Kinds == 0:
		return sel, landwaiter.Errorf(landwaiter.Invalid, "choose at least one of ScanVul, ScanVirus and ScanRisk")
	case req.ScanScope > scopeCluster:
		return sel, landwaiter.Errorf(landwaiter.Invalid,
			"ScanScope is %d; want 0 (all authorized images), 1 (hand-picked), 2 (recommended) or 3 (by cluster)", req.ScanScope)
	case req.ScanScope == scopeSelected && sel.All && !req.All:
		return sel, landwaiter.Errorf(landwaiter.Invalid, "ScanScope 1 needs Images or Filters")
	case req.ScanScope == scopeCluster && len(req.ClusterIDs) == 0:
		return sel, landwaiter.Errorf(landwaiter.Invalid, "ScanScope 3 needs ClusterIDs")
	case req.Timeout > math.MaxInt32:
		return sel, landwaiter.Errorf(landwaiter.Invalid, "Timeout is %d seconds; at most %d", req.Timeout, math.MaxInt32)
	}
	sel.Timeout = time.Duration(req.Timeout) * time.Second
	return sel, nil
}

func kinds(req *CreateAssetImageScanTaskRequest) landwaiter.ScanKind {
	var k landwaiter.ScanKind
	if req.ScanVul {
		k |= landwaiter.ScanVul
	}
	if req.ScanVirus {
		k |= landwaiter.ScanVirus
	}
	if req.ScanRisk {
		k |= landwaiter.ScanRisk
	}
	return k
}

// describeScanTask describes the newest one-click task, whose progress consoles
// show, or the newest of all when there was no one-click task.
func (s *Service) describeScanTask(
	ctx context.Context, _ *DescribeAssetImageScanTaskRequest,
) (*DescribeAssetImageScanTaskResponse, error) {
	p, err := s.Tasks.Last(ctx, true)
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		p, err = s.Tasks.Last(ctx, false)
	}
	if err != nil {
		return nil, err
	}
	at := p.Ended
	if at.IsZero() {
		at = p.Created
	}
	return &DescribeAssetImageScanTaskResponse{
		TaskID: p.ID, LastScanTime: clock(at, shapeDetail), Status: string(p.Status), SubStatus: string(p.Result),
	}, nil
}

func (s *Service) describeScanStatus(
	ctx context.Context, req *DescribeAssetImageScanStatusRequest,
) (*DescribeAssetImageScanStatusResponse, error) {
	var p landwaiter.Progress
	var err error
	if req.TaskID == "" {
		p, err = s.Tasks.Last(ctx, false)
	} else {
		p, err = s.Tasks.Progress(ctx, req.TaskID)
	}
	if err != nil {
		return nil, err
	}
	return &DescribeAssetImageScanStatusResponse{
		ImageTotal: uint64(p.Total), ImageScanCnt: uint64(p.Done), Status: string(p.Status), Schedule: uint64(p.Percent()),
		SuccessCount: uint64(p.Safe), RiskCount: uint64(p.Risky), LeftSeconds: uint64(math.Ceil(p.Left.Seconds())),
	}, nil
}

func (s *Service) modifyScanStop(
	ctx context.Context, req *ModifyAssetImageScanStopRequest,
) (*ModifyAssetImageScanStopResponse, error) {
	var err error
	switch {
	case req.TaskID != "":
		err = s.Tasks.StopTask(ctx, req.TaskID)
	case len(req.Images) > 0:
		err = s.Tasks.StopImages(ctx, landwaiter.Selection{Images: req.Images, Exclude: req.ExcludeImageIds})
	case len(req.Filters) > 0:
		var filters []landwaiter.Filter
		if filters, err = imageWords.translate(req.Filters); err == nil {
			err = s.Tasks.StopImages(ctx, landwaiter.Selection{Filters: filters, Exclude: req.ExcludeImageIds})
		}
	default:
		err = landwaiter.Errorf(landwaiter.Invalid, "say what to stop: TaskID, Images or Filters")
	}
	if err != nil {
		return nil, err
	}
	return &ModifyAssetImageScanStopResponse{Status: "SUCCESS"}, nil
}
