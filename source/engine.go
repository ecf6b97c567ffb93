package source

import (
	"context"
	"time"
)

// Engine is a source that also runs containers from its images, on one host.
type Engine interface {
	Source
	// Host returns the facts of the engine's host.
	Host(ctx context.Context) (Host, error)
	// Containers returns all containers, running or not.
	Containers(ctx context.Context) ([]Container, error)
}

// Host is a machine that an engine runs on.
type Host struct {
	ID      string // constant; "" when the engine has none (Podman)
	Name    string // host name
	OS      string // "Debian GNU/Linux 12 (bookworm)"
	Engine  string // "Docker", "Podman", "containerd"
	Version string // of the engine: "29.1.3"
}

// Container is a container of an engine.
type Container struct {
	ID   string // unique at the engine
	Name string
	// Image is the locator of its image: equal to the one that List gives, and
	// fit for Open. "" when it is not known.
	Image     string
	Reference string // the image as it was named at the container's creation; its tag may have moved
	State     string // "created", "running", "paused", "exited", ...; engines have words of their own
	Created   time.Time
}
