package kubernetes_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

var started = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestRuntime(t *testing.T) {
	web := clustertest.Pod("shop", "web", "shop/web:1", "docker.io/shop/web@"+digest("a"), "job:1", digest("c"), "new:1",
		"")
	web.CreationTimestamp = metav1.NewTime(started.Add(-time.Hour))
	at := metav1.NewTime(started)
	statuses := web.Status.ContainerStatuses
	statuses[0].ContainerID, statuses[0].State.Running = "containerd://abc", &corev1.ContainerStateRunning{StartedAt: at}
	statuses[1].ContainerID, statuses[1].State.Terminated = "docker://def", &corev1.ContainerStateTerminated{StartedAt: at}
	statuses[2].State.Waiting = &corev1.ContainerStateWaiting{Reason: "ErrImagePull"}
	c := clustertest.New(t, web, clustertest.KubeSystem("0123abcd-0000-4000-8000-000000000000"),
		clustertest.Node("node-1", "m1"), clustertest.Node("node-2", "m1"), clustertest.Node("node-3", ""))
	got, err := open(t, c, kubernetes.Config{}, nil).Runtime(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	host := func(id, name string) source.Host {
		return source.Host{
			ID: id, Name: name, OS: "Debian GNU/Linux 12 (bookworm)", Kernel: "6.1.0-18-amd64",
			Architecture: "amd64", ContainerEngine: "containerd", Version: "2.1.4", Kubelet: "v1.34.1",
		}
	}
	container := func(id, name, image, reference, state string, created time.Time) source.Container {
		return source.Container{
			ID: id, Name: "shop/web/" + name, Image: image, Reference: reference, HostID: "m1",
			Namespace: "shop", Pod: "web", State: state, Created: created,
		}
	}
	want := source.Runtime{
		Cluster: source.Cluster{ID: "cls-0123abcd", Name: "shop", Version: "v1.34.1"},
		Hosts:   []source.Host{host("m1", "node-1"), host("uid-node-2", "node-2"), host("uid-node-3", "node-3")},
		Containers: []source.Container{
			container("abc", "c0", "docker.io/shop/web@"+digest("a"), "shop/web:1", "running", started),
			container("def", "c1", digest("c"), "job:1", "exited", started),
			container("uid-of-pod/c2", "c2", "", "new:1", "created", started.Add(-time.Hour)),
		},
	}
	want.Containers[1].ImageID = digest("c") // loaded on its node
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRuntimeWithLongNames: whoever may make a pod, or owns a node, cannot keep
// the rest of the cluster from being reported.
func TestRuntimeWithLongNames(t *testing.T) {
	long := strings.Repeat("x", 2000)
	p := clustertest.Pod("shop", "web", long, "", "app:1", digest("a"))
	p.Status.ContainerStatuses[1].ContainerID = "containerd://" + long
	n := clustertest.Node("node-1", long)
	k := clustertest.New(t, p, n, clustertest.KubeSystem("0123abcd"))
	rt, err := open(t, k, kubernetes.Config{}, nil).Runtime(t.Context())
	if err != nil || len(rt.Hosts) != 1 || len(rt.Containers) != 2 {
		t.Fatalf("%+v, %v", rt, err)
	}
	if r := rt.Containers[0].Reference; r != long[:1024] {
		t.Errorf("reference of %d bytes", len(r))
	}
	for _, id := range []string{rt.Containers[1].ID, rt.Hosts[0].ID, rt.Containers[1].HostID} {
		if id != long[:253] {
			t.Errorf("ID of %d bytes", len(id))
		}
	}
}

func TestWorkload(t *testing.T) {
	owned := func(kind, name, hash string) *corev1.Pod {
		p := clustertest.Pod("ns", "p", "app", digest("a"))
		yes := true
		p.OwnerReferences = []metav1.OwnerReference{
			{Kind: "Other", Name: "no controller"},
			{Kind: kind, Name: name, Controller: &yes},
		}
		p.CreationTimestamp = metav1.NewTime(started)
		if hash != "" {
			p.Labels = map[string]string{"pod-template-hash": hash}
		}
		return p
	}
	for _, c := range []struct {
		pod  *corev1.Pod
		want source.Workload
	}{
		{clustertest.Pod("ns", "p", "app", digest("a")), source.Workload{}},
		{owned("ReplicaSet", "web-7d4f", "7d4f"), source.Workload{Kind: "Deployment", Name: "web"}},
		{owned("ReplicaSet", "web-7d4f", ""), source.Workload{Kind: "ReplicaSet", Name: "web-7d4f"}},
		{owned("StatefulSet", "db", ""), source.Workload{Kind: "StatefulSet", Name: "db"}},
		{owned("DaemonSet", "log", ""), source.Workload{Kind: "DaemonSet", Name: "log"}},
		{owned("Job", fmt.Sprintf("backup-%d", started.Unix()/60), ""), source.Workload{Kind: "CronJob", Name: "backup"}},
		{owned("Job", "backup-12", ""), source.Workload{Kind: "Job", Name: "backup-12"}},
		{owned("Job", "backup-99999999999", ""), source.Workload{Kind: "Job", Name: "backup-99999999999"}},
		{owned("Job", "import", ""), source.Workload{Kind: "Job", Name: "import"}},
	} {
		k := clustertest.New(t, c.pod, clustertest.KubeSystem("0123abcd"))
		rt, err := open(t, k, kubernetes.Config{}, nil).Runtime(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := rt.Containers[0].Workload; got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.pod.OwnerReferences, got, c.want)
		}
	}
}

func TestClusterID(t *testing.T) {
	for _, c := range []struct {
		name   string
		config kubernetes.Config
		uid    types.UID
		forbid string
		want   source.Cluster
		words  string
	}{
		{"given", kubernetes.Config{ClusterID: "prod", Name: "Production"}, "", "namespaces",
			source.Cluster{ID: "prod", Name: "Production", Version: "v1.34.1"}, ""},
		{"odd UID", kubernetes.Config{}, "../../x", "", source.Cluster{}, "the cluster has no ID"},
		{"not allowed", kubernetes.Config{}, "0123abcd", "namespaces", source.Cluster{},
			"get namespaces kube-system: not allowed"},
		{"nodes not allowed", kubernetes.Config{}, "0123abcd", "nodes", source.Cluster{}, `verb "list" on "nodes"`},
	} {
		k := clustertest.New(t, clustertest.KubeSystem(c.uid))
		if c.forbid != "" {
			k.Forbid("*", c.forbid)
		}
		rt, err := open(t, k, c.config, nil).Runtime(t.Context())
		if rt.Cluster != c.want || (err != nil) != (c.words != "") {
			t.Errorf("%s: %+v, %v", c.name, rt.Cluster, err)
		}
		if err != nil && (!strings.Contains(err.Error(), c.words) || landwaiter.KindOf(err) == landwaiter.Internal) {
			t.Errorf("%s: %q does not say %q", c.name, err, c.words)
		}
	}
}
