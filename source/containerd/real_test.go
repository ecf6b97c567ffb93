package containerd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/api/services/containers/v1"
	"github.com/containerd/containerd/api/services/content/v1"
	"github.com/containerd/containerd/api/services/images/v1"
	"github.com/containerd/containerd/api/types"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/containerd"
	"github.com/landwaiter/landwaiter/source/sourcetest"
)

// The namespaces of the tests.
const (
	kube  = "k8s.io"
	other = "default"
)

// TestContainerd runs against a real one.
func TestContainerd(t *testing.T) {
	e := start(t)
	e.load(t, kube, app(), multi())
	e.load(t, other, app())
	e.loadDocker(t, other, schema2())
	e.name(t, kube, app().ManifestDigest(), "docker.io/library/app@"+app().ManifestDigest(), app().ID())
	t.Run("List", e.testList)
	t.Run("Open", e.testOpen)
	t.Run("Host", e.testHost)
	t.Run("Containers", e.testContainers)
	t.Run("Contract", func(t *testing.T) {
		sourcetest.Run(t, func() (source.Source, error) { return containerd.New(containerd.Config{Address: e.socket}) })
	})
	t.Run("Moved", e.testMoved)
	t.Run("Missing", e.testMissing)
	t.Run("Canceled", e.testCanceled)
}

func base() imagetest.Layer {
	return imagetest.Layer{Files: []imagetest.File{
		imagetest.Text("etc/os-release", "ID=x"), {Path: "pause", Mode: 0o755, Content: pauseProgram()},
	}}
}

func app() imagetest.Image {
	return imagetest.Image{
		Names: []string{
			"docker.io/library/app:1",
			"registry.example.com:5000/app:latest",
		}, Created: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
		Config: landwaiter.ImageConfig{User: "0", Env: []string{"PATH=/bin"}, Entrypoint: []string{"/pause"}},
		Layers: []imagetest.Layer{
			base(),
			{Files: []imagetest.File{imagetest.Text("two", "2")}, Compression: imagetest.Zstd},
			imagetest.NewLayer(),
		},
	}
}

// multi is an index of two platforms, of which containerd takes one.
func multi() imagetest.Image {
	im := imagetest.Image{
		Names:        []string{"docker.io/library/multi:1"},
		Architecture: runtime.GOARCH,
		Layers:       []imagetest.Layer{base()},
	}
	im.Others = []imagetest.Image{
		{Architecture: "s390x", Layers: []imagetest.Layer{imagetest.NewLayer(imagetest.Text("s", "390"))}},
	}
	return im
}

// schema2 is loaded from a docker-archive, of which containerd makes a
// manifest of Docker's schema 2.
func schema2() imagetest.Image {
	return imagetest.Image{Names: []string{"docker.io/library/old:1"}, Layers: []imagetest.Layer{
		{Files: []imagetest.File{imagetest.Text("old", "1")}, Compression: imagetest.Uncompressed},
	}}
}

type engine struct {
	socket string
	conn   *grpc.ClientConn // to set the scene
	source *containerd.Source
}

func start(t *testing.T) *engine {
	e := &engine{socket: realtest.Containerd(t)}
	var err error
	if e.conn, err = grpc.NewClient("unix://"+e.socket,
		grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.conn.Close() })
	e.source = e.open(t, containerd.Config{})
	return e
}

func (e *engine) open(t *testing.T, c containerd.Config) *containerd.Source {
	t.Helper()
	c.Address = e.socket
	s, err := containerd.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// in returns the context of calls that set the scene in a namespace.
func in(t *testing.T, namespace string) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "containerd-namespace", namespace)
}

func (e *engine) load(t *testing.T, namespace string, images ...imagetest.Image) {
	t.Helper()
	e.importFrom(t, namespace, func(w io.Writer) error { return imagetest.WriteOCIArchive(w, images...) })
}

