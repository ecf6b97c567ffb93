package registry

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
)

// send writes zeros until the client hangs up or most were sent.
func send(w http.ResponseWriter, most int64) {
	zeros := make([]byte, 1<<20)
	for sent := int64(0); sent < most; sent += int64(len(zeros)) {
		if _, err := w.Write(zeros); err != nil {
			return
		}
	}
}

// plenty is what a hostile server sends if it is let: more than any limit of an answer.
const plenty = 1 << 30

// answerOf hooks the requests whose path has a part.
func answerOf(part string, h http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, part) {
			return false
		}
		h(w, r)
		return true
	}
}

// TestHostileRegistry: a real HTTP server that answers as no registry should. Each case ends soon, in memory that does
// not depend on what is sent, with an error of the right kind.
func TestHostileRegistry(t *testing.T) {
	im := testImage("app:1")
	config, manifest, blob := im.ID(), im.ManifestDigest(), source.Digest(im.Layers[0].Blob())
	raw := im.Layers[0].Blob()
	for _, c := range []struct {
		name string
		hook func(http.ResponseWriter, *http.Request) bool
		want landwaiter.ErrorKind
	}{
		{"endless greeting", answerOf("/v2/", func(w http.ResponseWriter, _ *http.Request) {
			send(w, plenty)
		}), landwaiter.TooLarge},
		{"endless error", answerOf("/manifests/", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			send(w, plenty)
		}), landwaiter.TooLarge},
		{"endless manifest", answerOf("/manifests/", func(w http.ResponseWriter, _ *http.Request) {
			send(w, plenty)
		}), landwaiter.TooLarge},
		{"endless config", answerOf("/blobs/"+config, func(w http.ResponseWriter, _ *http.Request) {
			send(w, plenty)
		}), landwaiter.Corrupt},
		{"endless layer", answerOf("/blobs/"+blob, func(w http.ResponseWriter, _ *http.Request) {
			send(w, 4*plenty)
		}), landwaiter.Corrupt},
		{"layer that goes on", answerOf("/blobs/"+blob, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(raw)
			send(w, 4*plenty)
		}), landwaiter.Corrupt},
		{"layer one byte longer", answerOf("/blobs/"+blob, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(append(raw, 0))
		}), landwaiter.Corrupt},
		{"layer that ends early", answerOf("/blobs/"+blob, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(raw[:len(raw)-9])
		}), landwaiter.Corrupt},
		{"another layer", answerOf("/blobs/"+blob, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(im.Layers[1].Blob())
		}), landwaiter.Corrupt},
		{"another config", answerOf("/blobs/"+config, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(append(im.RawConfig(), ' '))
		}), landwaiter.Corrupt},
		{"another manifest", answerOf("/manifests/"+manifest, func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "{}")
		}), landwaiter.Corrupt},
		{"header bomb in one line", answerOf("/manifests/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Bomb", strings.Repeat("x", 2*maxHeader))
		}), landwaiter.Unavailable},
		{"header bomb in many lines", answerOf("/blobs/", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 100_000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), "x")
			}
		}), landwaiter.Unavailable},
		{"manifest in gzip", answerOf("/manifests/", gzipped(func(w io.Writer) {
			io.WriteString(w, `{"schemaVersion":2}`)
		})), landwaiter.Corrupt},
		{"bomb of a manifest in gzip", answerOf("/manifests/", gzipped(func(w io.Writer) {
			zeros := make([]byte, 1<<20)
			for range 256 {
				w.Write(zeros)
			}
		})), landwaiter.Corrupt},
		{"layer in gzip", answerOf("/blobs/"+blob, gzipped(func(w io.Writer) { w.Write(raw) })), landwaiter.Corrupt},
		{"manifest as an index",
			answerOf("/manifests/1", typed("application/vnd.oci.image.index.v1+json", im.RawConfig())), landwaiter.Corrupt},
		{"manifest of schema 1",
			answerOf("/manifests/1", typed("application/vnd.docker.distribution.manifest.v1+prettyjws",
				[]byte("{}"))), landwaiter.Unsupported},
		{"manifest as a page",
			answerOf("/manifests/1", typed("text/html", []byte("<html>Sign in</html>"))), landwaiter.Corrupt},
		{"redirects without end", answerOf("/blobs/"+blob, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
		}), landwaiter.TooLarge},
		{"layers at the metadata service", answerOf("/blobs/"+blob, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusTemporaryRedirect)
		}), landwaiter.Denied},
		{"layers at the metadata service by NAT64",
			answerOf("/blobs/"+blob, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://[64:ff9b::a9fe:a9fe]/latest/meta-data", http.StatusTemporaryRedirect)
			}), landwaiter.Denied},
		{"layers in a file", answerOf("/blobs/"+blob, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusTemporaryRedirect)
		}), landwaiter.Denied},
		{"token server is the metadata service",
			answerOf("/manifests/", challenge("http://169.254.169.254/token")), landwaiter.Denied},
		{"token without an end", answerOf("/", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				send(w, plenty)
				return
			}
			challenge("http://"+r.Host+"/token")(w, r)
		}), landwaiter.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, r *http.Request) bool {
				return r.Method == http.MethodGet && c.hook(w, r)
			})
			push(t, s, "app", im)
			start, before := time.Now(), allocated()
			reference := host(s) + "/app:1"
			if strings.HasPrefix(c.name, "another") {
				reference = host(s) + "/app@" + manifest // a tag may mean any manifest
			}
			err := readWhole(t, reference)
			if landwaiter.KindOf(err) != c.want {
				t.Errorf("%v (%s), want %s", err, landwaiter.KindOf(err), c.want)
			}
			if took, grew := time.Since(start), allocated()-before; took > 20*time.Second || grew > 200<<20 {
				t.Errorf("took %s and allocated %d MB", took, grew>>20)
			}
		})
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// readWhole opens an image and reads its layers as a scan does.
func readWhole(t *testing.T, reference string) error {
	im, err := Open(t.Context(), reference, Config{})
	if err != nil {
		return err
	}
	defer im.Close()
	for i, l := range im.Describe().Layers {
		if err := readOne(t, im, i, l); err != nil {
			return err
		}
	}
	return nil
}

