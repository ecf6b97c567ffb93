package asset

import (
	"cmp"
	"context"

	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/store"
)

// syncRuntime stores what runs at a source, if it can tell.
func (v *Inventory) syncRuntime(ctx context.Context, name string, src source.Source) error {
	if engine, ok := src.(source.Engine); ok {
		return v.syncEngine(ctx, name, engine)
	}
	if cluster, ok := src.(*kubernetes.Source); ok {
		return v.syncCluster(ctx, name, cluster)
	}
	return nil
}

// syncEngine stores what runs on an engine's host.
func (v *Inventory) syncEngine(ctx context.Context, name string, engine source.Engine) error {
	host, err := engine.Host(ctx)
	if err != nil {
		return err
	}
	containers, err := engine.Containers(ctx)
	if err != nil {
		return err
	}
	images, err := v.Store.Images().At(ctx, name)
	if err != nil {
		return err
	}
	hostID := cmp.Or(host.ID, host.Name, name)
	rt := store.Runtime{Hosts: []store.Host{{
		ID: hostID, Name: host.Name, OS: host.OS, Engine: host.Engine + " " + host.Version,
	}}}
	for _, c := range containers {
		rt.Containers = append(rt.Containers, store.Container{
			ID: c.ID, Name: c.Name, ImageID: images[c.Image], HostID: hostID, State: c.State, Created: c.Created,
		})
	}
	return v.Store.Runtimes().Put(ctx, name, rt)
}

// syncCluster stores what runs in a cluster.
func (v *Inventory) syncCluster(ctx context.Context, name string, cluster *kubernetes.Source) error {
	seen, err := cluster.Runtime(ctx)
	if err != nil {
		return err
	}
	images, err := v.Store.Images().At(ctx, name)
	if err != nil {
		return err
	}
	rt := store.Runtime{Clusters: []store.Cluster{{ID: seen.Cluster.ID, Name: seen.Cluster.Name, Version: seen.Cluster.Version}}}
	for _, h := range seen.Hosts {
		rt.Hosts = append(rt.Hosts, store.Host{ID: h.ID, Name: h.Name, OS: h.OS, Engine: h.Engine})
	}
	for _, c := range seen.Containers {
		imageID := images[c.Image]
		if source.CheckDigest(c.Image) == nil {
			imageID = c.Image // loaded on its node: the config digest itself
		}
		state := c.State
		if state == "waiting" {
			state = "created" // as engines and the wire call it
		}
		rt.Containers = append(rt.Containers, store.Container{
			ID: c.ID, Name: c.Name, ImageID: imageID, HostID: c.HostID, ClusterID: c.ClusterID, State: state, Created: c.Created,
		})
	}
	return v.Store.Runtimes().Put(ctx, name, rt)
}
