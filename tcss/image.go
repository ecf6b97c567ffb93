package tcss

import (
	"context"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/store"
)

func (s *Service) describeImageList(
	ctx context.Context, req *DescribeAssetImageListRequest,
) (*DescribeAssetImageListResponse, error) {
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, imageWords, q, s.Store.Images().List, imagesInfo)
	return &DescribeAssetImageListResponse{List: list, TotalCount: total}, err
}

// imagesInfo converts an image of the list. RiskCnt counts secrets, as the API
// documents it ("sensitive data"), wherever it occurs. Vulnerabilities of unknown
// severity count as low: the API has no fifth level, and leaving them out would
// make the levels add up to less than VulCnt.
func imagesInfo(img store.ImageSummary) ImagesInfo {
	failed := failuresOf(img)
	suggest := img.Vulns[landwaiter.Critical] > 0 || img.Viruses > 0
	return ImagesInfo{
		ImageID: img.ID, ImageName: first(img.Names), CreateTime: clock(img.Created, shapeList), Size: uint64(img.Size),
		HostCnt: uint64(img.Hosts), ContainerCnt: uint64(img.Containers), ScanTime: clock(img.ScanTime, shapeList),
		VulCnt: uint64(img.VulnTotal()), VirusCnt: uint64(img.Viruses), RiskCnt: uint64(img.Sensitive),
		IsTrustImage: img.Trusted, OsName: img.Distro, ScanError: failed.all, ScanStatus: string(img.State),
		ScanVirusError: failed.virus, ScanVulError: failed.vul, ScanRiskError: failed.risk, IsSuggest: flag(suggest),
		IsAuthorized: flag(img.Authorized), ComponentCnt: uint64(img.Components),
		CriticalLevelVulCnt: uint64(img.Vulns[landwaiter.Critical]), HighLevelVulCnt: uint64(img.Vulns[landwaiter.High]),
		MediumLevelVulCnt: uint64(img.Vulns[landwaiter.Medium]),
		LowLevelVulCnt:    uint64(img.Vulns[landwaiter.Low] + img.Vulns[landwaiter.Unknown]),
		RecommendedFix:    img.Fixable || img.Viruses > 0, Solution: solution(img), Reason: img.Reason,
	}
}

// failures says why the last scan gave no report, or which kinds of it are not
// complete; "" where all is well.
type failures struct{ all, vul, virus, risk string }

// failuresOf returns what is wrong with an image's last scan. One pass looks for
// everything, so that its failure is that of all three kinds.
func failuresOf(img store.ImageSummary) failures {
	switch img.State {
	case landwaiter.ScanErr, landwaiter.ScanTimeout, landwaiter.ScanCanceled:
		return failures{img.Reason, img.Reason, img.Reason, img.Reason}
	}
	why := img.Incomplete
	return failures{vul: why[landwaiter.ScanVul], virus: why[landwaiter.ScanVirus], risk: why[landwaiter.ScanRisk]}
}

// solution says in one sentence what to do first. Malware comes before
// everything else: the image must not be run until it is gone.
func solution(img store.ImageSummary) string {
	switch {
	case img.Viruses > 0:
		return "Do not run this image: it holds malware. Rebuild it from sources that you trust."
	case img.Fixable:
		return "Rebuild with the fixed package versions: critical vulnerabilities can be closed."
	case img.Sensitive > 0:
		return "Remove the secrets from the image and replace them where they are valid."
	}
	return ""
}

func (s *Service) describeAssetSimpleList(
	ctx context.Context, req *DescribeAssetImageSimpleListRequest,
) (*DescribeAssetImageSimpleListResponse, error) {
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, imageWords, q, s.Store.Images().List, func(img store.ImageSummary) AssetSimpleImageInfo {
		return AssetSimpleImageInfo{
			ImageID: img.ID, ImageName: first(img.Names), ScanTime: clock(img.ScanTime, shapeList), Size: uint64(img.Size),
			ContainerCnt: uint64(img.Containers),
		}
	})
	return &DescribeAssetImageSimpleListResponse{List: list, TotalCount: total}, err
}

func (s *Service) describeSimpleList(
	ctx context.Context, req *DescribeImageSimpleListRequest,
) (*DescribeImageSimpleListResponse, error) {
	q := query{req.Limit, req.Offset, assetFilters(req.Filters), req.By, req.Order}
	list, total, err := rows(ctx, imageWords, q, s.Store.Images().List, func(img store.ImageSummary) ImageSimpleInfo {
		return ImageSimpleInfo{
			ImageID: img.ID, ImageName: first(img.Names), Size: uint64(img.Size), ImageType: "LOCAL",
			ContainerCnt: int64(img.Containers), HostCnt: uint64(img.Hosts),
		}
	})
	return &DescribeImageSimpleListResponse{ImageList: list, ImageCnt: total}, err
}

// The numbers of the scan states. The API has none for waiting and for timeout:
// they count as scanning and as failed.
var stateNumbers = map[landwaiter.ScanState]uint64{
	landwaiter.ScanNone: 0, landwaiter.ScanWait: 1, landwaiter.ScanRunning: 1, landwaiter.ScanDone: 2,
	landwaiter.ScanErr: 3, landwaiter.ScanTimeout: 3, landwaiter.ScanCanceled: 4,
}

func (s *Service) describeImageDetail(
	ctx context.Context, req *DescribeAssetImageDetailRequest,
) (*DescribeAssetImageDetailResponse, error) {
	sum, err := s.Store.Images().Summary(ctx, req.ImageID)
	if err != nil {
		return nil, err
	}
	img, err := s.Store.Images().Get(ctx, req.ImageID)
	if err != nil {
		return nil, err
	}
	failed := failuresOf(sum)
	return &DescribeAssetImageDetailResponse{
		ImageID: img.ID, ImageName: first(img.Names), ImageDigest: img.ManifestDigest,
		CreateTime: clock(img.Created, shapeDetail), HostCnt: uint64(sum.Hosts), ContainerCnt: uint64(sum.Containers),
		Size: uint64(img.Size), ScanTime: clock(sum.ScanTime, shapeDetail), VulCnt: uint64(sum.VulnTotal()),
		RiskCnt: uint64(sum.Sensitive), SensitiveInfoCnt: uint64(sum.Sensitive), IsTrustImage: sum.Trusted,
		OsName:    sum.Distro,
		ScanError: failed.all, Architecture: img.Architecture, Author: img.Author, BuildHistory: buildHistory(img),
		ScanVulProgress: progress(sum, landwaiter.ScanVul), ScanVirusProgress: progress(sum, landwaiter.ScanVirus),
		ScanRiskProgress: progress(sum, landwaiter.ScanRisk), ScanVirusError: failed.virus, ScanVulError: failed.vul,
		ScanRiskError: failed.risk, ScanStatus: string(sum.State), VirusCnt: uint64(sum.Viruses),
		Status: stateNumbers[sum.State], IsAuthorized: int64(flag(sum.Authorized)), Solution: solution(sum),
		Reason: sum.Reason, RepoDigests: img.RepoDigests,
	}, nil
}

// progress is 100 for a kind that has a report and is not being scanned again.
func progress(img store.ImageSummary, kind landwaiter.ScanKind) uint64 {
	if img.State == landwaiter.ScanDone && img.Kinds.Has(kind) {
		return 100
	}
	return 0
}

// buildHistory shows the build steps of an image, one a line.
func buildHistory(img landwaiter.Image) string {
	steps := history.Steps(img)
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = s.Text
	}
	return strings.Join(lines, "\n")
}
