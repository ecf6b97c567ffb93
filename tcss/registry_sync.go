package tcss

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// The states of a registry's sync.
const (
	syncDoing   = "doing"
	syncSuccess = "success"
	syncFailed  = "failed"
)

// syncStatus is doing from the moment that a sync is asked for, as callers poll it
// after SyncAssetImageRegistryAsset: the end of an earlier sync must not look like
// that of theirs. A registry that was never read is about to be.
func syncStatus(r store.Registry) string {
	switch {
	case r.Syncing, r.Requested.After(r.Started), r.Started.IsZero() && r.Synced.IsZero() && r.Error == "":
		return syncDoing
	case r.Error != "":
		return syncFailed
	}
	return syncSuccess
}

// syncAdvice is what to do about a sync that failed.
const syncAdvice = "Check the address and the credentials of the registry, " +
	"and that this server can reach it; then sync again."

func (s *Service) describeRegistries(
	ctx context.Context, req *DescribeAssetImageRegistryRegistryListRequest,
) (*DescribeAssetImageRegistryRegistryListResponse, error) {
	fetch := func(ctx context.Context, p store.Page) (list []ImageRepoRegistryInfo, total int, err error) {
		found, total, err := s.Store.Registries().List(ctx, p)
		if err != nil {
			return nil, 0, err
		}
		list = make([]ImageRepoRegistryInfo, len(found))
		for i, r := range found {
			if list[i], err = registryInfo(r); err != nil {
				return nil, 0, err
			}
		}
		return list, total, nil
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	asIs := func(info ImageRepoRegistryInfo) ImageRepoRegistryInfo { return info }
	list, total, err := rows(ctx, registryWords, q, fetch, asIs)
	return &DescribeAssetImageRegistryRegistryListResponse{List: list, TotalCount: total}, err
}

func registryInfo(r store.Registry) (ImageRepoRegistryInfo, error) {
	cfg, set, err := registryOf(r)
	info := ImageRepoRegistryInfo{
		RegistryId: uint64(r.Number), Name: r.Name, RegistryType: cmp.Or(r.Kind, store.DefaultRegistryKind), Url: cfg.URL,
		NetType: set.NetType, RegistryRegion: set.Region, RegistryVersion: set.Version, ConnDetectType: connDetectBackend,
		ConnDetectHostCount: uint64(len(set.ConnDetect)), ConnDetectDetail: connDetect(r, set), InstanceID: set.InstanceID,
		LatestSyncTime: clock(r.Synced, shapeSubmit), SyncStatus: syncStatus(r), SyncMode: set.SyncMode,
	}
	if info.SyncStatus == syncFailed {
		info.ConnectMsg, info.SyncFailReason, info.SyncMessage, info.SyncSolution = r.Error, r.Error, r.Error, syncAdvice
	}
	return info, err
}

// connDetectBackend says that the server itself connects to registries, and
// no agent on a host.
const connDetectBackend = "backend"

// connDetect gives back the hosts that were named to test the connection, with
// what the server's own last sync found.
func connDetect(r store.Registry, set registrySettings) []RegistryConnDetectResult {
	var out []RegistryConnDetectResult
	for _, c := range set.ConnDetect {
		res := RegistryConnDetectResult{Quuid: c.Quuid, Uuid: c.Uuid, ConnDetectStatus: syncStatus(r)}
		if res.ConnDetectStatus == syncFailed {
			res.ConnDetectMessage, res.FailReason, res.Solution = r.Error, r.Error, syncAdvice
		}
		out = append(out, res)
	}
	return out
}

// syncRegistries asks for a sync of registries by number, or of all.
func (s *Service) syncRegistries(
	ctx context.Context, req *SyncAssetImageRegistryAssetRequest,
) (*SyncAssetImageRegistryAssetResponse, error) {
	if !req.All && len(req.RegistryIds) == 0 {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "say what to sync: All or RegistryIds")
	}
	list, err := s.Store.Registries().All(ctx)
	if err != nil {
		return nil, err
	}
	byNumber := map[int64]string{}
	var names []string
	for _, r := range list {
		byNumber[r.Number] = r.Name
		if req.All {
			names = append(names, r.Name)
		}
	}
	if !req.All {
		for _, id := range req.RegistryIds {
			name := byNumber[number(id)]
			if name == "" {
				return nil, landwaiter.Errorf(landwaiter.NotFound, "no registry has the RegistryId %d", id)
			}
			names = append(names, name)
		}
	}
	if len(names) > 0 { // no names would mean all sources
		_, err = s.Store.Sources().RequestSync(ctx, names)
	}
	return &SyncAssetImageRegistryAssetResponse{}, err
}

// number is a number of the wire as the store has it. One that is too large
// becomes the largest, which nothing has.
func number(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

func numbers(list []uint64) []int64 {
	var out []int64
	for _, n := range list {
		out = append(out, number(n))
	}
	return out
}

func (s *Service) describeRegistrySync(
	ctx context.Context, _ *DescribeAssetImageRegistryAssetStatusRequest,
) (*DescribeAssetImageRegistryAssetStatusResponse, error) {
	list, err := s.Store.Registries().All(ctx)
	if err != nil {
		return nil, err
	}
	status := syncSuccess
	var newest time.Time
	var failed []string
	for _, r := range list {
		if r.Synced.After(newest) {
			newest = r.Synced
		}
		switch syncStatus(r) {
		case syncDoing:
			status = syncDoing
		case syncFailed:
			failed = append(failed, fmt.Sprintf("%s: %s", r.Name, r.Error))
		}
	}
	if status != syncDoing && len(failed) > 0 {
		status = syncFailed
	}
	return &DescribeAssetImageRegistryAssetStatusResponse{
		Status: status, Err: strings.Join(failed, "\n"), LatestSyncSuccessTime: clock(newest, shapeSubmit),
	}, nil
}
