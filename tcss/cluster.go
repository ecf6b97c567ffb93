package tcss

import (
	"context"

	"github.com/landwaiter/landwaiter/store"
)

func (s *Service) describeClusterList(
	ctx context.Context, req *DescribeAssetClusterListRequest,
) (*DescribeAssetClusterListResponse, error) {
	q := query{req.Limit, req.Offset, assetFilters(req.Filters), req.By, req.Order}
	list, total, err := rows(ctx, clusterWords, q, s.Store.Runtimes().Clusters, clusterItem)
	return &DescribeAssetClusterListResponse{List: list, TotalCount: total}, err
}

// clusterItem converts a cluster. The type and the audit status are constants: a
// kubeconfig does not say who created a cluster, and nothing is audited there.
func clusterItem(c store.ClusterRow) AssetClusterListItem {
	row := AssetClusterListItem{
		ClusterID: c.ID, ClusterName: c.Name, Status: "CSR_RUNNING", ClusterType: "CT_USER_CREATE", ClusterVersion: c.Version,
		ClusterAuditStatus: "Closed", AccessedStatus: "AccessedInstalled",
	}
	if c.Error != "" {
		row.Status, row.AccessedStatus = "CSR_EXCEPTION", "AccessedException"
	}
	return row
}

// describeBindRules lists images with the runtime rule they are bound to.
// There are no runtime rules here, so none is bound to any.
func (s *Service) describeBindRules(
	ctx context.Context, req *DescribeAssetImageBindRuleInfoRequest,
) (*DescribeAssetImageBindRuleInfoResponse, error) {
	q := query{req.Limit, req.Offset, assetFilters(req.Filters), req.By, req.Order}
	list, total, err := rows(ctx, bindRuleWords, q, s.Store.Images().List, bindRuleInfo)
	return &DescribeAssetImageBindRuleInfoResponse{ImageBindRuleSet: list, TotalCount: total}, err
}

func bindRuleInfo(img store.ImageSummary) ImagesBindRuleInfo {
	return ImagesBindRuleInfo{
		ImageId: img.ID, ImageName: first(img.Names), ContainerCnt: int64(img.Containers), ImageSize: img.Size,
		ScanTime: clock(img.ScanTime, shapeDetail),
	}
}
