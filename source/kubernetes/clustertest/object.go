package clustertest

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Pod returns a pod on node-1 with one container, c0 and on, for each pair of
// an image, as its specification names it, and the ID that the node reports.
func Pod(namespace, name string, images ...string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: "uid-of-pod"},
		Spec:       corev1.PodSpec{NodeName: "node-1", ServiceAccountName: "default"},
	}
	for i := 0; i < len(images); i += 2 {
		c := "c" + strconv.Itoa(i/2)
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c, Image: images[i]})
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses,
			corev1.ContainerStatus{Name: c, Image: images[i], ImageID: images[i+1]})
	}
	return p
}

// WithSecrets gives a pod pull secrets, and returns it.
func WithSecrets(p *corev1.Pod, secrets ...string) *corev1.Pod {
	p.Spec.ImagePullSecrets = references(secrets)
	return p
}

// Account returns the service account "default" of a namespace, with pull
// secrets.
func Account(namespace string, secrets ...string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		ObjectMeta:       metav1.ObjectMeta{Namespace: namespace, Name: "default"},
		ImagePullSecrets: references(secrets),
	}
}

func references(names []string) []corev1.LocalObjectReference {
	var out []corev1.LocalObjectReference
	for _, n := range names {
		out = append(out, corev1.LocalObjectReference{Name: n})
	}
	return out
}

// PullSecret returns a secret with the login to a registry.
func PullSecret(namespace, name, host, username, password string) *corev1.Secret {
	auths := map[string]any{host: map[string]string{"username": username, "password": password}}
	raw, _ := json.Marshal(map[string]any{"auths": auths}) // maps of strings never fail
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Type:       corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: raw},
	}
}

// KubeSystem returns the namespace whose UID is the cluster's identity.
func KubeSystem(uid types.UID) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system", UID: uid}}
}

// Node returns a node.
func Node(name, machineID string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-" + name)},
		Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{
			MachineID: machineID, OSImage: "Debian GNU/Linux 12 (bookworm)", KernelVersion: "6.1.0-18-amd64",
			Architecture: "amd64", ContainerRuntimeVersion: "containerd://2.1.4", KubeletVersion: "v1.34.1",
		}},
	}
}
