package containerd_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containerd/containerd/api/services/containers/v1"
	"github.com/containerd/containerd/api/services/content/v1"
	"github.com/containerd/containerd/api/services/images/v1"
	"github.com/containerd/containerd/api/services/introspection/v1"
	"github.com/containerd/containerd/api/services/namespaces/v1"
	"github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/api/types/task"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/containerd"
)

// fake is a containerd that answers as configured, for what a real one never
// says: a handler by service and method, of one image in one namespace by
// default.
type fake map[string]func(grpc.ServerStream) error

// answer sends messages, whatever was asked.
func answer(messages ...proto.Message) func(grpc.ServerStream) error {
	return func(s grpc.ServerStream) error {
		if err := s.RecvMsg(&emptypb.Empty{}); err != nil {
			return err
		}
		for _, m := range messages {
			if err := s.SendMsg(m); err != nil {
				return err
			}
		}
		return nil
	}
}

func fail(code codes.Code) func(grpc.ServerStream) error {
	return func(grpc.ServerStream) error { return status.Error(code, "no") }
}

// blobs answers with content by digest; no answer fails with the code.
func blobs(code codes.Code, byDigest map[string][]byte) func(grpc.ServerStream) error {
	return func(s grpc.ServerStream) error {
		var request content.ReadContentRequest
		if err := s.RecvMsg(&request); err != nil {
			return err
		}
		data, ok := byDigest[request.GetDigest()]
		if !ok {
			return status.Error(code, "no")
		}
		for part := range slices.Chunk(data, 1<<20) {
			if err := s.SendMsg(&content.ReadContentResponse{Data: part}); err != nil {
				return err
			}
		}
		return nil
	}
}

const (
	listNamespaces = "namespaces.v1.Namespaces/List"
	listImages     = "images.v1.Images/List"
	readContent    = "content.v1.Content/Read"
	listContainers = "containers.v1.Containers/ListStream"
	listTasks      = "tasks.v1.Tasks/List"
)

func record(name, digest string) *images.Image {
	return &images.Image{Name: name, Target: &types.Descriptor{Digest: digest}}
}

func named(names ...string) *namespaces.ListNamespacesResponse {
	var r namespaces.ListNamespacesResponse
	for _, n := range names {
		r.Namespaces = append(r.Namespaces, &namespaces.Namespace{Name: n})
	}
	return &r
}

func newFake(t testing.TB, im imagetest.Image) fake {
	return fake{
		listNamespaces: answer(named("a")),
		listImages:     answer(&images.ListImagesResponse{Images: []*images.Image{record("a:1", im.ManifestDigest())}}),
		readContent:    blobs(codes.NotFound, contentOf(t, im)),
		listContainers: answer(),
		listTasks:      answer(&tasks.ListTasksResponse{}),
	}
}

// contentOf returns all blobs of an image.
func contentOf(t testing.TB, im imagetest.Image) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	if err := imagetest.WriteOCILayout(dir, im); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if out["sha256:"+filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (f fake) source(t testing.TB, c containerd.Config) *containerd.Source {
	t.Helper()
	dir, err := os.MkdirTemp("", "landwaiter-fake") //nolint:usetesting // paths of sockets have at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.Address = "unix://" + dir + "/socket"
	l, err := net.Listen("unix", dir+"/socket")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(
		grpc.MaxSendMsgSize(1<<30),
		grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
			method, _ := grpc.MethodFromServerStream(s)
			if h := f[strings.TrimPrefix(method, "/containerd.services.")]; h != nil {
				return h(s)
			}
			return status.Error(codes.Unimplemented, method)
		}),
	)
	go server.Serve(l)
	t.Cleanup(server.Stop)
	s, err := containerd.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func twoLayers() imagetest.Image {
	return imagetest.Image{Layers: []imagetest.Layer{
		imagetest.NewLayer(imagetest.Text("a", "1")), imagetest.NewLayer(imagetest.Text("b", "2")),
	}}
}

// read lists, and reads all of an image.
func read(t *testing.T, s *containerd.Source, locator string) error {
	if err := s.List(t.Context(), func(source.Ref) error { return nil }); err != nil {
		return err
	}
	im, err := s.Open(t.Context(), locator)
	if err != nil {
		return err
	}
	defer im.Close()
	for i := range im.Describe().Layers {
		blob, err := im.Layer(t.Context(), i)
		if err != nil {
			return err
		}
		blob.Close()
	}
	_, err = s.Containers(t.Context())
	return err
}