func readOne(t *testing.T, im source.Image, i int, want landwaiter.LayerRef) error {
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
	if err == nil && (sum.DiffID != want.DiffID || sum.Digest != want.Digest) {
		err = landwaiter.Errorf(landwaiter.Corrupt, "layer %d is %s", i, sum.DiffID)
	}
	return err
}

func gzipped(content func(io.Writer)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		content(z)
		z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(b.Bytes())
	}
}

func typed(mediaType string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.Write(body)
	}
}

func challenge(realm string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm=%q,service="x"`, realm))
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// TestHostileLists: catalogs and tags that do not end, from a real server.
func TestHostileLists(t *testing.T) {
	for _, c := range []struct {
		name         string
		repositories []string
		page         func(w http.ResponseWriter)
		want         landwaiter.ErrorKind
	}{
		{"endless body", nil, func(w http.ResponseWriter) { send(w, plenty) }, landwaiter.TooLarge},
		{"endless array", []string{"app"}, func(w http.ResponseWriter) {
			io.WriteString(w, `{"tags":["a"`)
			for range 100_000 {
				if _, err := io.WriteString(w, strings.Repeat(`,"a"`, 4096)); err != nil {
					return
				}
			}
		}, landwaiter.TooLarge},
		{"full pages without an end", []string{"app"}, func(w http.ResponseWriter) {
			w.Header().Set("Link", `</v2/app/tags/list?last=x>; rel="next"`)
			io.WriteString(w, `{"tags":["a"`+strings.Repeat(`,"a"`, 9999)+`]}`)
		}, landwaiter.TooLarge},
		{"next page at the metadata service", []string{"app"}, func(w http.ResponseWriter) {
			w.Header().Set("Link", `<http://169.254.169.254/v2/app/tags/list>; rel="next"`)
			io.WriteString(w, `{"tags":[]}`)
		}, landwaiter.Denied},
		{"deep JSON", []string{"app"},
			func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("[", 15<<20)) }, landwaiter.Unavailable},
	} {
		s := server(t, func(w http.ResponseWriter, r *http.Request) bool {
			list := strings.HasSuffix(r.URL.Path, "/_catalog") || strings.HasSuffix(r.URL.Path, "/tags/list")
			if list {
				c.page(w)
			}
			return list
		})
		src, err := New(Config{URL: host(s), Repositories: c.repositories, Rate: maxRate})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = src.List(t.Context(), func(source.Ref) error { return nil })
		if landwaiter.KindOf(err) != c.want || time.Since(start) > 20*time.Second {
			t.Errorf("%s: %v (%s) after %s, want %s", c.name, err, landwaiter.KindOf(err), time.Since(start), c.want)
		}
		src.Close()
	}
}