func (e *engine) loadDocker(t *testing.T, namespace string, images ...imagetest.Image) {
	t.Helper()
	e.importFrom(t, namespace, func(w io.Writer) error { return imagetest.WriteDockerArchive(w, images...) })
}

func (e *engine) importFrom(t *testing.T, namespace string, write func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "images.tar")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	e.ctr(t, namespace, "images", "import", "--no-unpack", path)
}

func (e *engine) ctr(t *testing.T, namespace string, args ...string) {
	t.Helper()
	if out, err := realtest.Ctr(t, e.socket, namespace, args...); err != nil {
		t.Fatalf("ctr %q: %v\n%s", args, err, out)
	}
}

// name gives an image more names.
func (e *engine) name(t *testing.T, namespace, digest string, names ...string) {
	t.Helper()
	for _, n := range names {
		_, err := images.NewImagesClient(e.conn).Create(in(t, namespace), &images.CreateImageRequest{Image: &images.Image{
			Name: n, Target: &types.Descriptor{MediaType: "application/vnd.oci.image.manifest.v1+json", Digest: digest, Size: 1},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (e *engine) remove(t *testing.T, namespace, digest string) {
	t.Helper()
	_, err := content.NewContentClient(e.conn).Delete(in(t, namespace), &content.DeleteContentRequest{Digest: digest})
	if err != nil && status.Code(err) != codes.NotFound { // containerd drops by itself what it does not need
		t.Fatal(err)
	}
}

func list(t *testing.T, s *containerd.Source) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	if err := s.List(t.Context(), func(r source.Ref) error { got[r.Locator] = r.Names; return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

func (e *engine) testList(t *testing.T) {
	all := list(t, e.source)
	var old string // containerd makes its manifest
	for locator, names := range all {
		if slices.Equal(names, schema2().Names) {
			old = locator
		}
	}
	inKube := map[string][]string{
		kube + "@" + app().ManifestDigest():   app().Names,
		kube + "@" + multi().ManifestDigest(): multi().Names,
	}
	want := map[string][]string{other + "@" + app().ManifestDigest(): app().Names, old: schema2().Names}
	for locator, names := range inKube {
		want[locator] = names
	}
	if d := cmp.Diff(want, all); d != "" {
		t.Errorf("images (-want +got):\n%s", d)
	}
	if d := cmp.Diff(inKube, list(t, e.open(t, containerd.Config{Namespaces: []string{kube}}))); d != "" {
		t.Errorf("images of one namespace (-want +got):\n%s", d)
	}
	err := e.open(t, containerd.Config{Namespaces: []string{"none"}}).
		List(t.Context(), func(source.Ref) error { return nil })
	if landwaiter.KindOf(err) != landwaiter.NotFound || !strings.Contains(err.Error(), kube) {
		t.Errorf("namespace that does not exist: %v", err)
	}
}

func (e *engine) testOpen(t *testing.T) {
	for locator := range list(t, e.source) {
		im, err := e.open(t, containerd.Config{}).Open(t.Context(), locator) // without a list
		if err != nil {
			t.Fatal(err)
		}
		verify(t, im)
		im.Close()
	}
	im, err := e.source.Open(t.Context(), kube+"@"+app().ManifestDigest())
	if err != nil {
		t.Fatal(err)
	}
	want, err := source.ParseConfig(app().RawConfig())
	if err != nil {
		t.Fatal(err)
	}
	want.Names, want.ManifestDigest = app().Names, app().ManifestDigest()
	want.RepoDigests = []string{"docker.io/library/app@" + want.ManifestDigest}
	about := im.Describe()
	for i, l := range app().Layers {
		want.Layers[i].Digest, want.Layers[i].Size = source.Digest(l.Blob()), int64(len(l.Blob()))
		want.Layers[i].MediaType, want.Size = about.Layers[i].MediaType, want.Size+int64(len(l.Blob()))
	}
	if d := cmp.Diff(want, about); d != "" {
		t.Errorf("image (-want +got):\n%s", d)
	}
	if _, err := im.Layer(t.Context(), len(want.Layers)); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("layer that the image has not: %v", err)
	}
	im.Close()
	if _, err := im.Layer(t.Context(), 0); landwaiter.KindOf(err) != landwaiter.Conflict {
		t.Errorf("layer of a closed image: %v (%s)", err, landwaiter.KindOf(err))
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

func (e *engine) testHost(t *testing.T) {
	h, err := e.source.Host(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(h.ID) != 36 || h.Name == "" || h.OS == "" || h.ContainerEngine != "containerd" || strings.ContainsAny(h.Version,
		"~v") ||
		h.Version == "" {
		t.Errorf("host %+v", h)
	}
	again, err := e.open(t, containerd.Config{HostName: "node1"}).Host(t.Context())
	if err != nil || again.ID != h.ID || again.Name != "node1" {
		t.Errorf("host %+v, %v", again, err)
	}
}

func (e *engine) testContainers(t *testing.T) {
	const name = "docker.io/library/app:1"
	// Native snapshots need no overlay file system.
	e.ctr(t, other, "containers", "create", "--snapshotter=native", name, "idle", "/pause")
	id := strings.Repeat("ab", 32)
	e.ctr(t, kube, "containers", "create", "--snapshotter=native", "--label=io.kubernetes.pod.name=shop-1",
		"--label=io.kubernetes.container.name=web", "--label=io.cri-containerd.kind=container", name, id, "/pause")
	state := "created"
	if e.run(t, "busy", name) {
		state = "running"
	}
	inOther, inKube := other+"@"+app().ManifestDigest(), kube+"@"+app().ManifestDigest()
	want := []source.Container{
		{ID: "default/busy", Name: "busy", Image: inOther, Reference: name, State: state},
		{ID: "default/idle", Name: "idle", Image: inOther, Reference: name, State: "created"},
		{ID: id, Name: "shop-1/web", Image: inKube, Reference: name, State: "exited"},
	}
	if d := cmp.Diff(want, e.containers(t)); d != "" {
		t.Errorf("containers (-want +got):\n%s", d)
	}
	if state == "running" {
		e.ctr(t, other, "tasks", "pause", "busy")
		if got := e.containers(t)[0]; got.State != "paused" {
			t.Errorf("container %+v, want it paused", got)
		}
		e.ctr(t, other, "tasks", "resume", "busy")
	}
}

// containers returns the containers without their times, by name.
func (e *engine) containers(t *testing.T) []source.Container {
	t.Helper()
	got, err := e.source.Containers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i].Created.Before(time.Now().Add(-time.Hour)) {
			t.Errorf("container of %s", got[i].Created)
		}
		got[i].Created = time.Time{}
	}
	slices.SortFunc(got, func(a, b source.Container) int { return strings.Compare(a.Name, b.Name) })
	return got
}

// run makes a container and starts it, if this machine lets it.
func (e *engine) run(t *testing.T, id, image string) bool {
	e.ctr(t, other, "containers", "create", "--snapshotter=native", image, id, "/pause")
	if runtime.GOARCH != "amd64" {
		t.Log("no container runs here: the program is for amd64")
		return false
	}
	out, err := realtest.Ctr(t, e.socket, other, "tasks", "start", "--detach", "--null-io", id)
	if err != nil {
		t.Logf("no container runs here: %v\n%s", err, out)
		return false
	}
	t.Cleanup(func() { realtest.Ctr(t, e.socket, other, "tasks", "delete", "--force", id) })
	return true
}

// testMoved: a container keeps its image when the tag moves to another.
func (e *engine) testMoved(t *testing.T) {
	const name = "docker.io/library/moving:1"
	first, second := app(), multi()
	first.Names, second.Names, second.Others = []string{name, "docker.io/library/kept:1"}, []string{name}, nil
	e.load(t, "moved", first)
	e.ctr(t, "moved", "containers", "create", "--snapshotter=native", name, "by-snapshot", "/pause")
	e.load(t, "moved", second)
	e.name(t, "moved", first.ManifestDigest(), first.ID())
	for id, note := range map[string]string{
		"noted":   `{"Version":"v1","Metadata":{"ImageRef":"` + first.ID() + `"}}`,
		"noted-2": `{"Version":"v1","Metadata":{"ImageRef":"x","ImageDigest":"` + first.ManifestDigest() + `"}}`,
		"strange": `{"Version":"v9","Metadata":{"ImageRef":"` + first.ID() + `"}}`,
	} {
		_, err := containers.NewContainersClient(e.conn).
			Create(in(t, "moved"), &containers.CreateContainerRequest{Container: &containers.Container{
				ID: id, Image: name, Runtime: &containers.Container_Runtime{Name: "io.containerd.runc.v2"},
				Spec:       &anypb.Any{TypeUrl: "x", Value: []byte("{}")},
				Extensions: map[string]*anypb.Any{"io.cri-containerd.container.metadata": {TypeUrl: "x", Value: []byte(note)}},
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	locator := func(im imagetest.Image) string { return "moved@" + im.ManifestDigest() }
	want := map[string]string{
		"by-snapshot": locator(first),
		"noted":       locator(first),
		"noted-2":     locator(first),
		"strange":     locator(second),
	}
	got := map[string]string{}
	list, err := e.open(t, containerd.Config{Namespaces: []string{"moved"}}).Containers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		got[c.Name] = c.Image
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("images of containers (-want +got):\n%s", d)
	}
}

// testMissing: of an image without a layer the rest can be read; an image
// without a document, or for other platforms only, is listed but not opened.
func (e *engine) testMissing(t *testing.T) {
	s := e.open(t, containerd.Config{Namespaces: []string{"missing"}})
	e.load(t, "missing", app())
	locator := "missing@" + app().ManifestDigest()
	im, err := s.Open(t.Context(), locator)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	s.Close() // images outlive it
	e.remove(t, "missing", source.Digest(app().Layers[1].Blob()))
	if _, err = im.Layer(t.Context(), 1); landwaiter.KindOf(err) != landwaiter.NotFound ||
		!strings.Contains(err.Error(), "discard_unpacked_layers") {
		t.Errorf("a missing layer: %v (%s)", err, landwaiter.KindOf(err))
	}
	blob, err := im.Layer(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	blob.Close()

	s = e.open(t,
		containerd.Config{Namespaces: []string{"missing"}, Platform: source.Platform{OS: "linux", Architecture: "s390x"}})
	e.load(t, "missing", multi())
	e.remove(t, "missing", app().ID())
	e.remove(t, "missing", multi().Others[0].ManifestDigest())
	refs := list(t, s)
	if len(refs) != 2 {
		t.Errorf("list %v, want both images", refs)
	}
	for locator := range refs {
		if _, err := s.Open(t.Context(), locator); landwaiter.KindOf(err) != landwaiter.NotFound ||
			!strings.Contains(err.Error(), "pull") {
			t.Errorf("a missing document: %v (%s)", err, landwaiter.KindOf(err))
		}
	}
}

// testCanceled: a layer larger than what is sent ahead stops with its context.
func (e *engine) testCanceled(t *testing.T) {
	large := imagetest.Image{Names: []string{"docker.io/library/large:1"}, Layers: []imagetest.Layer{{
		Files: []imagetest.File{{Path: "zeros", Content: make([]byte, 24<<20)}}, Compression: imagetest.Uncompressed,
	}}}
	e.load(t, "large", large)
	im, err := e.source.Open(t.Context(), "large@"+large.ManifestDigest())
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	verify(t, im)
	ctx, cancel := context.WithCancel(t.Context())
	blob, err := im.Layer(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close()
	if _, err := io.CopyN(io.Discard, blob, 1<<20); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, blob); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on: %v", err)
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