func TestHostileAnswers(t *testing.T) {
	im := twoLayers()
	altered := contentOf(t, im)
	altered[im.ID()] = []byte("{}")
	endless := contentOf(t, im)
	endless[im.ManifestDigest()] = make([]byte, 8<<20)
	unlayered := contentOf(t, im)
	delete(unlayered, source.Digest(im.Layers[1].Blob()))
	many := make([]*images.Image, 50_001)
	names := make([]string, 101)
	for i := range names {
		names[i] = strings.Repeat("n", i%70+1)
	}
	crowd := make([]proto.Message, 20_001)
	for i := range crowd {
		crowd[i] = &containers.ListContainerMessage{Container: &containers.Container{ID: "c"}}
	}
	for name, c := range map[string]struct {
		method string
		answer func(grpc.ServerStream) error
		want   landwaiter.ErrorKind
	}{
		"as it is":                   {"", nil, ""},
		"namespaces forbidden":       {listNamespaces, fail(codes.PermissionDenied), landwaiter.Denied},
		"namespaces not implemented": {listNamespaces, fail(codes.Unimplemented), landwaiter.Unsupported},
		"too many namespaces":        {listNamespaces, answer(named(names...)), landwaiter.TooLarge},
		"answer of another type": {listNamespaces, answer(&introspection.ServerResponse{UUID: "x"}),
			landwaiter.Unavailable},
		"images fail":        {listImages, fail(codes.Internal), landwaiter.Unavailable},
		"containerd is busy": {listImages, fail(codes.Unavailable), landwaiter.Unavailable},
		"images without end": {listImages,
			answer(&images.ListImagesResponse{Images: []*images.Image{record(strings.Repeat("x", 65<<20),
				"")}}), landwaiter.TooLarge},
		"too many images":             {listImages, answer(&images.ListImagesResponse{Images: many}), landwaiter.TooLarge},
		"manifest without end":        {readContent, blobs(codes.NotFound, endless), landwaiter.TooLarge},
		"config that is altered":      {readContent, blobs(codes.NotFound, altered), landwaiter.Corrupt},
		"no content":                  {readContent, blobs(codes.NotFound, nil), landwaiter.NotFound},
		"content that cannot be read": {readContent, blobs(codes.Unknown, nil), landwaiter.Corrupt},
		"content store is down":       {readContent, blobs(codes.Unavailable, nil), landwaiter.Unavailable},
		"no layer":                    {readContent, blobs(codes.NotFound, unlayered), landwaiter.NotFound},
		"layer that cannot be read":   {readContent, blobs(codes.Internal, unlayered), landwaiter.Corrupt},
		"containers fail":             {listContainers, fail(codes.Internal), landwaiter.Unavailable},
		"too many containers":         {listContainers, answer(crowd...), landwaiter.TooLarge},
		"empty messages":              {listContainers, answer(&containers.ListContainerMessage{}), ""},
		"tasks fail":                  {listTasks, fail(codes.Internal), ""}, // there is no container
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, im)
			if c.answer != nil {
				f[c.method] = c.answer
			}
			err := read(t, f.source(t, containerd.Config{}), "a@"+im.ManifestDigest())
			if landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %q", err, landwaiter.KindOf(err), c.want)
			}
		})
	}
}

