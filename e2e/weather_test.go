package e2e

import (
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// weather is a proxy in front of a registry that makes requests fail: each with a
// probability, and all of them during a storm.
type weather struct {
	addr string

	mu     sync.Mutex
	rnd    *rand.Rand
	rough  float64 // probability that a request fails
	storm  time.Time
	failed int
}

func newWeather(t testing.TB, registry string, seed uint64) *weather {
	t.Helper()
	w := &weather{rnd: rand.New(rand.NewPCG(seed, 1))}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: registry})
	proxy.ErrorLog = log.New(io.Discard, "", 0) // of clients that were killed
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if fail := w.roll(); fail != nil {
			fail(rw)
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	server.Config.ErrorLog = proxy.ErrorLog
	t.Cleanup(server.Close)
	w.addr = strings.TrimPrefix(server.URL, "http://")
	return w
}

// set sets the probability with which requests fail.
func (w *weather) set(rough float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rough = rough
	if rough == 0 {
		w.storm = time.Time{}
	}
}

func (w *weather) stormFor(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.storm = time.Now().Add(d)
}

// roll decides how a request fails, nil if it does not.
func (w *weather) roll() func(http.ResponseWriter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Now().After(w.storm) && w.rnd.Float64() >= w.rough {
		return nil
	}
	w.failed++
	return failures[w.rnd.IntN(len(failures))]
}

// failures are the temporary failures of a registry.
var failures = []func(http.ResponseWriter){
	func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many", http.StatusTooManyRequests)
	},
	func(w http.ResponseWriter) { http.Error(w, "broken", http.StatusInternalServerError) },
	func(w http.ResponseWriter) { http.Error(w, "busy", http.StatusServiceUnavailable) },
	func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, // no answer at all
	func(w http.ResponseWriter) { // cut in the middle of one
		w.Header().Set("Content-Length", "100000")
		io.WriteString(w, `{"schemaVersion":2,`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	},
}
