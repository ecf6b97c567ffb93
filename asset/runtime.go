package asset

import (
	"cmp"
	"context"
	"strings"

	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

// syncRuntime stores what runs at a source, if the source is a [source.Runner].
func (v *Inventory) syncRuntime(ctx context.Context, name string, src source.Source) error {
	runner, ok := src.(source.Runner)
	if !ok {
		return nil
	}
	seen, err := runner.Runtime(ctx)
	if err != nil {
		return err
	}
	images, err := v.Store.Images.At(ctx, name)
	if err != nil {
		return err
	}
	return v.Store.Runtimes.Put(ctx, name, runtimeOf(name, seen, images))
}

// runtimeOf translates what a source runs for the store. images are the IDs of the source's images by locator.
func runtimeOf(name string, seen source.Runtime, images map[string]string) store.Runtime {
	var rt store.Runtime
	onlyHost := "" // of a container engine
	if c := seen.Cluster; c != (source.Cluster{}) {
		rt.Clusters = []store.Cluster{{ID: c.ID, Name: c.Name, Version: c.Version}}
	} else if len(seen.Hosts) == 1 {
		onlyHost = hostID(name, seen.Hosts[0])
	}
	for _, h := range seen.Hosts {
		rt.Hosts = append(rt.Hosts, store.Host{
			ID: hostID(name, h), Name: h.Name, OS: h.OS,
			ContainerEngine: strings.TrimSpace(h.ContainerEngine + " " + h.Version),
		})
	}
	for _, c := range seen.Containers {
		rt.Containers = append(rt.Containers, store.Container{
			ID: c.ID, Name: c.Name, ImageID: cmp.Or(c.ImageID, images[c.Image]), HostID: cmp.Or(c.HostID, onlyHost),
			ClusterID: seen.Cluster.ID, State: c.State, Created: c.Created,
		})
	}
	return rt
}

// hostID is what the store knows a host by: its ID, else its name, else the name of the source.
func hostID(sourceName string, h source.Host) string { return cmp.Or(h.ID, h.Name, sourceName) }
