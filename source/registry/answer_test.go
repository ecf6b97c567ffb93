package registry

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// drip is a body that gives some bytes after each wait, for ever or until its
// request ends.
type drip struct {
	ctx   context.Context
	bytes int
	every time.Duration
	left  int // bytes; negative: endless
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	if err := sleep(d.ctx, d.every); err != nil {
		return 0, err
	}
	n := min(len(p), d.bytes)
	if d.left > 0 {
		n = min(n, d.left)
		d.left -= n
	}
	return n, nil
}

func (d *drip) Close() error { return nil }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func dripping(bytes int, every time.Duration, left int) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: &drip{req.Context(), bytes, every, left}}, nil
	}
}

func get(ctx context.Context, t *testing.T, path string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+registryHost+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// TestAnswersAreBounded: in size and in time.
func TestAnswersAreBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		path string
		next roundTripper
		want landwaiter.ErrorKind
	}{
		{"small", "/v2/", dripping(100, 0, 1000), ""},
		{"endless ping", "/v2/", dripping(1<<16, 0, -1), landwaiter.TooLarge},
		{"endless listing", "/v2/_catalog", dripping(1<<16, 0, -1), landwaiter.TooLarge},
		{"endless token", "/token", dripping(1<<16, 0, -1), landwaiter.TooLarge},
		{"largest manifest", "/v2/app/manifests/1", dripping(1<<16, 0, source.MaxDocument), ""},
		{"too large a manifest", "/v2/app/manifests/1", dripping(1<<16, 0, source.MaxDocument+1), landwaiter.TooLarge},
		{"one byte a second", "/v2/_catalog", dripping(1, time.Second, -1), landwaiter.Unavailable},
		{"no byte", "/v2/", dripping(1, 24*time.Hour, -1), landwaiter.Unavailable},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			_, err := roundTrip(c.next, get(t.Context(), t, c.path))
			if landwaiter.KindOf(err) != c.want || time.Since(start) > answerTimeout {
				t.Errorf("%s: %v after %s, want %q", c.name, err, time.Since(start), c.want)
			}
		})
	}
}

// TestSlowLayer: what the registry does slowly counts, what the reader does
// not.
func TestSlowLayer(t *testing.T) {
	for _, c := range []struct {
		name   string
		bytes  int
		every  time.Duration
		left   int
		reader time.Duration
		want   error
	}{
		{"slow but enough", 1 << 10, 200 * time.Millisecond, 10 << 20, 0, nil},
		{"just too slow", 1 << 10, 250 * time.Millisecond, 10 << 20, 0, errSlow},
		{"one byte a second", 1, time.Second, -1, 0, errSlow},
		{"nothing", 1, 24 * time.Hour, -1, 0, errSlow},
		{"small and slow", 1, time.Second, 50, 0, nil},
		{"slow reader", 1 << 10, time.Millisecond, 100 << 10, time.Hour, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			resp, err := roundTrip(dripping(c.bytes, c.every, c.left), get(asStream(t.Context()), t, "/v2/app/blobs/sha256:0"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			buf, total := make([]byte, 32<<10), 0
			for err == nil {
				var n int
				n, err = resp.Body.Read(buf)
				total += n
				time.Sleep(c.reader)
			}
			if err == io.EOF {
				err = nil
			}
			if !errors.Is(err, c.want) || (c.want == nil && (err != nil || total != c.left)) {
				t.Errorf("%s: %d bytes, %v, want %v", c.name, total, err, c.want)
			}
		})
	}
}

// TestPagesThatGoOn: pages that always name a next one end at a limit.
func TestPagesThatGoOn(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	for _, c := range []struct {
		name         string
		repositories []string
		page         map[string][]string
		next         string
		want         landwaiter.ErrorKind
	}{
		{"empty pages of a catalog", nil, map[string][]string{"repositories": {}}, "/v2/_catalog?last=x",
			landwaiter.TooLarge},
		{"full pages of a catalog", nil, map[string][]string{"repositories": make([]string, 1000)}, "/v2/_catalog?last=x",
			landwaiter.TooLarge},
		{"empty pages of tags", []string{"app"}, map[string][]string{"tags": {}}, "/v2/app/tags/list?last=x",
			landwaiter.TooLarge},
		{"full pages of tags", []string{"app"}, map[string][]string{"tags": make([]string, 1000)}, "/v2/app/tags/list?last=x",
			landwaiter.TooLarge},
		{"next page elsewhere", []string{"app"}, map[string][]string{"tags": {}}, "https://evil.example.com/v2/app/tags/list",
			landwaiter.Denied},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := fakeNet{"https://" + registryHost: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", "<"+c.next+`>; rel="next"`)
				if err := json.NewEncoder(w).Encode(c.page); err != nil {
					t.Error(err)
				}
			}}.on(t, Config{URL: registryHost, Repositories: c.repositories})
			err := src.List(t.Context(), func(source.Ref) error { return nil })
			if landwaiter.KindOf(err) != c.want {
				t.Errorf("%s: error %v (%s), want %s", c.name, err, landwaiter.KindOf(err), c.want)
			}
		})
	}
}
