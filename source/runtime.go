package source

import (
	"context"
	"time"
)

// Runtime is what a source runs.
type Runtime struct {
	Cluster    Cluster // the zero value if the source is no cluster
	Hosts      []Host
	Containers []Container
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	ID      string // what tasks name it by; not empty in a cluster
	Name    string
	Version string // of its API server: "v1.34.1"
}

// Host is a machine that runs containers. What is not known is "".
type Host struct {
	ID              string // constant, and unique in its source; "" if the engine has none (Podman)
	Name            string // host name
	OS              string // "Debian GNU/Linux 12 (bookworm)"
	ContainerEngine string // "Docker", "Podman", "containerd"
	Version         string // of the engine: "29.1.3"
	Kernel          string // of a node: "6.1.0-18-amd64"
	Architecture    string // of a node, as Go spells it: "amd64"
	Kubelet         string // of a node: "v1.34.1"
}

// Container is a container of a source. What is not known is "".
type Container struct {
	ID   string // unique in its source
	Name string // "web"; in a cluster "namespace/pod/container"
	// Image is the locator of its image: equal to the one that List gives, and fit for Open. "" when it is not known.
	Image string
	// ImageID is the config digest of its image, where the engine tells it; "" otherwise, also where Image is known.
	ImageID   string
	Reference string // the image as it was named at the container's creation; its tag may have moved
	// HostID is the ID of one of the hosts. "" means the only host of an engine; in a cluster, that the container has
	// no node yet.
	HostID    string
	Namespace string   // in a cluster
	Pod       string   // in a cluster
	Workload  Workload // in a cluster
	State     string   // "created", "running", "paused", "exited", ...; engines have words of their own
	Created   time.Time
}

// Workload is what made a pod.
type Workload struct {
	Kind string // "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", ...
	Name string
}

// OnOneHost makes the Runtime of an engine, which has one host.
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
