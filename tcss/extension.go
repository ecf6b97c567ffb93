package tcss

import (
	"context"
	"math"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
)

// The actions that TCSS does not have. They are called like the others. The SDKs
// of TCSS have no methods for them, but can call any action by name.
const (
	actionTaskList = "DescribeLandwaiterTaskList"
	actionPlan     = "DescribeLandwaiterScanPlan"
)

// declareExtensions declares them. They are not in api.json, which lists the
// actions of TCSS only.
func declareExtensions(api *cloudapi.API, s *Service) {
	api.Declare(actionTaskList)
	api.Declare(actionPlan)
	handle(api, actionTaskList, s.describeTaskList)
	handle(api, actionPlan, s.describePlan)
}

// DescribeLandwaiterTaskListRequest asks for the newest tasks.
type DescribeLandwaiterTaskListRequest struct {
	Limit  *uint64 `json:"Limit,omitzero"`
	TaskID string  `json:"TaskID,omitzero"` // one task only, with what its gate needs
}

// DescribeLandwaiterTaskListResponse lists tasks, newest first.
type DescribeLandwaiterTaskListResponse struct {
	List cloudapi.List[TaskInfo] `json:"List"`
}

// TaskInfo is a task with its counts.
type TaskInfo struct {
	TaskID       string `json:"TaskID"`
	Status       string `json:"Status"`
	SubStatus    string `json:"SubStatus"`
	ImageTotal   uint64 `json:"ImageTotal"`
	ImageScanCnt uint64 `json:"ImageScanCnt"`
	SuccessCount uint64 `json:"SuccessCount"` // scanned wholly, nothing found
	RiskCount    uint64 `json:"RiskCount"`    // scanned, something found
	// IncompleteCount counts images with nothing found that could not be looked
	// at wholly.
	IncompleteCount uint64 `json:"IncompleteCount"`
	LeftSeconds     uint64 `json:"LeftSeconds"`
	CreateTime      string `json:"CreateTime"` // RFC 3339
	// With TaskID only: the highest severity that was found, "" for none, and up
	// to 100 images that could not be looked at wholly, with findings or without.
	WorstSeverity string                   `json:"WorstSeverity"`
	Incomplete    cloudapi.List[ImageNote] `json:"Incomplete"`
}

// ImageNote says something of an image.
type ImageNote struct {
	ImageID string `json:"ImageID"`
	Reason  string `json:"Reason"`
}

func (s *Service) describeTaskList(
	ctx context.Context, req *DescribeLandwaiterTaskListRequest,
) (*DescribeLandwaiterTaskListResponse, error) {
	limit, err := rowLimit(req.Limit)
	if err != nil {
		return nil, err
	}
	if req.TaskID != "" {
		one, err := s.taskInfo(ctx, req.TaskID)
		return &DescribeLandwaiterTaskListResponse{List: cloudapi.List[TaskInfo]{one}}, err
	}
	tasks, err := s.Tasks.List(ctx, limit)
	if err != nil {
		return nil, err
	}
	resp := &DescribeLandwaiterTaskListResponse{}
	for _, t := range tasks {
		resp.List = append(resp.List, taskInfo(t))
	}
	return resp, nil
}

func taskInfo(t landwaiter.Progress) TaskInfo {
	return TaskInfo{
		TaskID: t.ID, Status: string(t.Status), SubStatus: string(t.Result), ImageTotal: uint64(t.Total),
		ImageScanCnt: uint64(t.Done), SuccessCount: uint64(t.Safe), RiskCount: uint64(t.Risky),
		IncompleteCount: uint64(t.Incomplete), LeftSeconds: uint64(math.Ceil(t.Left.Seconds())),
		CreateTime: clock(t.Created, time.RFC3339),
	}
}

// maxImageNotes is how many images of a task are named that could not be looked
// at wholly.
const maxImageNotes = 100

