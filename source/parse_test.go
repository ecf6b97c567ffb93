package source_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/source"
)

const (
	hexA         = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestA      = "sha256:" + hexA
	ociManifest  = "application/vnd.oci.image.manifest.v1+json"
	ociIndex     = "application/vnd.oci.image.index.v1+json"
	imageConfig  = `{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + digestA + `","size":1}`
	helmConfig   = `{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"` + digestA + `","size":1}`
	goodManifest = `{"schemaVersion":2,"config":` + imageConfig + `,"layers":[]}`
)

func TestParseConfig(t *testing.T) {
	im := imagetest.Image{
		Author: "me", Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Architecture: "arm64",
		Config: landwaiter.ImageConfig{
			User: "app", Env: []string{"A=1"}, Entrypoint: []string{"/app"}, Cmd: []string{"serve"},
			ExposedPorts: []string{"443/tcp", "80/tcp"}, Labels: map[string]string{"k": "v"},
			Healthcheck: []string{"CMD", "true"},
			History:     []landwaiter.History{{CreatedBy: "COPY", Comment: "c"}, {CreatedBy: "USER app", EmptyLayer: true}},
		},
		Layers: []imagetest.Layer{imagetest.NewLayer(imagetest.Text("a", ""))},
	}
	got, err := source.ParseConfig(im.RawConfig())
	if err != nil {
		t.Fatal(err)
	}
	want := landwaiter.Image{
		ID: im.ID(), Created: im.Created, OS: "linux", Architecture: "arm64", Author: "me", Config: im.Config,
		Layers: []landwaiter.LayerRef{{DiffID: im.Layers[0].DiffID()}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestParseConfigOfOldBuilders(t *testing.T) {
	got, err := source.ParseConfig(
		[]byte(`{"os":"linux","created":"soon","config":{"Cmd":"run me","Entrypoint":null},"rootfs":{"diff_ids":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"run me"}, got.Config.Cmd); d != "" || !got.Created.IsZero() ||
		got.Config.Entrypoint != nil {
		t.Errorf("%+v", got)
	}
}

func TestParseConfigRefuses(t *testing.T) {
	many := func(n int, s string) string { return "[" + strings.TrimSuffix(strings.Repeat(s+",", n), ",") + "]" }
	for _, c := range []struct {
		name, raw string
		want      landwaiter.ErrorKind
	}{
		{"no JSON", "x", landwaiter.Corrupt},
		{"nested too deep", strings.Repeat("[", 100_000), landwaiter.TooLarge},
		{"not an image", `{"name":"chart"}`, landwaiter.Unsupported},
		{"diff ID that is a path", `{"os":"linux","rootfs":{"diff_ids":["sha256:../../x"]}}`, landwaiter.Corrupt},
		{"upper-case digest", `{"os":"linux","rootfs":{"diff_ids":["sha256:` + strings.ToUpper(hexA) + `"]}}`,
			landwaiter.Corrupt},
		{"sha512", `{"os":"linux","rootfs":{"diff_ids":["sha512:` + hexA + hexA + `"]}}`, landwaiter.Unsupported},
		{"5000 layers", `{"rootfs":{"diff_ids":` + many(5000, `"`+digestA+`"`) + `}}`, landwaiter.TooLarge},
		{"100k steps", `{"os":"linux","history":` + many(100_000, `{}`) + `}`, landwaiter.TooLarge},
		{"over 4 MiB", `{"os":"` + strings.Repeat("x", 4<<20) + `"}`, landwaiter.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := source.ParseConfig([]byte(c.raw)); landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
		})
	}
}

func TestParseDocumentRefuses(t *testing.T) {
	layer := func(extra string) string {
		return `{"schemaVersion":2,"config":` + imageConfig + `,"layers":[` +
			`{"digest":"` + digestA + `","size":1` + extra + `}]}`
	}
	manifests := `{"schemaVersion":2,"manifests":[]}`
	for _, c := range []struct {
		name, raw, mediaType string
		want                 landwaiter.ErrorKind
	}{
		{"a good manifest", goodManifest, ociManifest, ""},
		{"a good index", manifests, ociIndex, ""},
		{"a lazy registry", goodManifest, "text/plain", ""},
		{"schema 1", `{"schemaVersion":1,"fsLayers":[]}`, "", landwaiter.Unsupported},
		{"signed schema 1", `{"schemaVersion":1}`, "application/vnd.docker.distribution.manifest.v1+prettyjws",
			landwaiter.Unsupported},
		{"layers and manifests", `{"schemaVersion":2,"config":` + imageConfig + `,"layers":[],"manifests":[]}`, "",
			landwaiter.Corrupt},
		{"LAYERS and manifests", `{"schemaVersion":2,"LAYERS":[],"manifests":[]}`, "", landwaiter.Corrupt},
		{"neither", `{"schemaVersion":2}`, "", landwaiter.Corrupt},
		{"manifest served as index", goodManifest, ociIndex, landwaiter.Corrupt},
		{"index served as manifest", manifests, ociManifest, landwaiter.Corrupt},
		{"media type inside disagrees", `{"mediaType":"` + ociManifest + `","manifests":[]}`, "", landwaiter.Corrupt},
		{"no config", `{"schemaVersion":2,"layers":[]}`, "", landwaiter.Corrupt},
		{"helm chart", `{"schemaVersion":2,"config":` + helmConfig + `,"layers":[]}`, "", landwaiter.Unsupported},
		{"foreign layer", layer(`,"urls":["http://169.254.169.254/"]`), "", landwaiter.Unsupported},
		{"negative size", layer(`,"size":-5`), "", landwaiter.Corrupt},
		{"size that overflows sums", layer(`,"size":9223372036854775807`), "", landwaiter.Corrupt},
		{"digest that is a path", strings.Replace(layer(""), hexA+`","size":1}]`, `../../../../etc/passwd","size":1}]`, 1),
			"", landwaiter.Corrupt},
		{"10k+ platforms", `{"manifests":[` + strings.Repeat(`{},`, 10_000) + `{}]}`, "", landwaiter.TooLarge},
		{"a million layers", `{"layers":[` + strings.Repeat(`{},`, 1_000_000) + `{}]}`, "", landwaiter.TooLarge},
		{"nested too deep", strings.Repeat(`{"a":`, 100_000), "", landwaiter.TooLarge},
		{"over 4 MiB", `"` + strings.Repeat("x", 4<<20) + `"`, "", landwaiter.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := source.ParseDocument([]byte(c.raw), c.mediaType); landwaiter.KindOf(err) != c.want {
				t.Errorf("error %v (%s), want %q", err, landwaiter.KindOf(err), c.want)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	desc := func(digest string, p *source.Platform) source.Descriptor {
		return source.Descriptor{Digest: digest, Platform: p}
	}
	amd, arm := &source.Platform{
		OS:           "linux",
		Architecture: "amd64",
	}, &source.Platform{
		OS:           "linux",
		Architecture: "arm64",
		Variant:      "v8",
	}
	unknown := &source.Platform{OS: "unknown", Architecture: "unknown"}
	for _, c := range []struct {
		name string
		have []source.Descriptor
		want string // platform
		pick string // "" for NotFound
	}{
		{"the default is linux/amd64", []source.Descriptor{desc("arm", arm), desc("amd", amd)}, "", "amd"},
		{"any variant", []source.Descriptor{desc("amd", amd), desc("arm", arm)}, "linux/arm64", "arm"},
		{"another variant", []source.Descriptor{desc("amd", amd), desc("arm", arm)}, "linux/arm64/v9", ""},
		{"an index of one is that image", []source.Descriptor{desc("arm", arm)}, "", "arm"},
		{"attestations do not count", []source.Descriptor{desc("arm", arm), desc("att", unknown)}, "", "arm"},
		{"nothing fits", []source.Descriptor{desc("amd", amd), desc("arm", arm)}, "windows/amd64", ""},
		{"empty", nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := source.ParsePlatform(c.want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := (&source.Document{Index: true, Manifests: c.have}).Select(want)
			if got.Digest != c.pick || (c.pick == "") != (landwaiter.KindOf(err) == landwaiter.NotFound) {
				t.Errorf("got %q, %v", got.Digest, err)
			}
		})
	}
	for _, bad := range []string{"linux", "/", "a/b/c/d", "linux/"} {
		if _, err := source.ParsePlatform(bad); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("platform %q: %v", bad, err)
		}
	}
}

// TestResolveEndsInNestedIndexes: an index may not lead on for ever, and what
// a digest points to must have that digest.
func TestResolveEndsInNestedIndexes(t *testing.T) {
	blobs := map[string][]byte{}
	put := func(b string) source.Descriptor {
		d := source.Digest([]byte(b))
		blobs[d] = []byte(b)
		return source.Descriptor{Digest: d}
	}
	fetch := func(_ context.Context, d source.Descriptor) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(blobs[d.Digest])), nil
	}
	config := put(`{"os":"linux","architecture":"arm64","rootfs":{"diff_ids":[]}}`)
	top := put(fmt.Sprintf(`{"config":{"digest":%q},"layers":[]}`, config.Digest))
	for depth := range 6 {
		im, err := source.Resolve(t.Context(), top, source.Platform{}, fetch)
		if depth < 4 && (err != nil || im.ID != config.Digest) {
			t.Errorf("depth %d: %v", depth, err)
		}
		if depth >= 4 && landwaiter.KindOf(err) != landwaiter.TooLarge {
			t.Errorf("depth %d: error %v, want TooLarge", depth, err)
		}
		top = put(fmt.Sprintf(`{"manifests":[{"digest":%q}]}`, top.Digest))
	}
	top = put(fmt.Sprintf(`{"config":{"digest":%q},"layers":[]}`, config.Digest))
	blobs[config.Digest] = []byte(`{"os":"windows"}`)
	if _, err := source.Resolve(t.Context(), top, source.Platform{}, fetch); landwaiter.KindOf(err) != landwaiter.Corrupt {
		t.Errorf("exchanged config: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(imagetest.Image{Layers: []imagetest.Layer{{}}}.RawConfig())
	f.Add([]byte(`{"os":"linux","config":{"Cmd":"x"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		im, err := source.ParseConfig(raw)
		if err != nil {
			return
		}
		if im.ID != source.Digest(raw) {
			t.Errorf("ID %s", im.ID)
		}
		for _, l := range im.Layers {
			if source.CheckDigest(l.DiffID) != nil {
				t.Errorf("diff ID %q", l.DiffID)
			}
		}
	})
}

func FuzzParseDocument(f *testing.F) {
	f.Add([]byte(goodManifest), ociManifest)
	f.Add([]byte(`{"manifests":[{"digest":"`+digestA+`","platform":{"os":"linux"}}]}`), "")
	f.Fuzz(func(t *testing.T, raw []byte, mediaType string) {
		doc, err := source.ParseDocument(raw, mediaType)
		if err != nil {
			return
		}
		if doc.Index != (doc.Config.Digest == "") || (doc.Index && doc.Layers != nil) ||
			(!doc.Index && doc.Manifests != nil) {
			t.Errorf("ambiguous document %+v", doc)
		}
		if !json.Valid(raw) {
			t.Error("accepted what is no JSON")
		}
		_, _ = doc.Select(source.Platform{})
	})
}
