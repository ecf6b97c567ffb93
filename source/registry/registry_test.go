package registry

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
)

// server is a registry on the loopback; hook may answer instead of it.
func server(t *testing.T, hook func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir()) // no credentials of whoever runs the test
	handler := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hook == nil || !hook(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func host(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

func testImage(names ...string) imagetest.Image {
	return imagetest.Image{Names: names, Layers: []imagetest.Layer{
		imagetest.NewLayer(imagetest.Text("etc/os-release", "ID=x")),
		{Files: []imagetest.File{imagetest.Text("app", "1")}, Compression: imagetest.Zstd},
	}}
}

func push(t *testing.T, s *httptest.Server, repository string, im imagetest.Image) {
	t.Helper()
	if err := imagetest.Push(t.Context(), s.URL, repository, im); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	s := server(t, nil)
	im := testImage("app:1")
	push(t, s, "team/app", im)
	for _, reference := range []string{host(s) + "/team/app:1", host(s) + "/team/app@" + im.ManifestDigest()} {
		got, err := Open(t.Context(), reference, Config{})
		if err != nil {
			t.Fatal(err)
		}
		about := got.Describe()
		if about.ID != im.ID() || about.ManifestDigest != im.ManifestDigest() ||
			about.RepoDigests[0] != host(s)+"/team/app@"+im.ManifestDigest() {
			t.Errorf("%s: %+v", reference, about)
		}
		if strings.Contains(reference, "@") == (len(about.Names) == 1) {
			t.Errorf("%s: names %q", reference, about.Names)
		}
		verify(t, got)
		if err := got.Close(); err != nil {
			t.Error(err)
		}
	}
}

func verify(t *testing.T, im source.Image) {
	t.Helper()
	for i, l := range im.Describe().Layers {
		blob, err := im.Layer(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		r, err := layer.NewReader(blob, layer.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := r.Finish()
		if err != nil || sum.DiffID != l.DiffID || sum.Digest != l.Digest || sum.Compressed != l.Size {
			t.Errorf("layer %d is %+v, described as %+v: %v", i, sum, l, err)
		}
		r.Close()
		blob.Close()
	}
}

func TestList(t *testing.T) {
	s := server(t, nil)
	push(t, s, "a", testImage("a:1", "a:2"))
	push(t, s, "team/b", testImage("b:1"))
	for _, c := range []struct {
		repositories []string
		want         []string
	}{
		{nil, []string{"/a:1", "/a:2", "/team/b:1"}},
		{[]string{"team/b"}, []string{"/team/b:1"}},
	} {
		src, err := New(Config{URL: s.URL, Repositories: c.repositories})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = src.List(t.Context(), func(r source.Ref) error {
			got = append(got, strings.TrimPrefix(r.Locator, host(s)))
			im, err := src.Open(t.Context(), r.Locator)
			if err == nil && im.Describe().Names[0] != r.Names[0] {
				t.Errorf("names %q and %q", im.Describe().Names, r.Names)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got) // this registry has its catalog in no order
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.repositories, d)
		}
		src.Close()
	}
}

func TestPlatform(t *testing.T) {
	s := server(t, nil)
	arm := testImage()
	arm.Architecture = "arm64"
	im := testImage("app:1")
	im.Others = []imagetest.Image{arm}
	push(t, s, "app", im)
	for platform, want := range map[source.Platform]string{{}: im.ID(), {OS: "linux", Architecture: "arm64"}: arm.ID()} {
		got, err := Open(t.Context(), host(s)+"/app:1", Config{Platform: platform})
		if err != nil || got.Describe().ID != want {
			t.Errorf("%s: %v", platform, err)
		}
	}
	if _, err := Open(t.Context(), host(s)+"/app:1",
		Config{Platform: source.Platform{OS: "plan9", Architecture: "mips"}}); landwaiter.KindOf(
		err,
	) != landwaiter.NotFound {
		t.Errorf("no such platform: %v", err)
	}
}

func TestBasicAuthentication(t *testing.T) {
	locked := false
	s := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); !locked || (user == "me" && password == "secret") {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	push(t, s, "app", testImage("app:1"))
	locked = true
	reference := host(s) + "/app:1"
	im, err := Open(t.Context(), reference, Config{Username: "me", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	verify(t, im)
	for _, c := range []Config{{}, {Username: "me", Password: "guess"}} {
		_, err := Open(t.Context(), reference, c)
		if landwaiter.KindOf(err) != landwaiter.Denied || landwaiter.SettingOf(err) != landwaiter.SettingCredentials ||
			strings.Contains(err.Error(), "guess") {
			t.Errorf("error %v (%s), want Denied, about the credentials and without the password", err, landwaiter.KindOf(err))
		}
	}
}

// TestAnswers maps what a registry may answer for a manifest or a blob.
func TestAnswers(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	body := func(mediaType, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			fmt.Fprint(w, text)
		}
	}
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	for _, c := range []struct {
		name, path string
		answer     http.HandlerFunc
		want       landwaiter.ErrorKind
	}{
		{"403", "/manifests/", status(403), landwaiter.Denied},
		{"404", "/manifests/", status(404), landwaiter.NotFound},
		{"501", "/manifests/", status(501), landwaiter.Unavailable},
		{"404 of the config", "/blobs/", status(404), landwaiter.NotFound},
		{"another config", "/blobs/", body("", "{}"), landwaiter.Corrupt},
		{"schema 1", "/manifests/", body("application/vnd.docker.distribution.manifest.v1+json",
			`{"schemaVersion":1,"fsLayers":[]}`), landwaiter.Unsupported},
		{"layers and manifests", "/manifests/", body(manifestType, `{"layers":[],"manifests":[]}`), landwaiter.Corrupt},
		{"no JSON", "/manifests/", body(manifestType, `<html>`), landwaiter.Corrupt},
		{"endless manifest", "/manifests/", body(manifestType, strings.Repeat(" ", 5<<20)), landwaiter.TooLarge},
		{"redirect to the metadata service", "/blobs/", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://169.254.169.254/latest/", http.StatusFound)
		}, landwaiter.Denied},
		{"redirect to plain HTTP elsewhere", "/blobs/", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://registry.invalid/", http.StatusFound)
		}, landwaiter.Denied},
		{"redirect to a file", "/blobs/", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}, landwaiter.Denied},
		{"terminal escapes", "/manifests/", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"errors":[{"code":"UNKNOWN","message":"\u001b[2J\u202e\nx"}]}`)
		}, landwaiter.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			armed := false
			s := server(t, func(w http.ResponseWriter, r *http.Request) bool {
				if !armed || !strings.Contains(r.URL.Path, c.path) {
					return false
				}
				c.answer(w, r)
				return true
			})
			push(t, s, "app", testImage("app:1"))
			armed = true
			_, err := Open(t.Context(), host(s)+"/app:1", Config{})
			if landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("error %q drives a terminal", err)
			}
		})
	}
}

// TestLayerIsNotWhatItsDigestSays: the registry exchanges a layer later.
func TestLayerIsNotWhatItsDigestSays(t *testing.T) {
	exchanged := false
	s := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !exchanged || !strings.Contains(r.URL.Path, "/blobs/") {
			return false
		}
		fmt.Fprint(w, "something else")
		return true
	})
	push(t, s, "app", testImage("app:1"))
	im, err := Open(t.Context(), host(s)+"/app:1", Config{})
	if err != nil {
		t.Fatal(err)
	}
	exchanged = true
	r, err := im.Layer(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); landwaiter.KindOf(err) != landwaiter.Corrupt {
		t.Errorf("error %v (%s), want Corrupt", err, landwaiter.KindOf(err))
	}
	if _, err := im.Layer(t.Context(), 7); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("layer 7: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := im.Layer(canceled, 0); err == nil {
		t.Error("a layer with an ended context")
	}
}

func TestConfigURL(t *testing.T) {
	for url, want := range map[string]landwaiter.ErrorKind{
		"registry.example.com":               "",
		"https://registry.example.com:5000/": "",
		"http://127.0.0.9:5000":              "",
		"http://localhost":                   "",
		"http://[::1]:5000":                  "",
		"http://registry.example.com":        landwaiter.Invalid,
		"http://10.0.0.1":                    landwaiter.Invalid,
		"http://127.0.0.1.example.com":       landwaiter.Invalid,
		"https://user:secret@example.com":    landwaiter.Invalid,
		"https://example.com/project":        landwaiter.Invalid,
		"ftp://example.com":                  landwaiter.Invalid,
		"":                                   landwaiter.Invalid,
	} {
		_, err := New(Config{URL: url})
		if landwaiter.KindOf(err) != want {
			t.Errorf("%q: error %v, want %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: password in %v", url, err)
		}
	}
	if _, err := New(Config{URL: "http://10.0.0.1", PlainHTTP: true}); err != nil {
		t.Errorf("allowed plain HTTP: %v", err)
	}
}

func TestReferences(t *testing.T) {
	src, err := New(Config{URL: "docker.io"})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "UPPER case", "a@sha256:short", "ghcr.io/other/registry:1"} {
		if _, err := src.Open(t.Context(), bad); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("%q: error %v, want Invalid", bad, err)
		}
	}
	ref, err := parse("debian:12", Config{})
	if err != nil || display(ref) != "docker.io/library/debian:12" {
		t.Errorf("display %q, %v", display(ref), err)
	}
}