// TestLayerBreaksOff: containerd goes away in the middle of a layer.
func TestLayerBreaksOff(t *testing.T) {
	im := twoLayers()
	all, last := contentOf(t, im), source.Digest(im.Layers[1].Blob())
	f := newFake(t, im)
	f[readContent] = func(s grpc.ServerStream) error {
		var request content.ReadContentRequest
		if err := s.RecvMsg(&request); err != nil {
			return err
		}
		if err := s.SendMsg(&content.ReadContentResponse{Data: all[request.GetDigest()]}); err != nil ||
			request.GetDigest() != last {
			return err
		}
		return status.Error(codes.Unavailable, "gone")
	}
	opened, err := f.source(t, containerd.Config{}).Open(t.Context(), "a@"+im.ManifestDigest())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	for i, want := range []landwaiter.ErrorKind{"", landwaiter.Unavailable} {
		blob, err := opened.Layer(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		defer blob.Close()
		if _, err := io.Copy(io.Discard, blob); landwaiter.KindOf(err) != want {
			t.Errorf("layer %d: %v (%s), want %q", i, err, landwaiter.KindOf(err), want)
		}
	}
}

func TestListOrder(t *testing.T) {
	one, index := twoLayers(), twoLayers()
	arm := imagetest.Image{Architecture: "arm64", Layers: one.Layers[:1]}
	index.Others = []imagetest.Image{arm}
	all := contentOf(t, index)
	var top string
	for digest, raw := range all {
		if doc, err := source.ParseDocument(raw, ""); err == nil && doc.Index {
			top = digest
		}
	}
	f := newFake(t, index)
	f[listImages] = answer(&images.ListImagesResponse{Images: []*images.Image{
		record("a:1", one.ManifestDigest()),
		record("b/c", "sha512:x"),
		record("host:5000/a:2@"+top, top),
		record("host:5000/a@"+top, top),
		record("repo:2", top),
		record(one.ID(), one.ManifestDigest()),
		record("sha256:zz", strings.Repeat("y", 71)),
	}})
	f[listNamespaces] = answer(named("a", "../b", "c\n", strings.Repeat("d", 77)))
	s := f.source(t, containerd.Config{Platform: source.Platform{OS: "linux", Architecture: "amd64"}})
	var got []source.Ref
	if err := s.List(t.Context(), func(r source.Ref) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []source.Ref{
		{Locator: "a@" + one.ManifestDigest(), Names: []string{"a:1", "repo:2"}},
		{Locator: "a@sha512:x", Names: []string{"b/c"}},
		{Locator: "a@" + strings.Repeat("y", 71), Names: []string{"sha256:zz"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("images (-want +got):\n%s", d)
	}
	im, err := s.Open(t.Context(), got[0].Locator)
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	if d := cmp.Diff([]string{"host:5000/a@" + top}, im.Describe().RepoDigests); d != "" {
		t.Errorf("digests (-want +got):\n%s", d)
	}
	for locator, want := range map[string]landwaiter.ErrorKind{
		got[1].Locator: landwaiter.Unsupported, got[2].Locator: landwaiter.Corrupt, "": landwaiter.Invalid,
		"a:1":              landwaiter.Invalid,
		"../a@" + one.ID(): landwaiter.Invalid, "a\n@" + one.ID(): landwaiter.Invalid, "a@sha256:../info": landwaiter.Corrupt,
	} {
		if _, err := s.Open(t.Context(), locator); landwaiter.KindOf(err) != want {
			t.Errorf("Open(%q): %v (%s), want %s", locator, err, landwaiter.KindOf(err), want)
		}
	}
	stop := errors.New("stop")
	if err := s.List(t.Context(), func(source.Ref) error { return stop }); err != stop {
		t.Errorf("List = %v, want the error of yield", err)
	}
}

func TestContainerStates(t *testing.T) {
	im := twoLayers()
	f := newFake(t, im)
	var messages []proto.Message
	var list []*task.Process
	want := map[string]string{}
	for id, c := range map[string]struct {
		task   *task.Process
		labels map[string]string
		want   string
	}{
		"none":    {nil, nil, "created"},
		"ended":   {nil, map[string]string{"io.cri-containerd.kind": "sandbox"}, "exited"},
		"made":    {&task.Process{Status: task.Status_CREATED}, nil, "created"},
		"runs":    {&task.Process{Status: task.Status_RUNNING}, nil, "running"},
		"stopped": {&task.Process{Status: task.Status_STOPPED}, nil, "exited"},
		"paused":  {&task.Process{Status: task.Status_PAUSED}, nil, "paused"},
		"pausing": {&task.Process{Status: task.Status_PAUSING}, nil, "paused"},
		"strange": {&task.Process{Status: 99}, nil, "unknown"},
	} {
		messages = append(messages,
			&containers.ListContainerMessage{Container: &containers.Container{ID: id, Labels: c.labels, Image: "a:1"}})
		if c.task != nil {
			c.task.ID = id
			list = append(list, c.task)
		}
		want["a/"+id] = c.want
	}
	f[listContainers], f[listTasks] = answer(messages...), answer(&tasks.ListTasksResponse{Tasks: list})
	got := map[string]string{}
	all, err := f.source(t, containerd.Config{}).Containers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		got[c.ID] = c.State
		if c.Image != "a@"+im.ManifestDigest() || !c.Created.IsZero() {
			t.Errorf("container %+v", c)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("states (-want +got):\n%s", d)
	}
}

func TestUnreachable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{dir + "/none", dir + "/file"} {
		s, err := containerd.New(containerd.Config{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		err = s.List(t.Context(), func(source.Ref) error { return nil })
		if landwaiter.KindOf(err) != landwaiter.Unavailable || !strings.Contains(err.Error(), "systemctl") ||
			!strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v (%s), want Unavailable", address, err, landwaiter.KindOf(err))
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []containerd.Config{
		{Address: "containerd.sock"}, {Address: "tcp://127.0.0.1:1"}, {Namespaces: []string{""}},
		{Namespaces: []string{"a b"}},
		{Namespaces: []string{"k8s.io", "../x"}},
	} {
		if _, err := containerd.New(c); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("%+v: %v, want Invalid", c, err)
		}
	}
}
