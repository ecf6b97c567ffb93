package asset_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
	"github.com/landwaiter/landwaiter/store"
)

// TestCluster reads the images of a cluster from a registry that wants the
// logins of their pull secrets.
func TestCluster(t *testing.T) {
	f := newFleet(t)
	for round, wantPulls := range []bool{true, false} {
		f.pulls.Store(0)
		res, err := f.inventory.Sync(t.Context(), "prod", nil)
		if err != nil || res.Images != 2 || len(res.Failed) != 2 {
			t.Fatalf("sync %d: %+v, %v; want two images, and two that have no login or no registry", round, res, err)
		}
		kinds := map[landwaiter.ErrorKind]int{}
		for _, err := range res.Failed {
			kinds[landwaiter.KindOf(err)]++
		}
		if d := cmp.Diff(map[landwaiter.ErrorKind]int{landwaiter.Denied: 1, landwaiter.Unavailable: 1}, kinds); d != "" {
			t.Errorf("sync %d failed with %v (-want +got):\n%s", round, res.Failed, d)
		}
		if n := f.pulls.Load(); (n > 0) != wantPulls {
			t.Errorf("sync %d pulled %d manifests and blobs", round, n)
		}
		f.checkRuntime(t)
	}
	readLayer(t, f.inventory, f.web, 0)
	f.checkTasks(t)

	// An image that no pod runs any more is marked as gone.
	if err := f.cluster.Objects.Delete(corev1.SchemeGroupVersion.WithResource("pods"), "back", "api"); err != nil {
		t.Fatal(err)
	}
	if res, err := f.inventory.Sync(t.Context(), "prod", nil); err != nil || res.Images != 1 {
		t.Fatalf("sync without a pod: %+v, %v", res, err)
	}
	if _, err := f.inventory.OpenImage(t.Context(), f.api.ID()); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("an image that no pod runs: %v", err)
	}
}

// fleet is a cluster whose pods run four images: web and api, whose pull
// secrets are good, one without a login, and one of a registry that is down.
type fleet struct {
	inventory testInventory
	cluster   *clustertest.Cluster
	web, api  imagetest.Image
	pulls     *atomic.Int64 // manifests and blobs that the registry gave
}

func newFleet(t *testing.T) fleet {
	t.Helper()
	addr := realtest.Registry(t, "me", "secret")
	host, pulls := countPulls(t, addr, func(r *http.Response) bool {
		path := r.Request.URL.Path
		return r.StatusCode == http.StatusOK && (strings.Contains(path, "/manifests/") || strings.Contains(path, "/blobs/"))
	})
	down := unused(t)
	f := fleet{web: image("web", "web:1"), api: image("api", "api:1"), pulls: pulls}
	for repository, img := range map[string]imagetest.Image{"shop/web": f.web, "back/api": f.api} {
		if err := imagetest.Push(t.Context(), "http://me:secret@"+addr, repository, img); err != nil {
			t.Fatal(err)
		}
	}
	web := clustertest.WithSecrets(pod("shop", "web", host+"/shop/web", f.web), "pull")
	web.Status.ContainerStatuses[0].State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(started)}
	f.cluster = clustertest.New(t, clustertest.KubeSystem("0123abcd-0000-4000-8000-000000000000"),
		clustertest.Node("node-1", "m1"), web, clustertest.Account("shop"),
		clustertest.PullSecret("shop", "pull", host, "me", "secret"), pod("back", "api", host+"/back/api", f.api),
		clustertest.Account("back", "pull"), clustertest.PullSecret("back", "pull", host+"/back", "me", "secret"),
		pod("other", "denied", host+"/shop/web", image("denied")), clustertest.Account("other"),
		pod("other", "lost", down+"/lost", image("lost")))
	config, err := json.Marshal(
		kubernetes.Config{Kubeconfig: f.cluster.Kubeconfig(clustertest.Token), PlainHTTP: []string{host, down}})
	if err != nil {
		t.Fatal(err)
	}
	f.inventory, _ = newInventory(t)
	t.Cleanup(func() { f.inventory.Close() })
	if err := f.inventory.db.Sources().Add(t.Context(),
		store.Source{Name: "prod", Type: asset.TypeKubernetes, Config: config}); err != nil {
		t.Fatal(err)
	}
	return f
}

