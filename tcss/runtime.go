package tcss

import (
	"context"
	"strings"
)

func (s *Service) describeHostList(ctx context.Context, req *DescribeAssetHostListRequest) (*DescribeAssetHostListResponse, error) {
	p, err := page(req.Limit, req.Offset, filters(req.Filters), req.By, req.Order)
	if err != nil {
		return nil, err
	}
	list, total, err := s.Store.Runtimes().Hosts(ctx, p)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetHostListResponse{TotalCount: uint64(total)}
	for _, h := range list {
		resp.List = append(resp.List, HostInfo{
			HostID: h.ID, HostName: h.Name, DockerVersion: h.ContainerEngine, ImageCnt: uint64(h.Images), ContainerCnt: uint64(h.Containers),
			Status: "ONLINE", MachineType: "Other", Uuid: h.ID, DefendStatus: "Defended", LastOnlineTime: clock(h.Seen, shapeDetail),
		})
	}
	return resp, nil
}

func (s *Service) describeContainerList(ctx context.Context, req *DescribeAssetContainerListRequest) (*DescribeAssetContainerListResponse, error) {
	p, err := page(req.Limit, req.Offset, filters(req.Filters), req.By, req.Order)
	if err != nil {
		return nil, err
	}
	list, total, err := s.Store.Runtimes().Containers(ctx, p)
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetContainerListResponse{TotalCount: uint64(total)}
	for _, c := range list {
		resp.List = append(resp.List, ContainerInfo{
			ContainerID: c.ID, ContainerName: c.Name, Status: containerStatus(c.State), CreateTime: clock(c.Created, shapeDetail),
			ImageName: c.ImageName, ImageID: c.ImageID, HostID: c.HostID, HostName: c.HostName, UpdateTime: clock(c.Seen, shapeDetail),
			NetStatus: "NORMAL", NodeType: "NORMAL", ClusterID: c.ClusterID, ClusterName: c.Cluster,
		})
	}
	return resp, nil
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

func (s *Service) describeImageHostList(ctx context.Context, req *DescribeAssetImageHostListRequest) (*DescribeAssetImageHostListResponse, error) {
	list, err := s.Store.Runtimes().ImageHosts(ctx, filters(req.Filters))
	if err != nil {
		return nil, err
	}
	resp := &DescribeAssetImageHostListResponse{TotalCount: uint64(len(list))}
	for _, l := range list {
		resp.List = append(resp.List, ImageHost(l))
	}
	return resp, nil
}
