package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/tcss"
)

// TestPodmanSource scans the images of a real Podman, and selects the one with a
// container by its cluster. A running server must find the new source.
func TestPodmanSource(t *testing.T) {
	host := realtest.Podman(t)
	api, err := client.New(client.WithHost(host))
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	base := imagetest.NewLayer(imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=12\n"))
	used := imagetest.Image{Names: []string{"docker.io/engine/used:1"},
		Layers: []imagetest.Layer{base, imagetest.NewLayer(imagetest.Text("u", "1"))}}
	idle := imagetest.Image{Names: []string{"docker.io/engine/idle:1"},
		Layers: []imagetest.Layer{base, imagetest.NewLayer(imagetest.Text("i", "1"))}}
	var b bytes.Buffer
	if err := imagetest.WriteDockerArchive(&b, used, idle); err != nil {
		t.Fatal(err)
	}
	loaded, err := api.ImageLoad(t.Context(), &b)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Close()
	made, err := api.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Name: "one", Config: &container.Config{Image: used.Names[0], Cmd: []string{"/none"}},
		HostConfig: &container.HostConfig{NetworkMode: "none"},
	})
	if err != nil {
		t.Fatal(err)
	}

	s := newStore(t)
	srv := serve(t, s)
	ses := session{goClient{}, srv.url, s.newKey(t)}
	s.do(t, "source", "add", "docker", "node", "--host", host)
	var images []struct {
		ImageID string
		Names   []string
		State   landwaiter.ScanState
	}
	waitFor(t, time.Minute, func() (string, bool) {
		out := s.do(t, "image", "list", "--output", "json")
		if err := json.Unmarshal([]byte(out), &images); err != nil {
			t.Fatal(err)
		}
		return out, len(images) == 2
	})
	for _, img := range images {
		if img.ImageID != used.ID() && img.ImageID != idle.ID() {
			t.Errorf("image %+v; want the config digests %s and %s", img, used.ID(), idle.ID())
		}
	}
	waitFor(t, time.Minute, func() (string, bool) {
		out := s.do(t, "source", "list")
		return out, !strings.Contains(out, " - ")
	})
	task := create(t, ses, params{"All": true})
	waitFor(t, time.Minute, func() (string, bool) {
		st := status(t, ses, task)
		return st.Status, st.Status == "END" && st.SuccessCount+st.RiskCount == 2
	})
	containers := ask[tcss.DescribeAssetContainerListResponse](t, ses, "DescribeAssetContainerList", params{})
	if len(containers.List) != 1 || containers.List[0].ImageID != used.ID() || containers.List[0].Status != "CREATED" {
		t.Errorf("containers: %+v", containers)
	}
	hosts := ask[tcss.DescribeAssetHostListResponse](t, ses, "DescribeAssetHostList", params{})
	if len(hosts.List) != 1 || hosts.List[0].ImageCnt != 2 || hosts.List[0].ContainerCnt != 1 {
		t.Errorf("hosts: %+v", hosts)
	}
	// The container was created but not started, so no image is running.
	for _, r := range ses.at(t, ses.url, ses.key,
		call{Action: "CreateAssetImageScanTask", Params: params{"ScanVul": true, "ContainerRunning": true}}) {
		if r.Code != "ResourceNotFound" {
			t.Errorf("running images: %+v", r)
		}
	}
	if _, err := api.ContainerRemove(t.Context(), made.ID, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Error(err)
	}
}
