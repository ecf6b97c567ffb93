package tcss

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// setRegistrySchedule replaces the periodic scan of registry images. What it
// scans is selected again at each run: Images and Namespace follow what is pushed
// there, an Id stays with its image.
func (s *Service) setRegistrySchedule(
	ctx context.Context, req *UpdateImageRegistryTimingScanTaskRequest,
) (*UpdateImageRegistryTimingScanTaskResponse, error) {
	start, end, err := scanWindow(req.ScanTime, req.ScanEndTime, req.ScanPeriod)
	if err != nil {
		return nil, err
	}
	kinds, err := registryScanTypes(req.ScanType)
	if err != nil {
		return nil, err
	}
	r := registrySelection(req.Images, req.Id, req.ExcludeImageAssetIds)
	keep(&r.Latest, req.Latest)
	r.Types, r.Namespaces = req.RegistryType, req.Namespace
	var scope uint64
	keep(&scope, req.ScanScope)
	if err := checkRegistryScope(scope, r); err != nil {
		return nil, err
	}
	if err := s.Store.RegistryImages().Check(ctx, r); err != nil {
		return nil, err
	}
	sel := r.Selection()
	sel.Kinds, sel.Recommended = kinds, scope == scopeRecommended
	keep(&sel.Running, req.ContainerRunning)
	err = s.Store.Schedules().Set(ctx, store.RegistrySchedule, landwaiter.Schedule{
		Enabled: req.Enable, Start: start, End: end, Period: int(req.ScanPeriod), Scan: sel,
	})
	if err != nil {
		return nil, err
	}
	return &UpdateImageRegistryTimingScanTaskResponse{}, nil
}

// scanWindow reads when a periodic scan runs; without an end both times are
// equal.
func scanWindow(scanTime, endTime string, period uint64) (start, end landwaiter.TimeOfDay, err error) {
	if start, err = landwaiter.ParseTimeOfDay(scanTime); err != nil {
		return start, end, err
	}
	end = start
	if endTime != "" {
		if end, err = landwaiter.ParseTimeOfDay(endTime); err != nil {
			return start, end, err
		}
	}
	if period < 1 || period > maxPeriod {
		err = landwaiter.Errorf(landwaiter.Invalid, "ScanPeriod is %d; want 1 to %d days", period, maxPeriod)
	}
	return start, end, err
}

func (s *Service) describeRegistrySchedule(
	ctx context.Context, _ *DescribeImageRegistryTimingScanTaskRequest,
) (*DescribeImageRegistryTimingScanTaskResponse, error) {
	sch, err := s.Store.Schedules().Get(ctx, store.RegistrySchedule)
	if err != nil {
		return nil, err
	}
	r, set := store.RegistrySelectionOf(sch.Scan)
	resp := &DescribeImageRegistryTimingScanTaskResponse{
		Enable: sch.Enabled, ScanTime: sch.Start.String(), ScanPeriod: uint64(sch.Period),
		ScanType: scanTypeWords(sch.Scan.Kinds), All: set && len(r.Numbers)+len(r.Images) == 0, Id: wireNumbers(r.Numbers),
		Latest: r.Latest, RegistryType: r.Types, ContainerRunning: sch.Scan.Running, ScanScope: registryScope(sch.Scan, r),
		Namespace: r.Namespaces, ExcludeImageAssetIds: wireNumbers(r.Exclude),
		LastScanTime: clock(sch.LastRun, shapeSubmit), ScanResult: sch.Result,
	}
	if sch.End != sch.Start {
		resp.ScanEndTime = sch.End.String()
	}
	for _, ref := range r.Images {
		resp.Images = append(resp.Images, ImageInfo{
			InstanceName: ref.Registry, Namespace: ref.Namespace, ImageName: ref.Repository, ImageTag: ref.Tag,
			ImageDigest: ref.Digest,
		})
	}
	return resp, nil
}

// registryScope is the ScanScope that a selection was made by.
func registryScope(sel landwaiter.Selection, r store.RegistrySelection) uint64 {
	switch {
	case sel.Recommended:
		return scopeRecommended
	case len(r.Numbers)+len(r.Images) > 0:
		return scopeSelected
	}
	return scopeAll
}

func scanTypeWords(k landwaiter.ScanKind) []string {
	var out []string
	for _, w := range []string{"CVE", "VIRUS", "RISK"} {
		if kind := scanTypes([]string{w}); k.Has(kind) {
			out = append(out, w)
		}
	}
	return out
}

func wireNumbers(list []int64) []uint64 {
	var out []uint64
	for _, n := range list {
		out = append(out, uint64(n))
	}
	return out
}