// taskInfo returns one task with what was found in its images.
func (s *Service) taskInfo(ctx context.Context, taskID string) (TaskInfo, error) {
	p, err := s.Tasks.Progress(ctx, taskID)
	if err != nil {
		return TaskInfo{}, err
	}
	info := taskInfo(p)
	worst, err := s.Store.Tasks().Worst(ctx, taskID)
	if err != nil {
		return TaskInfo{}, err
	}
	if worst != landwaiter.Unknown {
		info.WorstSeverity = worst.String()
	}
	scans, err := s.Store.Tasks().Incomplete(ctx, taskID, maxImageNotes)
	for _, scan := range scans {
		info.Incomplete = append(info.Incomplete, ImageNote{scan.ImageID, scan.Reason})
	}
	return info, err
}

// DescribeLandwaiterScanPlanRequest takes the parameters of
// CreateAssetImageScanTask.
type DescribeLandwaiterScanPlanRequest CreateAssetImageScanTaskRequest

// DescribeLandwaiterScanPlanResponse says what such a task would cost now.
type DescribeLandwaiterScanPlanResponse struct {
	ImageCnt        uint64                   `json:"ImageCnt"`        // would be scanned
	UnauthorizedCnt uint64                   `json:"UnauthorizedCnt"` // selected, but not authorized
	BusyCnt         uint64                   `json:"BusyCnt"`         // selected, but being scanned
	UnreachableCnt  uint64                   `json:"UnreachableCnt"`  // of ImageCnt: at no source any more
	LayerCnt        uint64                   `json:"LayerCnt"`
	KnownLayerCnt   uint64                   `json:"KnownLayerCnt"`
	Bytes           uint64                   `json:"Bytes"`   // to read
	Seconds         int64                    `json:"Seconds"` // for one layer at a time; -1: nothing was measured yet
	Reasons         cloudapi.List[CountInfo] `json:"Reasons"` // of recommended images
	FailedSources   cloudapi.List[string]    `json:"FailedSources"`
}

// CountInfo counts by name.
type CountInfo struct {
	Name string `json:"Name"`
	Cnt  uint64 `json:"Cnt"`
}

// describePlan also lists the sources whose last sync failed: their images may be
// missing from the plan, or gone.
func (s *Service) describePlan(
	ctx context.Context, req *DescribeLandwaiterScanPlanRequest,
) (*DescribeLandwaiterScanPlanResponse, error) {
	sel, err := selection((*CreateAssetImageScanTaskRequest)(req))
	if err != nil {
		return nil, err
	}
	p, err := s.Tasks.Plan(ctx, sel)
	if err != nil {
		return nil, err
	}
	sources, err := s.Store.Sources().States(ctx)
	if err != nil {
		return nil, err
	}
	resp := &DescribeLandwaiterScanPlanResponse{
		ImageCnt: uint64(p.Images), UnauthorizedCnt: uint64(p.Unauthorized), BusyCnt: uint64(p.Busy),
		UnreachableCnt: uint64(p.Unreachable), LayerCnt: uint64(p.Layers), KnownLayerCnt: uint64(p.KnownLayers),
		Bytes: uint64(p.Bytes), Seconds: seconds(p),
	}
	for _, why := range []string{
		landwaiter.ReasonRunning, landwaiter.ReasonNeverScanned, landwaiter.ReasonAnalysers, landwaiter.ReasonAdvisories,
		landwaiter.ReasonFixable,
	} {
		if n := p.Why[why]; n > 0 {
			resp.Reasons = append(resp.Reasons, CountInfo{Name: why, Cnt: uint64(n)})
		}
	}
	for _, src := range sources {
		if src.Error != "" {
			resp.FailedSources = append(resp.FailedSources, src.Name)
		}
	}
	return resp, nil
}

// seconds returns how long reading takes at the measured rate, rounded up. -1 keeps
// "not measured yet" apart from "nothing to read", which is 0.
func seconds(p landwaiter.Plan) int64 {
	switch {
	case p.Bytes == 0:
		return 0
	case p.Rate == 0:
		return -1
	}
	return (p.Bytes + p.Rate - 1) / p.Rate
}
