package kubernetes

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
)

// maxObject bounds one object in JSON. The store of a cluster takes 1.5 MiB
// for one by default, in a form that is denser:
// https://etcd.io/docs/v3.6/dev-guide/limit/
// The worst of it, three bytes for each container status of 100, is 100 MB.
const maxObject = 3 << 20

// metadata is what we read of an object's metadata, by the names of
// k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta.
type metadata struct {
	Name              string
	Namespace         string
	UID               string
	CreationTimestamp time.Time
	Labels            struct {
		TemplateHash string `json:"pod-template-hash"` // of a Deployment's pods
	}
	OwnerReferences []owner
}

type owner struct {
	Kind       string
	Name       string
	Controller bool
}

// pod is what we read of a k8s.io/api/core/v1.Pod.
type pod struct {
	Metadata metadata
	Spec     struct {
		NodeName            string
		ServiceAccountName  string
		ImagePullSecrets    []named
		InitContainers      []containerSpec
		Containers          []containerSpec
		EphemeralContainers []containerSpec
	}
	Status struct {
		InitContainerStatuses      []containerStatus
		ContainerStatuses          []containerStatus
		EphemeralContainerStatuses []containerStatus
	}
}

type named struct{ Name string }

type containerSpec struct{ Name, Image string }

type containerStatus struct {
	Name        string
	ImageID     string
	ContainerID string
	State       struct {
		Running    *struct{ StartedAt time.Time }
		Terminated *struct{ StartedAt time.Time }
	}
}

// node is what we read of a k8s.io/api/core/v1.Node.
type node struct {
	Metadata metadata
	Status   struct {
		NodeInfo struct {
			MachineID               string
			OSImage                 string
			KernelVersion           string
			ContainerRuntimeVersion string
			KubeletVersion          string
			Architecture            string
		}
	}
}

// serviceAccount is what we read of a k8s.io/api/core/v1.ServiceAccount.
type serviceAccount struct{ ImagePullSecrets []named }

// secret is a k8s.io/api/core/v1.Secret, of which only the two kinds of login
// to registries are read.
type secret struct {
	Type string
	Data struct {
		DockerConfigJSON []byte `json:".dockerconfigjson"`
		DockerConfig     []byte `json:".dockercfg"`
	}
}

// check refuses names that Kubernetes does not allow, so that what is kept of
// an object is small.
func (m *metadata) check() error {
	if m.Name == "" || len(m.Name) > maxName || len(m.Namespace) > maxName || len(m.UID) > maxName {
		return landwaiter.Errorf(landwaiter.Corrupt, "an object named %.100q in the namespace %.100q", m.Name, m.Namespace)
	}
	return nil
}

func (p *pod) check() error {
	if len(p.Spec.NodeName) > maxName || len(p.Spec.ServiceAccountName) > maxName {
		return landwaiter.Errorf(landwaiter.Corrupt, "pod %.100s has too long a name of a node or service account", p.Metadata.Name)
	}
	return p.Metadata.check()
}

// decodeObject reads one object into out.
func decodeObject(r io.Reader, out any) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxObject+1))
	if err != nil {
		return err
	}
	if len(raw) > maxObject {
		return tooLarge()
	}
	return parse(raw, out)
}

// parse reads an object of valid JSON.
func parse(raw []byte, out any) error {
	if err := json.Unmarshal(raw, out); err != nil {
		return landwaiter.Errorf(landwaiter.Corrupt, "not an object of a Kubernetes API: %w", err)
	}
	return nil
}

func tooLarge() error {
	return landwaiter.Errorf(landwaiter.TooLarge, "an object of more than %d bytes, the limit", maxObject)
}

// decodeList reads a list, calls each for its objects, whose bytes are valid
// until it returns, and returns the token for the page that follows, "" when
// there is none. Objects are decoded one at a time, since what an object takes
// in memory is a large multiple of what the shortest take in a list.
func decodeList(r io.Reader, each func(json.RawMessage) error) (string, error) {
	dec := json.NewDecoder(r)
	if err := expect(dec, '{'); err != nil {
		return "", err
	}
	var meta struct{ Continue string }
	var raw json.RawMessage
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", err
		}
		if key == "items" {
			err = decodeItems(dec, each)
		} else if err = dec.Decode(&raw); err == nil && key == "metadata" {
			if len(raw) > maxObject {
				return "", tooLarge()
			}
			err = parse(raw, &meta)
		}
		if err != nil {
			return "", err
		}
	}
	return meta.Continue, expect(dec, '}')
}

func decodeItems(dec *json.Decoder, each func(json.RawMessage) error) error {
	t, err := dec.Token()
	if err != nil || t == nil { // null, as Go writes an empty list
		return err
	}
	if t != json.Delim('[') {
		return landwaiter.Errorf(landwaiter.Corrupt, "the items of the list are not a list")
	}
	var raw json.RawMessage
	for dec.More() {
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if len(raw) > maxObject {
			return tooLarge()
		}
		if !bytes.HasPrefix(raw, []byte("{")) {
			return landwaiter.Errorf(landwaiter.Corrupt, "an item of the list is no object")
		}
		if err := each(raw); err != nil {
			return err
		}
	}
	return expect(dec, ']')
}

func expect(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && t != want {
		err = landwaiter.Errorf(landwaiter.Corrupt, "the answer is no list of objects")
	}
	return err
}
