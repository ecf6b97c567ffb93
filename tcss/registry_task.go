package tcss

import (
	"context"
	"math"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// maxImageStatus is how many images the progress of a task lists one by
// one: 300 bytes each, so 3 MB.
const maxImageStatus = 10_000

func (s *Service) createRegistryTask(
	ctx context.Context, req *CreateAssetImageRegistryScanTaskRequest,
) (*CreateAssetImageRegistryScanTaskResponse, error) {
	filters, err := registryImageWords.translate(req.Filters)
	if err != nil {
		return nil, err
	}
	r := registrySelection(req.Images, req.Id, req.ExcludeImageList)
	r.Filters, r.Latest = filters, req.OnlyScanLatest
	if !req.All && len(r.Numbers)+len(r.Images)+len(r.Filters) == 0 && !r.Latest {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "say what to scan: All, Images, Id, Filters or OnlyScanLatest")
	}
	number, err := s.scanRegistries(ctx, registryScan{RegistrySelection: r, types: req.ScanType, timeout: req.Timeout})
	return &CreateAssetImageRegistryScanTaskResponse{TaskID: number}, err
}

func (s *Service) createRegistryTaskOneKey(
	ctx context.Context, req *CreateAssetImageRegistryScanTaskOneKeyRequest,
) (*CreateAssetImageRegistryScanTaskOneKeyResponse, error) {
	r := registrySelection(req.Images, req.Id, req.ExcludeIDs)
	r.Latest, r.Types, r.Namespaces = req.IsLatest, req.RegistryType, req.Namespace
	if err := checkRegistryScope(req.ScanScope, r); err != nil {
		return nil, err
	}
	if err := s.Store.RegistryTasks().CheckOneClick(ctx); err != nil {
		return nil, err
	}
	number, err := s.scanRegistries(ctx, registryScan{
		RegistrySelection: r, types: req.ScanType, timeout: req.Timeout, running: req.ContainerRunning,
		recommended: req.ScanScope == scopeRecommended, oneClick: true,
	})
	return &CreateAssetImageRegistryScanTaskOneKeyResponse{TaskID: number}, err
}

// registrySelection reads the parameters that all registry actions share. Id
// and Images name images together.
func registrySelection(images []ImageInfo, ids, exclude []uint64) store.RegistrySelection {
	r := store.RegistrySelection{Numbers: numbers(ids), Exclude: numbers(exclude)}
	for _, info := range images {
		r.Images = append(r.Images, reference(info))
	}
	return r
}

// checkRegistryScope checks a ScanScope: 0 all images, 1 hand-picked ones, 2
// recommended ones.
func checkRegistryScope(scope uint64, r store.RegistrySelection) error {
	switch {
	case scope > scopeRecommended:
		return landwaiter.Errorf(landwaiter.Invalid,
			"ScanScope is %d; want 0 (all images), 1 (hand-picked) or 2 (recommended)", scope)
	case scope == scopeSelected && len(r.Numbers)+len(r.Images) == 0:
		return landwaiter.Errorf(landwaiter.Invalid, "ScanScope 1 needs Id or Images")
	}
	return nil
}

// registryScan is what to scan, and for what.
type registryScan struct {
	store.RegistrySelection
	types                          []string // ScanType
	timeout                        uint64   // seconds
	running, recommended, oneClick bool
}

// scanRegistries creates a task and returns its number. Images that are named one
// by one are resolved to their IDs now: only then does the task have the class of
// hand-picked images, which are scanned before those of broad selections.
func (s *Service) scanRegistries(ctx context.Context, r registryScan) (uint64, error) {
	kinds, err := registryScanTypes(r.types)
	if err != nil {
		return 0, err
	}
	if r.timeout > math.MaxInt32 {
		return 0, landwaiter.Errorf(landwaiter.Invalid, "Timeout is %d seconds; at most %d", r.timeout, math.MaxInt32)
	}
	if err := s.Store.RegistryImages().Check(ctx, r.RegistrySelection); err != nil {
		return 0, err
	}
	sel := r.Selection()
	if len(r.Numbers)+len(r.Images) > 0 {
		ids, err := s.Store.RegistryImages().Pick(ctx, r.RegistrySelection)
		if err != nil {
			return 0, err
		}
		if len(ids) == 0 {
			return 0, landwaiter.Errorf(landwaiter.NotFound, "none of the named images fits the other conditions")
		}
		sel = landwaiter.Selection{Images: ids}
	}
	sel.Kinds, sel.Timeout = kinds, time.Duration(r.timeout)*time.Second
	sel.Running, sel.Recommended = r.running, r.recommended
	task, err := s.Tasks.Create(ctx, sel)
	if err != nil {
		return 0, err
	}
	number, err := s.Store.RegistryTasks().Number(ctx, task.ID, r.oneClick)
	if landwaiter.KindOf(err) == landwaiter.Conflict { // another one-click task began in between
		if stopErr := s.Tasks.StopTask(ctx, task.ID); stopErr != nil {
			return 0, stopErr
		}
	}
	return uint64(number), err
}

