package asset

import (
	"cmp"
	"context"

	"github.com/landwaiter/landwaiter/source/docker"
	"github.com/landwaiter/landwaiter/store"
)

// syncRuntime stores what runs on an engine's host.
func (v *Inventory) syncRuntime(ctx context.Context, name string, engine *docker.Source) error {
	host, err := engine.Host(ctx)
	if err != nil {
		return err
	}
	containers, err := engine.Containers(ctx)
	if err != nil {
		return err
	}
	images, err := v.Store.ImagesAt(ctx, name)
	if err != nil {
		return err
	}
	// Podman makes up a new ID for each request.
	hostID := cmp.Or(host.ID, host.Name, name)
	rt := store.Runtime{Hosts: []store.Host{{
		ID: hostID, Name: host.Name, OS: host.OS, Engine: host.Engine + " " + host.Version,
	}}}
	for _, c := range containers {
		rt.Containers = append(rt.Containers, store.Container{
			ID: c.ID, Name: c.Name, ImageID: images[c.Image], HostID: hostID, State: c.State, Created: c.Created,
		})
	}
	return v.Store.PutRuntime(ctx, name, rt)
}
