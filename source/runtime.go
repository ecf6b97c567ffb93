package source

import (
	"context"
	"time"
)

// Runtime is what a source runs.
type Runtime struct {
	Cluster    Cluster // the zero value if the source is not a cluster
	Hosts      []Host
	Containers []Container
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	ID      string // its name in tasks; never empty in a cluster
	Name    string
	Version string // of its API server: "v1.34.1"
}

// Host is a machine that runs containers. Unknown fields are "".
type Host struct {
	ID              string // constant, and unique in its source; "" if the container engine has none (Podman)
	Name            string // host name
	OS              string // "Debian GNU/Linux 12 (bookworm)"
	ContainerEngine string // "Docker", "Podman", "containerd"
	Version         string // of the container engine: "29.1.3"
	Kernel          string // of a node: "6.1.0-18-amd64"
	Architecture    string // of a node, as Go spells it: "amd64"
	Kubelet         string // of a node: "v1.34.1"
}

// Container is a container of a source. Unknown fields are "".
type Container struct {
	ID   string // unique in its source
	Name string // "web"; in a cluster "namespace/pod/container"
	// Image is the locator of its image, as List returns it and Open takes it; "" if unknown.
	Image string
	// ImageID is the config digest of its image, if the container engine reports it; else "", even if Image is known.
	ImageID   string
	Reference string // the name of the image when the container was created; its tag may have moved
	// HostID is the ID of one of the hosts. "" means the only host of a container engine, or in a cluster that the
	// container has no node yet.
	HostID    string
	Namespace string   // in a cluster
	Pod       string   // in a cluster
	Workload  Workload // in a cluster
	State     string   // "created", "running", "paused", "exited", ...; the words depend on the container engine
	Created   time.Time
}

// Workload is the owner of a pod.
type Workload struct {
	Kind string // "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", ...
	Name string
}

// OnOneHost returns the Runtime of a container engine, which has one host.
func OnOneHost(ctx context.Context,
	host func(context.Context) (Host, error), containers func(context.Context) ([]Container, error)) (Runtime, error) {
	h, err := host(ctx)
	if err != nil {
		return Runtime{}, err
	}
	list, err := containers(ctx)
	if err != nil {
		return Runtime{}, err
	}
	return Runtime{Hosts: []Host{h}, Containers: list}, nil
}
