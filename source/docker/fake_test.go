package docker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/docker"
)

// fake is a container engine that answers as configured: a handler by the path without
// the version, of one image by default.
type fake struct {
	version string // of the API
	podman  bool
	answers map[string]http.HandlerFunc
	exports atomic.Int32
}

// answer replies with JSON.
func answer(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

func fail(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"no"}`)
	}
}

func export(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data) }
}

type object map[string]any

// inspection is what an engine says of an image that it calls id.
func inspection(im imagetest.Image, id string) object {
	var diffIDs []string
	for _, l := range im.Layers {
		diffIDs = append(diffIDs, l.DiffID())
	}
	return object{"Id": id, "Os": "linux", "Architecture": "amd64", "RootFS": object{"Type": "layers", "Layers": diffIDs}}
}

func classic(t testing.TB, im imagetest.Image) *fake {
	var b bytes.Buffer
	if err := imagetest.WriteDockerArchive(&b, im); err != nil {
		t.Fatal(err)
	}
	return newFake(im, im.ID(), inspection(im, im.ID()), b.Bytes())
}

// containerd is an engine with the containerd image store.
func containerd(t testing.TB, im imagetest.Image, id string) *fake {
	var b bytes.Buffer
	if err := imagetest.WriteOCIArchive(&b, im); err != nil {
		t.Fatal(err)
	}
	about := inspection(im, id)
	about["Descriptor"] = object{"digest": id, "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1}
	return newFake(im, id, about, b.Bytes())
}

func newFake(im imagetest.Image, id string, about object, saved []byte) *fake {
	return &fake{version: "1.48", answers: map[string]http.HandlerFunc{
		"/images/json":            answer([]object{{"Id": id, "RepoTags": im.Names}}),
		"/images/" + id + "/json": answer(about),
		"/images/" + id + "/history": answer([]object{
			{"CreatedBy": "COPY b", "Size": 1}, {"CreatedBy": "ENV x", "Size": 0}, {"CreatedBy": "COPY a", "Size": 1},
		}),
		"/images/get": export(saved),
		"/info":       answer(object{"Name": "h"}),
	}}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", f.version)
	if f.podman {
		w.Header().Set("Libpod-API-Version", "4.3.1")
	}
	path := strings.TrimPrefix(r.URL.Path, "/v"+f.version)
	if path == "/_ping" {
		return
	}
	if path == "/images/get" {
		f.exports.Add(1)
	}
	if a := f.answers[path]; a != nil {
		a(w, r)
		return
	}
	fail(http.StatusNotFound)(w, r)
}

func (f *fake) source(t testing.TB) *docker.Source {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	s, err := docker.New(docker.Config{Host: "tcp://" + server.Listener.Addr().String()}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func twoLayers(names ...string) imagetest.Image {
	return imagetest.Image{Names: names, Layers: []imagetest.Layer{
		imagetest.NewLayer(imagetest.Text("a", "1")), imagetest.NewLayer(imagetest.Text("b", "2")),
	}}
}

func TestExportIsTakenOnceAndOnlyForLayers(t *testing.T) {
	want := twoLayers("a:1")
	f := classic(t, want)
	s := f.source(t)
	im, err := s.Open(t.Context(), want.ID())
	if err != nil {
		t.Fatal(err)
	}
	s.Close() // images outlive it
	if n := f.exports.Load(); n != 0 {
		t.Errorf("%d exports for a description", n)
	}
	verify(t, im)
	verify(t, im)
	if n := f.exports.Load(); n != 1 {
		t.Errorf("%d exports for all layers, twice", n)
	}
	history := []landwaiter.History{{CreatedBy: "COPY a"}, {CreatedBy: "ENV x", EmptyLayer: true}, {CreatedBy: "COPY b"}}
	if d := cmp.Diff(history, im.Describe().Config.History); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	im.Close()
	im.Close() // twice is once
	if _, err := im.Layer(t.Context(), 0); landwaiter.KindOf(err) != landwaiter.Conflict {
		t.Errorf("layer of a closed image: %v", err)
	}
}

func TestContainerdStore(t *testing.T) {
	one := twoLayers("a:1")
	arm := twoLayers()
	arm.Architecture = "arm64"
	multi := twoLayers("m:1")
	multi.Others = []imagetest.Image{arm}
	for name, c := range map[string]struct {
		image   imagetest.Image
		id      string
		version string
	}{
		"manifest":      {one, one.ManifestDigest(), "1.48"},
		"index":         {multi, indexDigest(t, multi), "1.48"},
		"no descriptor": {one, one.ManifestDigest(), "1.43"},
	} {
		t.Run(name, func(t *testing.T) {
			f := containerd(t, c.image, c.id)
			f.version = c.version
			if c.version == "1.43" {
				f.answers["/images/"+c.id+"/json"] = answer(inspection(c.image, c.id))
				f.answers["/info"] = answer(object{"DriverStatus": [][2]string{{"driver-type", "io.containerd.snapshotter.v1"}}})
			}
			im, err := f.source(t).Open(t.Context(), c.id)
			if err != nil {
				t.Fatal(err)
			}
			defer im.Close()
			about := im.Describe()
			if about.ID != c.image.ID() || about.ManifestDigest != c.image.ManifestDigest() || about.Layers[0].Size == 0 {
				t.Errorf("image %+v, want %s of manifest %s", about, c.image.ID(), c.image.ManifestDigest())
			}
			verify(t, im)
			if n := f.exports.Load(); n != 1 {
				t.Errorf("%d exports", n)
			}
		})
	}
}

// indexDigest finds the index that the names of an image point to.
func indexDigest(t *testing.T, im imagetest.Image) string {
	t.Helper()
	dir := t.TempDir()
	if err := imagetest.WriteOCILayout(dir, im); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := source.ParseDocument(raw, "")
	if err != nil {
		t.Fatal(err)
	}
	return doc.Manifests[0].Digest
}

func TestHostileAnswers(t *testing.T) {
	im := twoLayers("a:1")
	other := imagetest.Image{Layers: []imagetest.Layer{imagetest.NewLayer(imagetest.Text("c", ""))}}
	inspect, history := "/images/"+im.ID()+"/json", "/images/"+im.ID()+"/history"
	saved := func(im imagetest.Image) []byte {
		var b bytes.Buffer
		if err := imagetest.WriteDockerArchive(&b, im); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	swapped := inspection(im, im.ID())
	swapped["RootFS"] = object{"Layers": []string{im.Layers[1].DiffID(), im.Layers[0].DiffID()}}
	bad := inspection(im, im.ID())
	bad["RootFS"] = object{"Layers": []string{"../../etc/passwd"}}
	huge := export(bytes.Repeat([]byte(" "), 17<<20))
	for name, c := range map[string]struct {
		path   string
		answer http.HandlerFunc
		want   landwaiter.ErrorKind
	}{
		"inspection of another image":   {inspect, answer(inspection(other, other.ID())), landwaiter.Corrupt},
		"inspection without end":        {inspect, huge, landwaiter.TooLarge},
		"inspection is no JSON":         {inspect, export([]byte("<html>")), landwaiter.Corrupt},
		"inspection of other types":     {inspect, export([]byte(`{"RootFS":[]}`)), landwaiter.Corrupt},
		"inspection fails":              {inspect, fail(http.StatusInternalServerError), landwaiter.Corrupt},
		"inspection forbidden":          {inspect, fail(http.StatusForbidden), landwaiter.Denied},
		"inspection finds nothing":      {inspect, fail(http.StatusNotFound), landwaiter.NotFound},
		"engine is busy":                {inspect, fail(http.StatusServiceUnavailable), landwaiter.Unavailable},
		"layers that are no digests":    {inspect, answer(bad), landwaiter.Corrupt},
		"layers in another order":       {inspect, answer(swapped), landwaiter.Corrupt},
		"history without end":           {history, huge, landwaiter.TooLarge},
		"history of too many steps":     {history, answer(make([]object, 5000)), landwaiter.TooLarge},
		"export of another image":       {"/images/get", export(saved(other)), landwaiter.Corrupt},
		"export is no tar":              {"/images/get", export(bytes.Repeat([]byte("x"), 2048)), landwaiter.Unavailable},
		"export ends early":             {"/images/get", export(saved(im)[:1500]), landwaiter.Unavailable},
		"export is empty":               {"/images/get", export(nil), landwaiter.Unavailable},
		"export breaks off":             {"/images/get", cut(saved(im)), landwaiter.Unavailable},
		"export fails":                  {"/images/get", fail(http.StatusInternalServerError), landwaiter.Unavailable},
		"export redirects to elsewhere": {"/images/get", redirect, landwaiter.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			f := classic(t, im)
			f.answers[c.path] = c.answer
			if err := read(t, f.source(t), im.ID()); landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
		})
	}
}

// TestPodmanInspection: Podman's own API is asked when there is one, and its
// answers are not trusted more than others.
func TestPodmanInspection(t *testing.T) {
	im := twoLayers("a:1")
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		want    landwaiter.ErrorKind
		history []landwaiter.History
	}{
		"told": {
			answer: answer(object{"Healthcheck": object{"Test": []string{"NONE"}}, "History": []object{
				{"created_by": "a"}, {"created_by": "b", "empty_layer": true}, {"created_by": "c"},
			}}),
			history: []landwaiter.History{{CreatedBy: "a"}, {CreatedBy: "b", EmptyLayer: true}, {CreatedBy: "c"}},
		},
		"not known": {
			answer:  fail(http.StatusNotFound),
			history: []landwaiter.History{{CreatedBy: "COPY a"}, {CreatedBy: "ENV x", EmptyLayer: true}, {CreatedBy: "COPY b"}},
		},
		"without end": {answer: export(bytes.Repeat([]byte(" "), 17<<20)), want: landwaiter.TooLarge},
		"no JSON":     {answer: export([]byte("<html>")), want: landwaiter.Corrupt},
		"too many":    {answer: answer(object{"History": make([]object, 5000)}), want: landwaiter.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			f := classic(t, im)
			f.podman = true
			f.answers["/v4.0.0/libpod/images/"+im.ID()+"/json"] = c.answer
			opened, err := f.source(t).Open(t.Context(), im.ID())
			if landwaiter.KindOf(err) != c.want {
				t.Fatalf("error %v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
			if err != nil {
				return
			}
			defer opened.Close()
			config := opened.Describe().Config
			if d := cmp.Diff(c.history, config.History); d != "" {
				t.Errorf("history (-want +got):\n%s", d)
			}
			if name == "told" && !cmp.Equal(config.Healthcheck, []string{"NONE"}) {
				t.Errorf("health check %q", config.Healthcheck)
			}
		})
	}
}

// read opens an image and its layers.
func read(t *testing.T, s *docker.Source, id string) error {
	im, err := s.Open(t.Context(), id)
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
	return nil
}

// cut promises all of data and ends the connection in the middle.
func cut(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(data[:len(data)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
}

// TestWaitingEndsWithItsContext: of two that want layers, one takes the
// export and one waits; each ends with its own context.
func TestWaitingEndsWithItsContext(t *testing.T) {
	want := twoLayers("a:1")
	f := classic(t, want)
	whole := f.answers["/images/get"]
	begun := make(chan struct{}, 2)
	f.answers["/images/get"] = func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		begun <- struct{}{}
		<-r.Context().Done() // the client went away
	}
	im, err := f.source(t).Open(t.Context(), want.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	taking, stopTaking := context.WithCancel(t.Context())
	waiting, stopWaiting := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	layerWith := func(ctx context.Context) { _, err := im.Layer(ctx, 0); errs <- err }
	go layerWith(taking)
	<-begun
	go layerWith(waiting)
	stopWaiting()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("the waiting one: %v", err)
	}
	stopTaking()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("the taking one: %v", err)
	}
	f.answers["/images/get"] = whole
	verify(t, im) // a stopped export is not the last one
}

func TestUnreachable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"unix://" + dir + "/none", "unix://" + dir + "/file", "tcp://127.0.0.1:1"} {
		s, err := docker.New(docker.Config{Host: host}, "")
		if err != nil {
			t.Fatal(err)
		}
		err = s.List(t.Context(), func(source.Ref) error { return nil })
		if landwaiter.KindOf(err) != landwaiter.Unavailable || !strings.Contains(err.Error(), "systemctl") {
			t.Errorf("%s: %v (%s), want Unavailable", host, err, landwaiter.KindOf(err))
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []docker.Config{
		{Host: "/var/run/docker.sock"}, {Host: "unix://relative"}, {Host: "ssh://host"}, {Host: "tcp://"},
		{Host: "tcp://user@127.0.0.1:1"}, {Host: "tcp://engine.example.com:2375"},
		{Host: "tcp://engine.example.com:2376", CAFile: "/nonexistent"},
	} {
		if _, err := docker.New(c, ""); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("%+v: %v, want Invalid", c, err)
		}
	}
	t.Setenv("DOCKER_HOST", "tcp://engine.example.com:2375")
	if _, err := docker.New(docker.Config{}, ""); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("plain DOCKER_HOST: %v, want Invalid", err)
	}
	if _, err := docker.New(docker.Config{PlainTCP: true}, ""); err != nil {
		t.Error(err)
	}
}

func TestLocators(t *testing.T) {
	s := classic(t, twoLayers()).source(t)
	for _, locator := range []string{"", "a:1", "../info", "sha256:../info", "SHA256:" + strings.Repeat("0", 64)} {
		if _, err := s.Open(t.Context(), locator); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("Open(%q): %v, want Invalid", locator, err)
		}
	}
}

func TestListSkipsSteps(t *testing.T) {
	f := &fake{version: "1.41", answers: map[string]http.HandlerFunc{"/images/json": answer([]object{
		{"Id": id("1"), "RepoTags": []string{"base:1"}},
		{"Id": id("2"), "ParentId": id("1"), "RepoTags": []string{"<none>:<none>"}},
		{"Id": id("3"), "ParentId": id("2"), "RepoTags": nil},
		{"Id": id("3"), "ParentId": id("2"), "RepoTags": nil},
	})}}
	var got []source.Ref
	if err := f.source(t).List(t.Context(), func(r source.Ref) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]source.Ref{{Locator: id("1"), Names: []string{"base:1"}}, {Locator: id("3")}}, got); d != "" {
		t.Errorf("images (-want +got):\n%s", d)
	}
	stop := errors.New("stop")
	if err := f.source(t).List(t.Context(), func(source.Ref) error { return stop }); err != stop {
		t.Errorf("List = %v, want the error of yield", err)
	}
}

func id(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

func TestContainer(t *testing.T) {
	f := &fake{version: "1.41", answers: map[string]http.HandlerFunc{"/containers/json": answer([]object{
		{"Id": "1", "Names": []string{"/a", "/b/a"}, "ImageID": strings.Repeat("1", 64), "State": "stopped"},
	})}}
	got, err := f.source(t).Containers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := got[0]
	if c.Name != "a" || c.Image != id("1") || c.State != "stopped" {
		t.Errorf("container %+v", c)
	}
}
