package tcss

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// minSyncTimeout is the least TimeoutSec of ModifyAsset. The value is checked and
// otherwise ignored: a sync here runs as long as its source answers.
const minSyncTimeout = 3600

func (s *Service) modifyAsset(ctx context.Context, req *ModifyAssetRequest) (*ModifyAssetResponse, error) {
	if req.TimeoutSec != 0 && req.TimeoutSec < minSyncTimeout {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "TimeoutSec is %d; want %d or more", req.TimeoutSec, minSyncTimeout)
	}
	if len(req.NodeUniqueIds) > 0 || req.AllSuperHost && !req.All && len(req.Hosts) == 0 {
		return nil, landwaiter.Errorf(landwaiter.NotFound, "there are no super nodes here; choose hosts by All or Hosts")
	}
	var sources []string // nil: all
	if !req.All {
		if len(req.Hosts) == 0 {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "choose hosts by All or Hosts")
		}
		var err error
		if sources, err = s.Store.Runtimes().HostSources(ctx, req.Hosts); err != nil {
			return nil, err
		}
	}
	task, err := s.Store.Sources().RequestSync(ctx, sources)
	if err != nil {
		return nil, err
	}
	return &ModifyAssetResponse{Status: "SUCCESS", TaskId: uint64(task.Number)}, nil
}

// The states of a sync, which two actions call by different words.
var (
	syncWords = map[store.SyncStatus]string{
		store.SyncPending: "PENDING", store.SyncRunning: "PROCESSING", store.SyncDone: "PROCESSED", store.SyncFailed: "ERROR",
	}
	refreshWords = map[store.SyncStatus]string{
		store.SyncPending: "Task_New", store.SyncRunning: "Task_Running", store.SyncDone: "Task_Finish",
		store.SyncFailed: "Task_Error",
	}
)

// describeSyncLastTime describes the newest sync task; when that has ended, the
// periodic syncs. FailedHostCount counts the sources whose last sync failed.
func (s *Service) describeSyncLastTime(
	ctx context.Context, _ *DescribeAssetSyncLastTimeRequest,
) (*DescribeAssetSyncLastTimeResponse, error) {
	task, err := s.Store.Sources().SyncTask(ctx, 0)
	if err != nil && landwaiter.KindOf(err) != landwaiter.NotFound {
		return nil, err
	}
	sources, err := s.Store.Sources().States(ctx)
	if err != nil {
		return nil, err
	}
	var last time.Time
	syncing, failed := 0, 0
	for _, src := range sources {
		if src.Synced.After(last) {
			last = src.Synced
		}
		if src.Syncing {
			syncing++
		}
		if src.Error != "" {
			failed++
		}
	}
	resp := &DescribeAssetSyncLastTimeResponse{
		AssetSyncLastTime: clock(last, shapeDetail), TaskStatus: syncWords[store.SyncDone], TaskProcess: 100,
		FailedHostCount: uint64(failed), TaskId: uint64(task.Number),
	}
	switch {
	case task.Done < task.Sources:
		resp.TaskStatus, resp.TaskProcess = syncWords[task.Status], percent(task.Done, task.Sources)
	case syncing > 0:
		resp.TaskStatus, resp.TaskProcess = syncWords[store.SyncRunning], percent(len(sources)-syncing, len(sources))
	}
	return resp, nil
}

func percent(part, all int) int64 { return int64(part) * 100 / int64(all) }

// createRefreshTask reads the sources of the clusters again, or all sources,
// as any may find a cluster. IsSyncListOnly changes nothing: what did not
// change is not read again anyway.
func (s *Service) createRefreshTask(
	ctx context.Context, req *CreateRefreshTaskRequest,
) (*CreateRefreshTaskResponse, error) {
	sources, err := s.Store.Runtimes().ClusterSources(ctx, req.ClusterIDs)
	if landwaiter.KindOf(err) == landwaiter.NotFound { // which the action does not document
		return nil, landwaiter.Errorf(landwaiter.Invalid, "ClusterIDs: %w", err)
	}
	if err != nil {
		return nil, err
	}
	task, err := s.Store.Sources().RequestSync(ctx, sources)
	if err != nil {
		return nil, err
	}
	return &CreateRefreshTaskResponse{TaskId: uint64(task.Number), CreateResult: "Succ",
		NewTaskID: strconv.FormatInt(task.Number, 10)}, nil
}

func (s *Service) describeRefreshTask(
	ctx context.Context, req *DescribeRefreshTaskRequest,
) (*DescribeRefreshTaskResponse, error) {
	const unknown = "Task_NoExist"
	if req.TaskId == 0 || req.TaskId > math.MaxInt64 {
		return &DescribeRefreshTaskResponse{TaskStatus: unknown}, nil
	}
	task, err := s.Store.Sources().SyncTask(ctx, int64(req.TaskId))
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		return &DescribeRefreshTaskResponse{TaskStatus: unknown}, nil
	}
	if err != nil {
		return nil, err
	}
	return &DescribeRefreshTaskResponse{TaskStatus: refreshWords[task.Status]}, nil
}
