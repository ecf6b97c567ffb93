package tcss

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/store"
)

// reference is where an ImageInfo says that an image is. The registry's name
// stands for its type, address and instance; Force has no meaning here.
func reference(info ImageInfo) store.RegistryRef {
	return store.RegistryRef{
		Registry: info.InstanceName, Namespace: info.Namespace, Repository: info.ImageName, Tag: info.ImageTag,
		Digest: info.ImageDigest,
	}
}

// registryImageID returns the image ID of the registry image with the Id, or
// else of the one that info names.
func (s *Service) registryImageID(ctx context.Context, id uint64, info ImageInfo) (string, error) {
	var img store.RegistryImage
	var err error
	switch {
	case id != 0:
		img, err = s.Store.RegistryImages().Get(ctx, number(id))
	case info != ImageInfo{}:
		img, err = s.Store.RegistryImages().Find(ctx, reference(info))
	default:
		err = landwaiter.Errorf(landwaiter.Invalid, "say which image: Id or ImageInfo")
	}
	return img.ID, err
}

// levelWord is a severity as a word, where an unknown one counts as low.
func levelWord(s landwaiter.Severity) string {
	return strings.ToUpper(landwaiter.Severity(wireLevel(s)).String())
}

func (s *Service) describeRegistryVulns(
	ctx context.Context, req *DescribeAssetImageRegistryVulListRequest,
) (*DescribeAssetImageRegistryVulListResponse, error) {
	id, err := s.registryImageID(ctx, req.Id, req.ImageInfo)
	if err != nil {
		return nil, err
	}
	img, err := s.Store.Images().Get(ctx, id)
	if err != nil {
		return nil, err
	}
	commands := history.Layers(img)
	q := query{limit: req.Limit, offset: req.Offset, filters: req.Filters}
	list, total, err := rows(ctx, vulnWords, q, of(id, s.Store.Findings().Vulnerabilities),
		func(v landwaiter.ImageVulnerability) ImageVul {
			return registryVuln(v, commands)
		})
	return &DescribeAssetImageRegistryVulListResponse{List: list, TotalCount: total}, err
}

// registryVuln shows a vulnerability as the registry actions do: with words for
// numbers, and with the layer that the package is from. CvssScore stays empty
// where there is no vector: "0.0" would be a score.
func registryVuln(v landwaiter.ImageVulnerability, commands map[string]string) ImageVul {
	w := imagesVul(v)
	out := ImageVul{
		CVEID: v.ID, POCID: v.Advisory, Name: w.Name, Category: w.Category, CategoryType: w.CategoryType,
		Level: levelWord(v.Severity), Des: w.Des, OfficialSolution: w.OfficialSolution, Reference: w.Reference,
		DefenseSolution: w.DefenseSolution, SubmitTime: w.SubmitTime, CvssVector: w.CVSSV3Desc,
		IsSuggest: strconv.FormatBool(w.IsSuggest), FixedVersions: w.FixedVersions, Tag: w.Tag, Component: w.Component,
		Version: w.Version, AttackLevel: w.AttackLevel,
		Components: []ComponentsInfo{{
			Component: v.Package, Version: v.Version, FixedVersion: v.Fixed, Path: "/" + v.Path, Type: categoryType(v.Type),
			Name: v.Package,
		}},
	}
	if v.CVSS > 0 {
		out.CvssScore = strconv.FormatFloat(v.CVSS, 'f', 1, 64)
	}
	if v.Layer != "" {
		out.LayerInfos = append(out.LayerInfos, ImageVulLayerInfo{LayerId: v.Layer, LayerCmd: commands[v.Layer]})
	}
	return out
}

func (s *Service) describeRegistryViruses(
	ctx context.Context, req *DescribeAssetImageRegistryVirusListRequest,
) (*DescribeAssetImageRegistryVirusListResponse, error) {
	id, err := s.registryImageID(ctx, req.Id, req.ImageInfo)
	if err != nil {
		return nil, err
	}
	q := query{limit: req.Limit, offset: req.Offset, filters: req.Filters}
	list, total, err := rows(ctx, malwareWords, q, of(id, s.Store.Findings().Malware), registryVirus)
	return &DescribeAssetImageRegistryVirusListResponse{List: list, TotalCount: total}, err
}

func registryVirus(m store.MalwareRow) ImageVirus {
	v := virusInfo(m)
	return ImageVirus{
		Path: v.Path, RiskLevel: levelWord(m.Severity), Category: "MALWARE", VirusName: v.VirusName, Tags: v.Tags,
		Desc: v.Desc, Solution: v.Solution, FileType: strings.TrimPrefix(path.Ext(v.FileName), "."), FileName: v.FileName,
		FileMd5: v.Md5, FileSize: v.Size, FirstScanTime: clock(m.FirstSeen, shapeSubmit),
		LatestScanTime: clock(m.LastSeen, shapeSubmit),
	}
}

func (s *Service) describeRegistryRisks(
	ctx context.Context, req *DescribeAssetImageRegistryRiskInfoListRequest,
) (*DescribeAssetImageRegistryRiskInfoListResponse, error) {
	id, err := s.registryImageID(ctx, req.Id, req.ImageInfo)
	if err != nil {
		return nil, err
	}
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, riskWords, q, of(id, s.Store.Findings().Risks), registryRisk)
	return &DescribeAssetImageRegistryRiskInfoListResponse{List: list, TotalCount: total}, err
}

func registryRisk(k store.RiskRow) ImageRisk {
	r := riskInfo(k)
	return ImageRisk{
		Behavior: r.Behavior, Type: r.Type, Level: levelWord(k.Severity), Desc: r.Desc,
		InstructionContent: r.InstructionContent,
	}
}
