package registry

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/source"
)

// TestLimitedRegistry: what a registry may answer at first, how long the work
// then takes, and whether it is done.
func TestLimitedRegistry(t *testing.T) {
	limited := func(code int, retryAfter string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(code)
		}
	}
	reset := func(http.ResponseWriter, *http.Request) { panic(syscall.ECONNRESET) }
	const forever = 1_000_000
	const date = "Sat, 01 Jan 2000 00:02:00 GMT" // two minutes after the start of synctest's clock
	for _, c := range []struct {
		name     string
		answer   http.HandlerFunc
		times    int
		min, max time.Duration
		want     landwaiter.ErrorKind
	}{
		{"429 for a minute", limited(429, "60"), 1, time.Minute, 61 * time.Second, ""},
		{"429 until a date", limited(429, date), 1, 2 * time.Minute, 121 * time.Second, ""},
		{"503 with a time", limited(503, "60"), 1, time.Minute, 61 * time.Second, ""},
		{"429 for a day", limited(429, "86400"), 1, maxPause, maxPause + time.Second, ""},
		{"429 for an age", limited(429, "99999999999999999999"), 1, firstPause / 2, 2 * time.Second, ""},
		{"429 in the past", limited(429, "Sat, 01 Jan 1999 00:00:00 GMT"), 1, firstPause / 2, 2 * time.Second, ""},
		{"429 without a time", limited(429, ""), 6, 31 * time.Second, 64 * time.Second, ""},
		{"429 for ever", limited(429, ""), forever, maxWait - maxPause, maxWait, landwaiter.Unavailable},
		{"503 without a time", limited(503, ""), maxFailures - 1, 0, 4 * time.Second, ""},
		{"500 for ever", limited(500, ""), forever, 0, 4 * time.Second, landwaiter.Unavailable},
		{"reset connections", reset, maxFailures - 1, 0, 4 * time.Second, ""},
		{"reset for ever", reset, forever, 0, 4 * time.Second, landwaiter.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			app := filled(t, map[string]imagetest.Image{"app": testImage("app:1")})
			synctest.Test(t, func(t *testing.T) {
				left := c.times
				src := fakeNet{"https://" + registryHost: func(w http.ResponseWriter, r *http.Request) {
					if left--; left >= 0 && strings.Contains(r.URL.Path, "/manifests/") {
						c.answer(w, r)
						return
					}
					if !strings.Contains(r.URL.Path, "/manifests/") {
						left++
					}
					app(w, r)
				}}.on(t, Config{URL: registryHost})
				start := time.Now()
				_, err := src.Open(t.Context(), registryHost+"/app:1")
				if landwaiter.KindOf(err) != c.want {
					t.Errorf("error %v (%s), want %q", err, landwaiter.KindOf(err), c.want)
				}
				if took := time.Since(start); took < c.min || took > c.max {
					t.Errorf("took %s, want %s to %s", took, c.min, c.max)
				}
			})
		})
	}
}

// TestPauseIsForAll: one limited request holds back all, and none fails.
func TestPauseIsForAll(t *testing.T) {
	app := filled(t, map[string]imagetest.Image{"app": testImage("app:1")})
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []time.Duration
		start := time.Now()
		pauses := []time.Duration{3 * time.Second, 40 * time.Second} // when
		src := fakeNet{"https://" + registryHost: func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			at := time.Since(start)
			seen = append(seen, at)
			if len(pauses) > 0 && at >= pauses[0] {
				pauses = pauses[1:]
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			app(w, r)
		}}.on(t, Config{URL: registryHost})
		var g errgroup.Group
		for range 500 {
			g.Go(func() error {
				im, err := src.Open(t.Context(), registryHost+"/app:1")
				if err != nil {
					return err
				}
				r, err := im.Layer(t.Context(), 0)
				if err != nil {
					return err
				}
				defer r.Close()
				_, err = io.Copy(io.Discard, r)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if len(pauses) > 0 {
			t.Fatalf("the work was over before pause %v", pauses)
		}
		gaps := 0
		for i, at := range seen[1:] {
			if at-seen[i] >= 29*time.Second {
				gaps++
			}
		}
		if gaps != 2 || !slices.IsSorted(seen) {
			t.Errorf("%d pauses of all requests, want 2", gaps)
		}
	})
}

// TestRateAndParallel counts what the registry sees.
func TestRateAndParallel(t *testing.T) {
	for _, c := range []struct {
		config   Config
		parallel int32
		min, max time.Duration // for 200 requests of 100 ms
	}{
		{Config{}, DefaultParallel, (200 - DefaultRate) * time.Second / DefaultRate, 10 * time.Second},
		{Config{Rate: 1}, 1, 199 * time.Second, 201 * time.Second},
		{Config{Rate: 1000, Parallel: 2}, 2, 10 * time.Second, 11 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int32
			p := newPacer(fakeNet{"https://" + registryHost: func(http.ResponseWriter, *http.Request) {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(100 * time.Millisecond)
				now.Add(-1)
			}}, c.config.rate(), c.config.parallel())
			start := time.Now()
			var g errgroup.Group
			for range 200 {
				g.Go(func() error {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+registryHost+"/v2/", nil)
					if err != nil {
						return err
					}
					_, err = p.RoundTrip(req)
					return err
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < c.min || took > c.max {
				t.Errorf("%+v: 200 requests in %s, want %s to %s", c.config, took, c.min, c.max)
			}
			if n := most.Load(); n > int32(c.config.parallel()) || n < c.parallel {
				t.Errorf("%+v: %d at once", c.config, n)
			}
		})
	}
}

// TestPauseEndsWithContext: stopping a task does not wait for a registry.
func TestPauseEndsWithContext(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		src := fakeNet{"https://" + registryHost: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
		}}.on(t, Config{URL: registryHost})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		err := src.List(ctx, func(source.Ref) error { return nil })
		if err != context.DeadlineExceeded || time.Since(start) > 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// TestRetrySendsBodyAgain: a token request is a form.
func TestRetrySendsBodyAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		p := newPacer(fakeNet{"https://" + registryHost: func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			if bodies = append(bodies, string(b)); len(bodies) < 3 {
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}}, DefaultRate, 1)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+registryHost+"/token",
			strings.NewReader("a=b"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.RoundTrip(req); err != nil || strings.Join(bodies, " ") != "a=b a=b a=b" {
			t.Errorf("bodies %q, %v", bodies, err)
		}
	})
}
