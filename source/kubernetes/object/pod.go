package object

import (
	"time"

	"github.com/landwaiter/landwaiter"
)

// Pod has the used fields of a k8s.io/api/core/v1.Pod.
type Pod struct {
	Metadata Metadata
	Spec     struct {
		NodeName            string // "" before the pod has a node
		ServiceAccountName  string
		ImagePullSecrets    []Named
		InitContainers      []ContainerSpec
		Containers          []ContainerSpec
		EphemeralContainers []ContainerSpec
	}
	Status struct {
		InitContainerStatuses      []ContainerStatus
		ContainerStatuses          []ContainerStatus
		EphemeralContainerStatuses []ContainerStatus
	}
}

// ContainerSpec is a container as its pod asks for it.
type ContainerSpec struct{ Name, Image string }

// ContainerStatus is a container as its node reports it.
type ContainerStatus struct {
	Name        string
	ImageID     string // "" before the image is pulled
	ContainerID string // "containerd://..."; "" before the container is created
	State       struct {
		Running    *Started
		Terminated *Started
	}
}

// Started says when a container began to run.
type Started struct{ StartedAt time.Time }

// Container is a container as its node reports it, with the image that its pod
// requests.
type Container struct {
	ContainerStatus
	Image string // "" when the pod asks for no container of that name
}

// Check refuses names that Kubernetes does not allow, so that what is kept of
// a pod is small. Those of containers are not checked. Error: Corrupt.
func (p *Pod) Check() error {
	if len(p.Spec.NodeName) > MaxName || len(p.Spec.ServiceAccountName) > MaxName {
		return landwaiter.Errorf(landwaiter.Corrupt, "pod %.100s has too long a name of a node or service account",
			p.Metadata.Name)
	}
	return p.Metadata.Check()
}

// Containers returns the containers that the node has reported: the init
// containers, the others, then the ephemeral ones.
func (p *Pod) Containers() []Container {
	var out []Container
	for _, kind := range []struct {
		specs    []ContainerSpec
		statuses []ContainerStatus
	}{
		{p.Spec.InitContainers, p.Status.InitContainerStatuses},
		{p.Spec.Containers, p.Status.ContainerStatuses},
		{p.Spec.EphemeralContainers, p.Status.EphemeralContainerStatuses},
	} {
		images := make(map[string]string, len(kind.specs))
		for _, c := range kind.specs {
			images[c.Name] = c.Image
		}
		for _, c := range kind.statuses {
			out = append(out, Container{c, images[c.Name]})
		}
	}
	return out
}