var started = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// pod returns a pod of one container, made at started, that has ended.
func pod(namespace, name, repository string, img imagetest.Image) *corev1.Pod {
	p := clustertest.Pod(namespace, name, repository+":1", repository+"@"+img.ManifestDigest())
	p.CreationTimestamp = metav1.NewTime(started)
	c := &p.Status.ContainerStatuses[0]
	c.ContainerID = "containerd://" + name
	c.State.Terminated = &corev1.ContainerStateTerminated{StartedAt: metav1.NewTime(started)}
	return p
}

// countPulls returns the address of a proxy before the registry at addr, and
// how many of the answers that went through it count as a pull.
func countPulls(t *testing.T, addr string, isPull func(*http.Response) bool) (host string, pulls *atomic.Int64) {
	pulls = new(atomic.Int64)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	proxy.ModifyResponse = func(r *http.Response) error {
		if isPull(r) {
			pulls.Add(1)
		}
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), pulls
}

// unused returns an address where nothing listens.
func unused(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// checkRuntime: the containers of all pods are reported, whether their images could be
// read or not.
func (f fleet) checkRuntime(t *testing.T) {
	t.Helper()
	all := store.Page{Limit: 100}
	clusters, _, err := f.inventory.db.Runtimes().Clusters(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.ClusterRow{{Cluster: store.Cluster{ID: "cls-0123abcd", Name: "shop", Version: "v1.34.1"}}}
	if d := cmp.Diff(want, clusters); d != "" {
		t.Errorf("clusters (-want +got):\n%s", d)
	}
	hosts, _, err := f.inventory.db.Runtimes().Hosts(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if len(hosts) != 1 || hosts[0].ID != "m1" || hosts[0].Name != "node-1" ||
		hosts[0].ContainerEngine != "containerd 2.1.4" ||
		hosts[0].Containers != 4 {
		t.Errorf("hosts %+v", hosts)
	}
	container := func(id, namespace, imageID, state string) store.Container {
		return store.Container{
			ID:        id,
			Name:      namespace + "/" + id + "/c0",
			ImageID:   imageID,
			HostID:    "m1",
			ClusterID: "cls-0123abcd",
			State:     state,
			Created:   started,
		}
	}
	if d := cmp.Diff([]store.Container{
		container("api", "back", f.api.ID(), "exited"), container("denied", "other", "", "exited"),
		container("lost", "other", "", "exited"), container("web", "shop", f.web.ID(), "running"),
	}, containers(t, f.inventory)); d != "" {
		t.Errorf("containers (-want +got):\n%s", d)
	}
}

// containers returns what runs by the store, by name.
func containers(t *testing.T, v testInventory) []store.Container {
	t.Helper()
	rows, _, err := v.db.Runtimes().Containers(t.Context(), store.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var out []store.Container
	for _, r := range rows {
		r.Created = r.Created.UTC()
		out = append(out, r.Container)
	}
	return out
}

// checkTasks: the images that run in the cluster, then those left of it.
func (f fleet) checkTasks(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		running bool
		want    imagetest.Image
	}{{true, f.web}, {false, f.api}} {
		sel := landwaiter.Selection{All: true, Clusters: []string{"cls-0123abcd"}, Running: c.running}
		var task landwaiter.Task
		err := f.inventory.db.Tasks().Update(t.Context(), func(tx store.TaskTx) (err error) {
			task, err = tx.Create(t.Context(), sel)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		scans, err := f.inventory.db.Tasks().ImageScans(t.Context(), task.ID)
		if err != nil || len(scans) != 1 || scans[0].ImageID != c.want.ID() {
			t.Errorf("task over %+v: %+v, %v; want the image %s", sel, scans, err, c.want.ID())
		}
	}
}

// readLayer opens an image and compares the blob of one of its layers.
func readLayer(t *testing.T, v testInventory, img imagetest.Image, i int) {
	t.Helper()
	opened, err := v.OpenImage(t.Context(), img.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	blob, err := opened.Layer(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	got, err := io.ReadAll(blob)
	if err != nil || !bytes.Equal(got, img.Layers[i].Blob()) {
		t.Errorf("layer %d: %d bytes, %v; want %d", i, len(got), err, len(img.Layers[i].Blob()))
	}
}
