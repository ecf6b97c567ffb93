package docker

import (
	"context"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/landwaiter/landwaiter/source"
)

// Host returns the facts of the container engine's host. Podman makes up a new ID each
// time: it has none.
func (s *Source) Host(ctx context.Context) (source.Host, error) {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := s.client.Info(short, client.InfoOptions{})
	if err != nil {
		return source.Host{}, s.kinded(ctx, "host", err)
	}
	version, err := s.client.ServerVersion(short, client.ServerVersionOptions{})
	if err != nil {
		return source.Host{}, s.kinded(ctx, "host", err)
	}
	info := answer.Info
	h := source.Host{
		ID:              info.ID,
		Name:            info.Name,
		OS:              info.OperatingSystem,
		ContainerEngine: "Docker",
		Version:         version.Version,
	}
	for _, c := range version.Components {
		if strings.HasPrefix(c.Name, "Podman") {
			h.ContainerEngine, h.ID = "Podman", ""
		}
	}
	return h, nil
}

// Containers returns all containers, running or not.
func (s *Source) Containers(ctx context.Context) ([]source.Container, error) {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	list, err := s.client.ContainerList(short, client.ContainerListOptions{All: true})
	if err != nil {
		return nil, s.kinded(ctx, "list of containers", err)
	}
	out := make([]source.Container, len(list.Items))
	for i, c := range list.Items {
		out[i] = source.Container{
			ID: c.ID, Image: fullID(c.ImageID), Reference: c.Image, State: string(c.State),
			Created: time.Unix(c.Created, 0).UTC(),
		}
		if len(c.Names) > 0 {
			out[i].Name = strings.TrimPrefix(c.Names[0], "/")
		}
	}
	return out, nil
}
