package tcss

import (
	"context"
	"slices"

	"github.com/landwaiter/landwaiter"
)

func (s *Service) describeClusterList(ctx context.Context, req *DescribeAssetClusterListRequest) (*DescribeAssetClusterListResponse, error) {
	p, err := page(req.Limit, req.Offset, runtimeFilters(req.Filters), req.By, req.Order)
	if err != nil {
		return nil, err
	}
	list, total, err := s.Store.Runtimes().Clusters(ctx, p)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetClusterListResponse{TotalCount: uint64(total)}
	for _, c := range list {
		// Who made a cluster is not known; we read it, and defend nothing there.
		row := AssetClusterListItem{
			ClusterID: c.ID, ClusterName: c.Name, Status: "CSR_RUNNING", ClusterType: "CT_USER_CREATE", ClusterVersion: c.Version,
			ClusterAuditStatus: "Closed", AccessedStatus: "AccessedInstalled",
		}
		if c.Error != "" {
			row.Status, row.AccessedStatus = "CSR_EXCEPTION", "AccessedException"
		}
		resp.List = append(resp.List, row)
	}
	return resp, nil
}

// describeBindRules lists images with the runtime rule they are bound to.
// There are no runtime rules here, so none is bound to any.
func (s *Service) describeBindRules(ctx context.Context, req *DescribeAssetImageBindRuleInfoRequest) (*DescribeAssetImageBindRuleInfoResponse, error) {
	list, err := imageFiltersOf(runtimeFilters(req.Filters))
	if err != nil {
		return nil, err
	}
	p, err := page(req.Limit, req.Offset, list, req.By, req.Order)
	if err != nil {
		return nil, err
	}
	images, total, err := s.Store.Images().List(ctx, p)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetImageBindRuleInfoResponse{TotalCount: uint64(total)}
	for _, img := range images {
		resp.ImageBindRuleSet = append(resp.ImageBindRuleSet, ImagesBindRuleInfo{
			ImageId: img.ID, ImageName: first(img.Names), ContainerCnt: int64(img.Containers), ImageSize: img.Size, ScanTime: clock(img.ScanTime, shapeDetail),
		})
	}
	return resp, nil
}

// imageFiltersOf takes the EventType out of the filters: it says which kind
// of rule is asked about, and chooses no images.
func imageFiltersOf(list []landwaiter.Filter) ([]landwaiter.Filter, error) {
	var out []landwaiter.Filter
	for _, f := range list {
		if f.Name != "EventType" {
			out = append(out, f)
			continue
		}
		for _, v := range f.Values {
			if !slices.Contains([]string{"FILE_ABNORMAL_READ", "MALICE_PROCESS_START"}, v) {
				return nil, landwaiter.Errorf(landwaiter.Invalid, "filter EventType: %.32q is neither FILE_ABNORMAL_READ nor MALICE_PROCESS_START", v)
			}
		}
	}
	return out, nil
}

// runtimeFilters translates the filters of the actions on what runs.
func runtimeFilters(in []RunTimeFilters) []landwaiter.Filter {
	out := make([]landwaiter.Filter, len(in))
	for i, f := range in {
		out[i] = landwaiter.Filter{Name: f.Name, Values: f.Values, Exact: f.ExactMatch}
	}
	return out
}
