package docker_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/docker"
	"github.com/landwaiter/landwaiter/source/sourcetest"
)

// TestEngines runs one table of checks on every engine there is.
func TestEngines(t *testing.T) {
	for name, start := range map[string]func(testing.TB) string{"Docker": realtest.Docker, "Podman": realtest.Podman} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &engine{name: name, host: start(t)}
			e.connect(t)
			e.load(t, tagged(), sharing(), untagged())
			t.Run("List", e.testList)
			t.Run("Open", e.testOpen)
			t.Run("Containers", e.testContainers)
			t.Run("Host", e.testHost)
			t.Run("Contract", func(t *testing.T) {
				spool := t.TempDir()
				sourcetest.Run(t, func() (source.Source, error) { return docker.New(docker.Config{Host: e.host}, spool) })
			})
			t.Run("Built", e.testBuilt)
		})
	}
}

func base() imagetest.Layer {
	return imagetest.Layer{
		Files: []imagetest.File{
			imagetest.Text("etc/os-release", "ID=x"),
			{Path: "pause", Mode: 0o755, Content: pauseProgram()},
		},
		Compression: imagetest.Uncompressed, CreatedBy: "/bin/sh -c #(nop) ADD file:1 in / ",
	}
}

// tagged has all of a config, and a layer whose history has no size.
func tagged() imagetest.Image {
	return imagetest.Image{
		Names: []string{"app:1", "app:latest"}, Author: "me", Created: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
		Config: landwaiter.ImageConfig{
			User: "nobody", Env: []string{"PATH=/bin", "TOKEN=1"}, Entrypoint: []string{"/pause"}, Cmd: []string{"x"},
			ExposedPorts: []string{"22/tcp", "80/tcp"}, Labels: map[string]string{"a": "b"},
			Healthcheck: []string{"CMD", "/bin/true"},
			History: []landwaiter.History{
				{CreatedBy: "/bin/sh -c #(nop) ADD file:1 in / "},
				{CreatedBy: "/bin/sh -c #(nop)  ENV TOKEN=1", EmptyLayer: true},
				{CreatedBy: "WORKDIR /srv", Comment: "buildkit.dockerfile.v0"},
				{CreatedBy: "RUN /bin/sh -c echo 1 > /srv/1 # buildkit", Comment: "buildkit.dockerfile.v0"},
				{CreatedBy: `CMD ["x"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
			},
		},
		Layers: []imagetest.Layer{
			base(),
			{Files: []imagetest.File{imagetest.Dir("srv")}, Compression: imagetest.Uncompressed},
			{Files: []imagetest.File{imagetest.Text("srv/1", "1")}},
		},
	}
}

func sharing() imagetest.Image {
	return imagetest.Image{
		Names:  []string{"other:2"},
		Layers: []imagetest.Layer{base(), imagetest.NewLayer(imagetest.Text("two", "2"))},
	}
}

// untagged repeats a layer, which engines export as a link.
func untagged() imagetest.Image {
	again := imagetest.NewLayer(imagetest.Text("again", "3"))
	return imagetest.Image{Layers: []imagetest.Layer{base(), again, imagetest.NewLayer(imagetest.Text("x", "")), again}}
}

type engine struct {
	name, host string
	client     *client.Client // to set the scene
	source     *docker.Source
}

func (e *engine) connect(t *testing.T) {
	var err error
	if e.client, err = client.New(client.WithHost(e.host)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.client.Close() })
	if e.source, err = docker.New(docker.Config{Host: e.host}, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.source.Close() })
}

func (e *engine) load(t *testing.T, images ...imagetest.Image) {
	t.Helper()
	for _, im := range images {
		var b bytes.Buffer
		if err := imagetest.WriteDockerArchive(&b, im); err != nil {
			t.Fatal(err)
		}
		r, err := e.client.ImageLoad(t.Context(), &b)
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(r)
		r.Close()
		if err != nil || bytes.Contains(out, []byte("error")) {
			t.Fatalf("load: %v\n%s", err, out)
		}
	}
}

// short drops what Podman puts before names without a registry.
func short(names []string) []string {
	var out []string
	for _, n := range names {
		n = strings.TrimPrefix(n, "localhost/")
		out = append(out, strings.TrimPrefix(n, "docker.io/library/"))
	}
	slices.Sort(out)
	return out
}

func (e *engine) list(t *testing.T) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	if err := e.source.List(t.Context(),
		func(r source.Ref) error { got[r.Locator] = short(r.Names); return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

func (e *engine) testList(t *testing.T) {
	want := map[string][]string{tagged().ID(): {"app:1", "app:latest"}, sharing().ID(): {"other:2"}, untagged().ID(): nil}
	if d := cmp.Diff(want, e.list(t)); d != "" {
		t.Errorf("images (-want +got):\n%s", d)
	}
}

func (e *engine) open(t *testing.T, id string) source.Image {
	t.Helper()
	im, err := e.source.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { im.Close() })
	return im
}

func (e *engine) testOpen(t *testing.T) {
	for _, want := range []imagetest.Image{tagged(), sharing(), untagged()} {
		im := e.open(t, want.ID())
		verify(t, im)
		about := im.Describe()
		parsed, err := source.ParseConfig(want.RawConfig())
		if err != nil {
			t.Fatal(err)
		}
		if about.Size <= 0 {
			t.Errorf("size %d", about.Size)
		}
		parsed.Names, parsed.Size, parsed.RepoDigests = short(want.Names), about.Size, about.RepoDigests
		about.Names = short(about.Names)
		if want.Created.IsZero() {
			about.Created = time.Time{} // Podman makes one up
		}
		for i := range about.Layers {
			about.Layers[i].Size = 0 // known from an export only
		}
		if d := cmp.Diff(parsed, about); d != "" {
			t.Errorf("image (-want +got):\n%s", d)
		}
	}
}

// verify reads all layers at once and compares their digests with the description.
func verify(t *testing.T, im source.Image) {
	t.Helper()
	var group errgroup.Group
	for i, l := range im.Describe().Layers {
		group.Go(func() error {
			blob, err := im.Layer(t.Context(), i)
			if err != nil {
				return err
			}
			defer blob.Close()
			r, err := layer.NewReader(blob, layer.Limits{})
			if err != nil {
				return err
			}
			defer r.Close()
			sum, err := r.Finish()
			if err == nil && sum.DiffID != l.DiffID {
				t.Errorf("layer %d is %s, described as %s", i, sum.DiffID, l.DiffID)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func (e *engine) testContainers(t *testing.T) {
	idle := e.create(t, "idle", untagged().ID())
	busy := e.create(t, "busy", "app:1")
	states := map[string]string{idle: "created", busy: "created"}
	if runtime.GOARCH == "amd64" {
		if _, err := e.client.ContainerStart(t.Context(), busy, client.ContainerStartOptions{}); err != nil {
			t.Log("no container runs here: ", err)
		} else {
			states[busy] = "running"
		}
	}
	list, err := e.source.Containers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]source.Container{
		"idle": {ID: idle, Name: "idle", Image: untagged().ID(), State: states[idle]},
		"busy": {ID: busy, Name: "busy", Image: tagged().ID(), State: states[busy]},
	}
	got := map[string]source.Container{}
	for _, c := range list {
		if c.Created.Before(time.Now().Add(-time.Hour)) || (c.Name == "busy" && !strings.HasSuffix(c.Reference, "app:1")) {
			t.Errorf("container %+v", c)
		}
		c.Created, c.Reference = time.Time{}, ""
		got[c.Name] = c
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("containers (-want +got):\n%s", d)
	}
}

func (e *engine) create(t *testing.T, name, image string) string {
	t.Helper()
	limits := []*container.Ulimit{{Name: "nofile", Soft: 1000, Hard: 1000}, {Name: "nproc", Soft: 1000, Hard: 1000}}
	c, err := e.client.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Name:   name,
		Config: &container.Config{Image: image, Cmd: []string{"/pause"}, User: "0"},
		// The engines' defaults are more than a build machine may grant.
		HostConfig: &container.HostConfig{NetworkMode: "none", Resources: container.Resources{Ulimits: limits}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := e.client.ContainerRemove(context.WithoutCancel(t.Context()), c.ID,
			client.ContainerRemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	return c.ID
}

func (e *engine) testHost(t *testing.T) {
	h, err := e.source.Host(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if h.Name == "" || h.OS == "" || h.Version == "" ||
		h.ContainerEngine != e.name || (h.ID == "") != (e.name == "Podman") {
		t.Errorf("host %+v", h)
	}
}

// testBuilt compares what is made of an inspection and a history with the
// config that the engine exports.
func (e *engine) testBuilt(t *testing.T) {
	id := e.build(t)
	im := e.open(t, id)
	want, err := source.ParseConfig(e.config(t, id))
	if err != nil {
		t.Fatal(err)
	}
	about := im.Describe()
	if want.ID != id || len(want.Config.History) < 5 {
		t.Errorf("built %s is %s, with the history %+v", id, want.ID, want.Config.History)
	}
	want.Size, want.RepoDigests = about.Size, about.RepoDigests
	if d := cmp.Diff(want, about, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("built image (-config +inspection):\n%s", d)
	}
	verify(t, im)

	again := e.open(t, id)
	if _, err := e.client.ImageRemove(t.Context(), id, client.ImageRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Layer(t.Context(), 0); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("a layer of a removed image: %v (%s), want NotFound", err, landwaiter.KindOf(err))
	}
	if _, err := e.source.Open(t.Context(), id); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("a removed image: %v (%s), want NotFound", err, landwaiter.KindOf(err))
	}
}

const dockerfile = `FROM scratch
COPY file /file
LABEL a=b
WORKDIR /srv
ENV TOKEN=1 PATH=/bin
COPY file /srv/again
EXPOSE 80
USER 1000
HEALTHCHECK CMD ["/file"]
CMD ["/file"]
`

// build builds an image without a name and returns its ID.
func (e *engine) build(t *testing.T) string {
	t.Helper()
	files := imagetest.Layer{
		Files: []imagetest.File{imagetest.Text("Dockerfile", dockerfile), imagetest.Text("file", "1")},
	}
	before := e.list(t)
	r, err := e.client.ImageBuild(t.Context(), bytes.NewReader(files.Tar()),
		client.ImageBuildOptions{Version: build.BuilderV1, Remove: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	out, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	after := e.list(t)
	maps.DeleteFunc(after, func(id string, _ []string) bool { _, old := before[id]; return old })
	if len(after) != 1 { // not the steps, either
		t.Fatalf("%d images were built:\n%s", len(after), out)
	}
	return slices.Collect(maps.Keys(after))[0]
}

// config returns an image's config as the engine exports it.
func (e *engine) config(t *testing.T, id string) []byte {
	t.Helper()
	r, err := e.client.ImageSave(t.Context(), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for files := tar.NewReader(r); ; {
		h, err := files.Next()
		if err != nil {
			t.Fatal("the export has no config: ", err)
		}
		if strings.HasPrefix(h.Name, strings.TrimPrefix(id, "sha256:")) && strings.HasSuffix(h.Name, ".json") {
			raw, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
	}
}

// pauseProgram is the smallest of programs for Linux on amd64: it sleeps until
// it is killed.
func pauseProgram() []byte {
	code := []byte{0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7} // mov $34 (pause), %eax; syscall; jmp to the start
	const start, headers = 0x400000, 64 + 56
	var b bytes.Buffer
	b.Write([]byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	for _, v := range []any{
		uint16(2), uint16(62), uint32(1), uint64(start + headers), uint64(64), uint64(0),
		uint32(0), uint16(64), uint16(56), uint16(1), uint16(0), uint16(0), uint16(0), // the ELF header
		uint32(1), uint32(5), uint64(0), uint64(start), uint64(start),
		uint64(headers + len(code)), uint64(headers + len(code)), uint64(0x1000), // the one segment
	} {
		_ = binary.Write(&b, binary.LittleEndian, v) // never fails on a Buffer
	}
	return append(b.Bytes(), code...)
}
