package docker

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// Host is the machine that an engine runs on, as the engine tells it.
type Host struct {
	ID            string // the engine's, constant; "" for Podman, which makes up a new one each time
	Name          string // host name
	OS            string // "Debian GNU/Linux 12 (bookworm)"
	Kernel        string // "6.1.0-18-amd64"
	Architecture  string // "x86_64", as the kernel spells it
	Engine        string // "Docker" or "Podman"
	Version       string // of the engine: "29.1.3"
	StorageDriver string // "overlay2", "overlayfs", "vfs"
}

// Host returns the facts of the engine's host.
func (s *Source) Host(ctx context.Context) (Host, error) {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := s.client.Info(short, client.InfoOptions{})
	if err != nil {
		return Host{}, s.kinded(ctx, "host", err)
	}
	version, err := s.client.ServerVersion(short, client.ServerVersionOptions{})
	if err != nil {
		return Host{}, s.kinded(ctx, "host", err)
	}
	info := answer.Info
	h := Host{
		ID: info.ID, Name: info.Name, OS: info.OperatingSystem, Kernel: info.KernelVersion, Architecture: info.Architecture,
		Engine: "Docker", Version: version.Version, StorageDriver: info.Driver,
	}
	for _, c := range version.Components {
		if strings.HasPrefix(c.Name, "Podman") {
			h.Engine, h.ID = "Podman", ""
		}
	}
	return h, nil
}

// Container is a container of an engine.
type Container struct {
	ID   string
	Name string
	// Image is the locator of its image: equal to the one that List gives,
	// as long as the engine has the image, and fit for Open, whose image has
	// the config digest.
	Image     string
	Reference string // the image as it was named at the container's creation
	State     string // "created", "running", "paused", "restarting", "removing", "exited", "dead"; Podman has more
	Created   time.Time
	Labels    map[string]string // at most 200, by name, of at most 4096 bytes each
}

const (
	// maxLabels and maxLabel bound the labels of a container. Kubernetes and
	// Compose make about ten, of 300 bytes at most.
	maxLabels = 200
	maxLabel  = 4096
)

// Containers returns all containers, running or not.
func (s *Source) Containers(ctx context.Context) ([]Container, error) {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	list, err := s.client.ContainerList(short, client.ContainerListOptions{All: true})
	if err != nil {
		return nil, s.kinded(ctx, "list of containers", err)
	}
	out := make([]Container, len(list.Items))
	for i, c := range list.Items {
		out[i] = Container{
			ID: c.ID, Image: fullID(c.ImageID), Reference: c.Image, State: string(c.State),
			Created: time.Unix(c.Created, 0).UTC(), Labels: bounded(c.Labels),
		}
		if len(c.Names) > 0 {
			out[i].Name = strings.TrimPrefix(c.Names[0], "/")
		}
	}
	return out, nil
}

// bounded drops labels over the limits, the last ones by name first.
func bounded(labels map[string]string) map[string]string {
	out := make(map[string]string, min(len(labels), maxLabels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if len(out) < maxLabels && len(name)+len(labels[name]) <= maxLabel {
			out[name] = labels[name]
		}
	}
	return out
}