// registryScanTypes reads ScanType: CVE, VIRUS, RISK; all of them when none is
// named.
func registryScanTypes(words []string) (landwaiter.ScanKind, error) {
	for _, w := range words {
		if w != "CVE" && w != "VIRUS" && w != "RISK" {
			return 0, landwaiter.Errorf(landwaiter.Invalid, "ScanType %.16q: want CVE, VIRUS or RISK", w)
		}
	}
	return scanTypes(words), nil
}

// describeRegistryScan describes the progress of a registry task: the one with TaskID,
// else the newest one-click task, else the newest of all. ImageStatus has the
// images of the task that Id and Images name, or with All every image, up to
// maxImageStatus.
func (s *Service) describeRegistryScan(
	ctx context.Context, req *DescribeAssetImageRegistryScanStatusOneKeyRequest,
) (*DescribeAssetImageRegistryScanStatusOneKeyResponse, error) {
	id, err := s.registryTaskID(ctx, req.TaskID)
	if err != nil {
		return nil, err
	}
	p, err := s.Tasks.Progress(ctx, id)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetImageRegistryScanStatusOneKeyResponse{
		ImageTotal: uint64(p.Total), ImageScanCnt: uint64(p.Done), SuccessCount: uint64(p.Safe), RiskCount: uint64(p.Risky),
		Schedule: uint64(p.Percent()), Status: string(p.Status), ScanRemainTime: uint64(math.Ceil(p.Left.Seconds())),
	}
	r := registrySelection(req.Images, req.Id, nil)
	if !req.All && len(r.Numbers)+len(r.Images) == 0 {
		return resp, nil
	}
	list, err := s.Store.RegistryTasks().Images(ctx, id, r, maxImageStatus)
	if err != nil {
		return nil, err
	}
	at, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	for _, img := range list {
		done := func(kind landwaiter.ScanKind) uint64 {
			return 100 * flag(img.State == landwaiter.ScanDone && p.Kinds.Has(kind))
		}
		resp.ImageStatus = append(resp.ImageStatus, ImageProgress{
			ImageId: img.ID, RegistryType: img.Kind, ImageRepoAddress: img.Address, InstanceId: at[img.Registry].InstanceID,
			InstanceName: img.Registry, Namespace: img.Namespace, ImageName: img.Repository, ImageTag: img.Tag,
			ScanStatus: string(img.State), CveProgress: done(landwaiter.ScanVul), RiskProgress: done(landwaiter.ScanRisk),
			VirusProgress: done(landwaiter.ScanVirus),
		})
	}
	return resp, nil
}

func (s *Service) registryTaskID(ctx context.Context, n uint64) (string, error) {
	if n != 0 {
		return s.Store.RegistryTasks().Get(ctx, number(n))
	}
	id, err := s.Store.RegistryTasks().Last(ctx, true)
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		id, err = s.Store.RegistryTasks().Last(ctx, false)
	}
	return id, err
}

func (s *Service) stopRegistryScan(
	ctx context.Context, req *ModifyAssetImageRegistryScanStopRequest,
) (*ModifyAssetImageRegistryScanStopResponse, error) {
	filters, err := registryImageWords.translate(req.Filters)
	if err != nil {
		return nil, err
	}
	r := registrySelection(req.Images, req.Id, req.ExcludeImageList)
	r.Filters, r.Latest = filters, req.OnlyScanLatest
	everything := req.All && len(r.Numbers)+len(r.Images)+len(r.Filters)+len(r.Exclude) == 0 && !r.Latest
	return &ModifyAssetImageRegistryScanStopResponse{}, s.stopRegistry(ctx, req.TaskID, everything, false, r)
}

func (s *Service) stopRegistryScanOneKey(
	ctx context.Context, req *ModifyAssetImageRegistryScanStopOneKeyRequest,
) (*ModifyAssetImageRegistryScanStopOneKeyResponse, error) {
	r := registrySelection(req.Images, req.Id, nil)
	everything := len(r.Numbers)+len(r.Images) == 0 // All or not: there is but one such task
	return &ModifyAssetImageRegistryScanStopOneKeyResponse{}, s.stopRegistry(ctx, req.TaskID, everything, true, r)
}

// stopRegistry stops one task by its number, or all registry tasks, or the
// scans of images in whichever tasks they are.
func (s *Service) stopRegistry(
	ctx context.Context, task uint64, everything, oneClick bool, r store.RegistrySelection,
) error {
	switch {
	case task != 0:
		id, err := s.Store.RegistryTasks().Get(ctx, number(task))
		if err != nil {
			return err
		}
		return s.Tasks.StopTask(ctx, id)
	case everything:
		return s.Store.RegistryTasks().Stop(ctx, oneClick)
	case len(r.Numbers)+len(r.Images)+len(r.Filters)+len(r.Exclude) == 0 && !r.Latest:
		return landwaiter.Errorf(landwaiter.Invalid, "say what to stop: TaskID, All, Images, Id or Filters")
	}
	if err := s.Store.RegistryImages().Check(ctx, r); err != nil {
		return err
	}
	return s.Tasks.StopImages(ctx, r.Selection())
}
