package registry

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
)

// TestDigest: that nothing changed is known by one request.
func TestDigest(t *testing.T) {
	im := testImage("app:1")
	im.Others = []imagetest.Image{testImage()} // so that the tag is an index
	app := filled(t, map[string]imagetest.Image{"app": im})
	var asked []string
	noDigest := false
	src := fakeNet{"https://" + registryHost: func(w http.ResponseWriter, r *http.Request) {
		if asked = append(asked, r.Method+" "+r.URL.Path); !noDigest {
			app(w, r)
		}
	}}.on(t, Config{URL: registryHost})
	const locator = registryHost + "/app:1"
	opened, err := src.Open(t.Context(), locator)
	if err != nil {
		t.Fatal(err)
	}
	asked = nil
	digest, err := src.Digest(t.Context(), locator)
	if err != nil || opened.Describe().RepoDigests[0] != registryHost+"/app@"+digest {
		t.Errorf("%s of %q, %v", digest, opened.Describe().RepoDigests, err)
	}
	if got := strings.Join(asked, " "); got != "HEAD /v2/app/manifests/1" {
		t.Errorf("asked %s", got)
	}
	if got, err := src.Digest(t.Context(), registryHost+"/app@"+digest); got != digest || err != nil || len(asked) != 1 {
		t.Errorf("by digest: %s, %v, %q", got, err, asked)
	}
	noDigest = true
	for locator, want := range map[string]landwaiter.ErrorKind{
		locator: landwaiter.Unavailable, "elsewhere.example.com/app:1": landwaiter.Invalid,
	} {
		if _, err := src.Digest(t.Context(), locator); landwaiter.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", locator, err, want)
		}
	}
}

// TestLayerThatBreaksOff is not a layer that was damaged.
func TestLayerThatBreaksOff(t *testing.T) {
	app := filled(t, map[string]imagetest.Image{"app": testImage("app:1")})
	broken := false
	src := fakeNet{"https://" + registryHost: app}.on(t, Config{URL: registryHost})
	net := src.guard.next
	src.guard.next = roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := net.RoundTrip(req)
		if err == nil && broken {
			resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 1), brokenReader{}))
		}
		return resp, err
	})
	im, err := src.Open(t.Context(), registryHost+"/app:1")
	if err != nil {
		t.Fatal(err)
	}
	broken = true
	r, err := im.Layer(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Errorf("error %v (%s), want Unavailable", err, landwaiter.KindOf(err))
	}
}

// TestRedirectsThatGoOn end at a limit.
func TestRedirectsThatGoOn(t *testing.T) {
	app := filled(t, map[string]imagetest.Image{"app": testImage("app:1")})
	n := 0
	src := fakeNet{"https://" + registryHost: func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/manifests/") {
			app(w, r)
			return
		}
		n++
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}}.on(t, Config{URL: registryHost})
	_, err := src.Open(t.Context(), registryHost+"/app:1")
	if landwaiter.KindOf(err) != landwaiter.TooLarge || n != maxRedirects+1 {
		t.Errorf("after %d requests: %v", n, err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
