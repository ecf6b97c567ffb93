package tcss

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// places returns the settings of the registries by name: what the images show of
// their registry.
func (s *Service) places(ctx context.Context) (map[string]registrySettings, error) {
	list, err := s.Store.Registries().All(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]registrySettings{}
	for _, r := range list {
		if _, out[r.Name], err = registryOf(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) describeRegistryImages(
	ctx context.Context, req *DescribeAssetImageRegistryListRequest,
) (*DescribeAssetImageRegistryListResponse, error) {
	at, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	var running bool
	keep(&running, req.IsRunning)
	fetch := func(ctx context.Context, p store.Page) ([]store.RegistryImage, int, error) {
		return s.Store.RegistryImages().List(ctx, p, req.OnlyShowLatest, running)
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, registryImageWords, q, fetch, func(img store.RegistryImage) ImageRepoInfo {
		return repoInfo(img, at[img.Registry])
	})
	return &DescribeAssetImageRegistryListResponse{List: list, TotalCount: total}, err
}

// repoInfo shows an image at a place in a registry. The API has the number of
// secrets twice, once with a typo (SentiveInfoCnt): clients read either.
func repoInfo(img store.RegistryImage, at registrySettings) ImageRepoInfo {
	sum := img.ImageSummary
	failed := failuresOf(sum)
	return ImageRepoInfo{
		ImageDigest: img.Digest, ImageRepoAddress: img.Address, RegistryType: img.Kind, ImageName: img.Repository,
		ImageTag: img.Tag, ImageSize: uint64(sum.Size), ScanTime: clock(sum.ScanTime, shapeSubmit),
		ScanStatus: string(sum.State), VulCnt: uint64(sum.VulnTotal()), VirusCnt: uint64(sum.Viruses),
		RiskCnt: uint64(sum.Sensitive), SentiveInfoCnt: uint64(sum.Sensitive), IsTrustImage: sum.Trusted, OsName: sum.Distro,
		ScanVirusError: failed.virus, ScanVulError: failed.vul, ScanRiskError: failed.risk, InstanceId: at.InstanceID,
		InstanceName: img.Registry, Namespace: img.Namespace, ScanVirusProgress: progress(sum, landwaiter.ScanVirus),
		ScanVulProgress: progress(sum, landwaiter.ScanVul), ScanRiskProgress: progress(sum, landwaiter.ScanRisk),
		CveStatus: kindStatus(sum, landwaiter.ScanVul), RiskStatus: kindStatus(sum, landwaiter.ScanRisk),
		VirusStatus: kindStatus(sum, landwaiter.ScanVirus), Progress: totalProgress(sum),
		IsAuthorized: flag(sum.Authorized), RegistryRegion: at.Region, Id: uint64(img.Number), ImageId: img.ID,
		ImageCreateTime: clock(sum.Created, shapeSubmit), IsLatestImage: img.Latest,
		LowLevelVulCnt:    uint64(sum.Vulns[landwaiter.Low] + sum.Vulns[landwaiter.Unknown]),
		MediumLevelVulCnt: uint64(sum.Vulns[landwaiter.Medium]), HighLevelVulCnt: uint64(sum.Vulns[landwaiter.High]),
		CriticalLevelVulCnt: uint64(sum.Vulns[landwaiter.Critical]), ContainerCnt: uint64(sum.Containers),
		ComponentCnt: uint64(sum.Components), IsRunning: img.Running, HasNeedFixVul: sum.Fixable,
		SensitiveInfoCnt: uint64(sum.Sensitive), RecommendedFix: sum.Fixable || sum.Viruses > 0, Solution: solution(sum),
		Reason: sum.Reason,
	}
}

// kindStatus is the image's state, unless its scans looked for other things.
func kindStatus(sum store.ImageSummary, kind landwaiter.ScanKind) string {
	if sum.State == landwaiter.ScanDone && !sum.Kinds.Has(kind) {
		return string(landwaiter.ScanNone)
	}
	return string(sum.State)
}

// totalProgress is 100 for an image whose last scan has a report.
func totalProgress(sum store.ImageSummary) uint64 {
	return 100 * flag(sum.State == landwaiter.ScanDone)
}

// describeRegistryImage describes one image, by Id or, at one of its places, by
// ImageId. An image that has vanished from its registry is shown as it was.
func (s *Service) describeRegistryImage(
	ctx context.Context, req *DescribeAssetImageRegistryDetailRequest,
) (*DescribeAssetImageRegistryDetailResponse, error) {
	var img store.RegistryImage
	var err error
	switch {
	case req.Id != 0:
		img, err = s.Store.RegistryImages().Get(ctx, number(req.Id))
	case req.ImageId != "":
		img, err = s.Store.RegistryImages().Of(ctx, req.ImageId)
	default:
		err = landwaiter.Errorf(landwaiter.Invalid, "say which image: Id or ImageId")
	}
	if err != nil {
		return nil, err
	}
	about, err := s.Store.Images().Get(ctx, img.ID)
	if err != nil {
		return nil, err
	}
	at, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	r := repoInfo(img, at[img.Registry])
	return &DescribeAssetImageRegistryDetailResponse{
		ImageDigest: r.ImageDigest, ImageRepoAddress: r.ImageRepoAddress, RegistryType: r.RegistryType,
		ImageName: r.ImageName, ImageTag: r.ImageTag, ScanTime: r.ScanTime, ScanStatus: r.ScanStatus, VulCnt: r.VulCnt,
		VirusCnt: r.VirusCnt, RiskCnt: r.RiskCnt, SentiveInfoCnt: r.SentiveInfoCnt, OsName: r.OsName,
		ScanVirusError: r.ScanVirusError, ScanVulError: r.ScanVulError, LayerInfo: buildHistory(about),
		InstanceId: r.InstanceId, InstanceName: r.InstanceName, Namespace: r.Namespace, ScanRiskError: r.ScanRiskError,
		ScanVirusProgress: r.ScanVirusProgress, ScanVulProgress: r.ScanVulProgress, ScanRiskProgress: r.ScanRiskProgress,
		CveStatus: r.CveStatus, RiskStatus: r.RiskStatus, VirusStatus: r.VirusStatus, Progress: r.Progress,
		IsAuthorized: r.IsAuthorized, ImageSize: r.ImageSize, ImageId: r.ImageId, RegistryRegion: r.RegistryRegion,
		ImageCreateTime: r.ImageCreateTime, SensitiveInfoCnt: r.SensitiveInfoCnt, Id: r.Id, Solution: r.Solution,
		Reason: r.Reason,
	}, nil
}

func (s *Service) describeRegistrySummary(
	ctx context.Context, req *DescribeAssetImageRegistrySummaryRequest,
) (*DescribeAssetImageRegistrySummaryResponse, error) {
	filters, err := registryImageWords.translate(req.Filters)
	if err != nil {
		return nil, err
	}
	filters = append(filters, landwaiter.Filter{By: store.ByScanState, Values: []string{store.StateNotScanned}})
	_, total, err := s.Store.RegistryImages().List(ctx, store.Page{Filters: filters}, false, false)
	return &DescribeAssetImageRegistrySummaryResponse{UnScannedImageCnt: uint64(total)}, err
}

func (s *Service) describeNamespaces(
	ctx context.Context, req *DescribeImageRegistryNamespaceListRequest,
) (*DescribeImageRegistryNamespaceListResponse, error) {
	q := query{limit: req.Limit, offset: req.Offset, filters: req.Filters}
	list, total, err := rows(ctx, namespaceWords, q, s.Store.RegistryImages().Namespaces,
		func(n store.Namespace) NamespaceInfo {
			return NamespaceInfo{
				Namespace: n.Name, RegistryCnt: int64(n.Repositories), ImageCnt: int64(n.Images), RiskImageCnt: int64(n.Risky),
			}
		})
	resp := &DescribeImageRegistryNamespaceListResponse{NamespaceDetail: list, TotalCount: total}
	for _, n := range list {
		resp.NamespaceList = append(resp.NamespaceList, n.Namespace)
	}
	return resp, err
}
