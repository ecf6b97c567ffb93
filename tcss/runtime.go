package tcss

import (
	"context"
	"strings"

	"github.com/landwaiter/landwaiter/store"
)

func (s *Service) describeHostList(
	ctx context.Context, req *DescribeAssetHostListRequest,
) (*DescribeAssetHostListResponse, error) {
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, hostWords, q, s.Store.Runtimes().Hosts, hostInfo)
	return &DescribeAssetHostListResponse{List: list, TotalCount: total}, err
}

// hostInfo says that a host is online and defended: it is listed because a sync
// saw it, and there is no agent that could be missing.
func hostInfo(h store.HostRow) HostInfo {
	return HostInfo{
		HostID: h.ID, HostName: h.Name, DockerVersion: h.ContainerEngine, ImageCnt: uint64(h.Images),
		ContainerCnt: uint64(h.Containers), Status: "ONLINE", MachineType: "Other", Uuid: h.ID, DefendStatus: "Defended",
		LastOnlineTime: clock(h.Seen, shapeDetail),
	}
}

func (s *Service) describeContainerList(
	ctx context.Context, req *DescribeAssetContainerListRequest,
) (*DescribeAssetContainerListResponse, error) {
	q := query{req.Limit, req.Offset, req.Filters, req.By, req.Order}
	list, total, err := rows(ctx, containerWords, q, s.Store.Runtimes().Containers, containerInfo)
	return &DescribeAssetContainerListResponse{List: list, TotalCount: total}, err
}

// containerInfo says that network and node are normal: nothing isolates a
// container here, and serverless nodes are not known as such.
func containerInfo(c store.ContainerRow) ContainerInfo {
	return ContainerInfo{
		ContainerID: c.ID, ContainerName: c.Name, Status: containerStatus(c.State),
		CreateTime: clock(c.Created, shapeDetail), ImageName: c.ImageName, ImageID: c.ImageID, HostID: c.HostID,
		HostName: c.HostName, UpdateTime: clock(c.Seen, shapeDetail), NetStatus: "NORMAL", NodeType: "NORMAL",
		ClusterID: c.ClusterID, ClusterName: c.Cluster,
	}
}

// containerStatus is an engine's state in the words of the wire.
func containerStatus(state string) string {
	switch state {
	case "running", "paused", "created", "restarting", "removing", "dead":
		return strings.ToUpper(state)
	case "exited", "stopped":
		return "STOPPED"
	}
	return "UNKNOWN"
}

func (s *Service) describeImageHostList(
	ctx context.Context, req *DescribeAssetImageHostListRequest,
) (*DescribeAssetImageHostListResponse, error) {
	filters, err := imageHostWords.translate(req.Filters)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Runtimes().ImageHosts(ctx, filters)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetImageHostListResponse{TotalCount: uint64(len(list))}
	for _, l := range list {
		resp.List = append(resp.List, ImageHost(l))
	}
	return resp, nil
}
