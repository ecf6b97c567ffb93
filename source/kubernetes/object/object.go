package object

import (
	"time"

	"github.com/landwaiter/landwaiter"
)

// MaxName bounds names, as Kubernetes bounds those of its objects:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
const MaxName = 253

// Metadata has the fields of an object's metadata that are used, by the names of
// k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta.
type Metadata struct {
	Name              string
	Namespace         string // "" for objects outside of namespaces
	UID               string
	CreationTimestamp time.Time
	Labels            struct {
		TemplateHash string `json:"pod-template-hash"` // of a Deployment's pods
	}
	OwnerReferences []Owner
}

// Owner is an object because of which another one exists.
type Owner struct {
	Kind       string
	Name       string
	Controller bool // at most one of an object's owners manages it
}

// Namespace has the used fields of a k8s.io/api/core/v1.Namespace.
type Namespace struct{ Metadata Metadata }

// Node has the used fields of a k8s.io/api/core/v1.Node.
type Node struct {
	Metadata Metadata
	Status   struct {
		NodeInfo struct {
			MachineID               string
			OSImage                 string
			KernelVersion           string
			ContainerRuntimeVersion string // "containerd://2.1.4"
			KubeletVersion          string
			Architecture            string
		}
	}
}

// ServiceAccount has the used fields of a k8s.io/api/core/v1.ServiceAccount.
type ServiceAccount struct{ ImagePullSecrets []Named }

// Named refers to an object of the same namespace.
type Named struct{ Name string }

// Secret is a k8s.io/api/core/v1.Secret, of which only the two kinds of login
// to registries are read.
type Secret struct {
	Type string
	Data struct {
		DockerConfigJSON []byte `json:".dockerconfigjson"`
		DockerConfig     []byte `json:".dockercfg"`
	}
}

// Check refuses names that Kubernetes does not allow, so that what is kept of
// an object is small. Error: Corrupt.
func (m *Metadata) Check() error {
	if m.Name == "" || len(m.Name) > MaxName || len(m.Namespace) > MaxName || len(m.UID) > MaxName {
		return landwaiter.Errorf(landwaiter.Corrupt, "an object named %.100q in the namespace %.100q", m.Name, m.Namespace)
	}
	return nil
}
