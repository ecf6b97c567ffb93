package kubernetes

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes/object"
	"github.com/landwaiter/landwaiter/source/kubernetes/podimage"
)

// maxNodes is twice what a cluster can have:
// https://kubernetes.io/docs/setup/best-practices/cluster-large/
const maxNodes = 10_000

// Runtime implements [source.Runner]: what the cluster runs in the chosen
// namespaces, and all of its nodes. Errors: Denied, with the right that is
// missing, Unavailable, Corrupt, TooLarge.
func (s *Source) Runtime(ctx context.Context) (source.Runtime, error) {
	var rt source.Runtime
	var err error
	if rt.Cluster, err = s.cluster(ctx); err != nil {
		return source.Runtime{}, err
	}
	var byName map[string]string
	if rt.Hosts, byName, err = s.hosts(ctx); err != nil {
		return source.Runtime{}, err
	}
	err = s.pods(ctx, func(p *object.Pod) error {
		workload := p.Workload()
		for _, c := range p.Containers() {
			if len(rt.Containers) == maxContainers {
				return landwaiter.Errorf(landwaiter.TooLarge, "more than %d containers, the limit: choose or exclude namespaces",
					maxContainers)
			}
			of := containerOf(p, c)
			of.HostID, of.Workload = byName[p.Spec.NodeName], workload
			rt.Containers = append(rt.Containers, of)
		}
		return nil
	})
	if err != nil {
		return source.Runtime{}, err
	}
	return rt, nil
}

func (s *Source) cluster(ctx context.Context) (source.Cluster, error) {
	version, err := s.client.version(ctx)
	if err != nil && landwaiter.KindOf(err) != landwaiter.Denied { // some clusters hide it
		return source.Cluster{}, err
	}
	id := s.config.ClusterID
	if id == "" {
		var system object.Namespace
		if err := s.client.get(ctx, request{verb: "get", resource: "namespaces", name: "kube-system"}, &system); err != nil {
			return source.Cluster{}, landwaiter.About(landwaiter.Errorf(landwaiter.KindOf(err),
				"the cluster has no ID, and none can be derived: %w", err), landwaiter.SettingClusterID)
		}
		digits := strings.ReplaceAll(system.Metadata.UID, "-", "")
		if len(digits) < 8 || strings.Trim(digits, "0123456789abcdef") != "" {
			return source.Cluster{}, landwaiter.About(landwaiter.Errorf(landwaiter.Corrupt,
				"the cluster has no ID, and none can be derived from the UID of kube-system, %.100q",
				system.Metadata.UID),
				landwaiter.SettingClusterID)
		}
		id = "cls-" + digits[:8]
	}
	return source.Cluster{ID: id, Name: cmp.Or(s.name, id), Version: version}, nil
}

// hosts returns the nodes, and their IDs by name.
func (s *Source) hosts(ctx context.Context) ([]source.Host, map[string]string, error) {
	var hosts []source.Host
	byName, byID := map[string]string{}, map[string]bool{}
	err := s.client.list(ctx, "nodes", "", maxNodes, func(raw json.RawMessage) error {
		var n object.Node
		if err := object.Unmarshal(raw, &n); err != nil {
			return err
		}
		if err := n.Metadata.Check(); err != nil {
			return err
		}
		h := hostOf(&n)
		if h.ID == "" || byID[h.ID] { // cloned machines
			h.ID = n.Metadata.UID
		}
		byID[h.ID], byName[h.Name] = true, h.ID
		hosts = append(hosts, h)
		return nil
	})
	return hosts, byName, err
}

func hostOf(n *object.Node) source.Host {
	info := n.Status.NodeInfo
	engine, version, _ := strings.Cut(info.ContainerRuntimeVersion, "://")
	return source.Host{
		ID: short(info.MachineID), Name: n.Metadata.Name, OS: short(info.OSImage), Kernel: short(info.KernelVersion),
		Architecture: short(info.Architecture), Kubelet: short(info.KubeletVersion),
		ContainerEngine: short(engine), Version: short(version),
	}
}

// short truncates free text of the cluster.
func short(s string) string { return s[:min(len(s), object.MaxName)] }

// containerOf returns a container of a pod. Names that are too long are truncated:
// an error would hide all other pods.
func containerOf(p *object.Pod, c object.Container) source.Container {
	name := short(c.Name)
	out := source.Container{
		Name:      p.Metadata.Namespace + "/" + p.Metadata.Name + "/" + name,
		Reference: c.Image[:min(len(c.Image), podimage.MaxReference)], Namespace: p.Metadata.Namespace, Pod: p.Metadata.Name,
		State: "created", Created: p.Metadata.CreationTimestamp.UTC(),
	}
	if id, err := podimage.ParseID(c.ImageID); err == nil {
		out.Image = id.String()
		if id.Repository == "" { // loaded on its node
			out.ImageID = id.Digest
		}
	}
	if _, id, _ := strings.Cut(c.ContainerID, "://"); id != "" {
		out.ID = short(id)
	} else {
		out.ID = p.Metadata.UID + "/" + name
	}
	var started time.Time
	switch {
	case c.State.Running != nil:
		out.State, started = "running", c.State.Running.StartedAt
	case c.State.Terminated != nil:
		out.State, started = "exited", c.State.Terminated.StartedAt
	}
	if !started.IsZero() {
		out.Created = started.UTC()
	}
	return out
}
