package tcss

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// describeVulList checks the image first, as the other lists of one image do: an
// unknown image must be an error, since an empty list would say that it is clean.
func (s *Service) describeVulList(
	ctx context.Context, req *DescribeAssetImageVulListRequest,
) (*DescribeAssetImageVulListResponse, error) {
	if err := s.Store.Images().Check(ctx, req.ImageID); err != nil {
		return nil, err
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, vulnWords, q, of(req.ImageID, s.Store.Findings().Vulnerabilities), imagesVul)
	return &DescribeAssetImageVulListResponse{List: list, TotalCount: total}, err
}

// imagesVul converts a vulnerability. Name falls back to the ID, since some records
// have no summary and consoles show the name. DefenseSolution stays empty: nothing
// here shields a running container.
func imagesVul(v landwaiter.ImageVulnerability) ImagesVul {
	refs, _ := json.Marshal(append([]string{}, v.References...)) // strings always marshal
	name, advice := v.Summary, "No fixed version is known yet; see the references."
	if name == "" {
		name = v.ID
	}
	if v.Fixed != "" {
		advice = fmt.Sprintf("Upgrade %s to %s or later and rebuild the image.", v.Package, v.Fixed)
	}
	return ImagesVul{
		CVEID: v.ID, Name: name, Component: v.Package, Version: v.Version, Category: cmp.Or(v.Category, "OTHER"),
		CategoryType: categoryType(v.Type), Level: wireLevel(v.Severity), Des: description(v), OfficialSolution: advice,
		Reference: string(refs), SubmitTime: clock(v.Published, shapeSubmit), CVSSV3Score: v.CVSS, CVSSV3Desc: v.CVSSVector,
		IsSuggest: v.KEV || v.Severity == landwaiter.Critical, FixedVersions: v.Fixed, Tag: tags(v),
		AttackLevel: int64(v.AttackLevel()),
	}
}

func description(v landwaiter.ImageVulnerability) string {
	if v.Details != "" {
		return v.Details
	}
	return v.Summary
}

// categoryType is SYSTEM for packages of a distribution and WEB for those of
// an application.
func categoryType(purlType string) string {
	if landwaiter.IsDistribution(purlType) {
		return "SYSTEM"
	}
	return "WEB"
}

// tags returns the tags of the API. An exploited flaw has both dynamic tags: where
// there is an exploit (Exp), there is a proof of concept (Poc).
func tags(v landwaiter.ImageVulnerability) []string {
	list := []string{}
	if v.Fixed != "" {
		list = append(list, "CanBeFixed")
	}
	if v.Exploit == "poc" || v.Exploit == "active" || v.KEV {
		list = append(list, "DynamicLevelPoc")
	}
	if v.Exploit == "active" || v.KEV {
		list = append(list, "DynamicLevelExp")
	}
	if strings.Contains("/"+v.CVSSVector, "/AV:N") {
		list = append(list, "NETWORK")
	}
	return list
}

func (s *Service) describeVirusList(
	ctx context.Context, req *DescribeAssetImageVirusListRequest,
) (*DescribeAssetImageVirusListResponse, error) {
	sum, err := s.Store.Images().Summary(ctx, req.ImageID)
	if err != nil {
		return nil, err
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, malwareWords, q, of(req.ImageID, s.Store.Findings().Malware), virusInfo)
	return &DescribeAssetImageVirusListResponse{List: list, TotalCount: total, VirusScanStatus: virusStatus(sum)}, err
}

// virusStatus is the number of the image's state; 0, "not scanned", if its last scan
// did not look for malware, so that the empty list is not taken for a clean image.
func virusStatus(sum store.ImageSummary) uint64 {
	if sum.State == landwaiter.ScanDone && !sum.Kinds.Has(landwaiter.ScanVirus) {
		return 0
	}
	return stateNumbers[sum.State]
}

// checkPlatforms maps malware engines to the codes of the API: 2 is the antivirus
// engine, 5 threat intelligence.
var checkPlatforms = map[string]string{"eicar": "2", "hash": "5", "osv": "5"}

// virusInfo shows malware. A file that a higher layer deletes is listed as well,
// since whoever has the image can extract it.
func virusInfo(m store.MalwareRow) ImageVirusInfo {
	desc := fmt.Sprintf("Found by the %s engine.", m.Engine)
	if m.State == landwaiter.Hidden {
		desc += " A higher layer deletes the file, but it can still be extracted from layer " + m.Layer + "."
	}
	info := ImageVirusInfo{
		Path: "/" + m.Path, RiskLevel: wireLevel(m.Severity), VirusName: m.Name, Tags: []string{m.Engine, string(m.State)},
		Desc:     desc,
		Solution: "Do not run the image. Rebuild it from sources that you trust, and find out how the file came in.",
		Size:     uint64(m.Size), FirstScanTime: clock(m.FirstSeen, shapeDetail),
		LatestScanTime: clock(m.LastSeen, shapeDetail), Md5: m.MD5, FileName: path.Base(m.Path), CheckPlatform: []string{},
	}
	if code := checkPlatforms[m.Engine]; code != "" {
		info.CheckPlatform = append(info.CheckPlatform, code)
	}
	return info
}

func (s *Service) describeRiskList(
	ctx context.Context, req *DescribeAssetImageRiskListRequest,
) (*DescribeAssetImageRiskListResponse, error) {
	if err := s.Store.Images().Check(ctx, req.ImageID); err != nil {
		return nil, err
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, riskWords, q, of(req.ImageID, s.Store.Findings().Risks), riskInfo)
	return &DescribeAssetImageRiskListResponse{List: list, TotalCount: total}, err
}

// The values of Type of a risk: where it is.
const (
	riskTypeFile  = 1
	riskTypeBuild = 2 // a build step, or the configuration
)

// riskInfo converts a risk. The API has no fields for path and line, so the
// description begins with them.
func riskInfo(k store.RiskRow) ImageRiskInfo {
	where := ""
	if k.Path != "" {
		where = "/" + k.Path
		if k.Line > 0 {
			where = fmt.Sprintf("%s:%d", where, k.Line)
		}
		if k.State == landwaiter.Hidden {
			where += " (deleted above, still in layer " + k.Layer + ")"
		}
		where += ": "
	}
	info := ImageRiskInfo{
		Behavior: riskBehaviors[k.Class], Type: riskTypeBuild, Level: wireLevel(k.Severity), Desc: where + k.Message,
		InstructionContent: k.Instruction,
	}
	if k.InFile {
		info.Type = riskTypeFile
	}
	return info
}

// describeComponentList returns only what the API has fields for. The layer and
// owner of a package are in the JSON report.
func (s *Service) describeComponentList(
	ctx context.Context, req *DescribeImageComponentListRequest,
) (*DescribeImageComponentListResponse, error) {
	if err := s.Store.Images().Check(ctx, req.ImageID); err != nil {
		return nil, err
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, componentWords, q, of(req.ImageID, s.Store.Findings().Components),
		func(c store.Component) ImageComponent {
			return ImageComponent{
				Name: c.Name, Version: c.Version, Path: "/" + c.Path, Type: categoryType(c.Type) + "_COMPONENT",
				VulCount: uint64(c.Vulns), ImageID: req.ImageID,
			}
		})
	return &DescribeImageComponentListResponse{List: list, TotalCount: total}, err
}
