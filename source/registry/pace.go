package registry

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxPause bounds one pause that a registry may ask for.
	maxPause = 5 * time.Minute
	// maxWait bounds how long one request is put off, over all its tries.
	maxWait = 30 * time.Minute
	// firstPause is the first pause when a registry limits us but does not
	// say for how long, and before a failed request is tried again; each
	// further one is twice as long.
	firstPause = time.Second
	// maxFailures is how often a request may fail before its error is returned.
	maxFailures = 3
)

// pacer is the transport that keeps all requests of a source to the configured rate
// and to that of the registry. When the registry answers that there are too many
// requests, none is sent until the pause that it asked for is over.
type pacer struct {
	next  http.RoundTripper
	rate  *rate.Limiter
	slots chan struct{} // requests under way

	mu     sync.Mutex
	resume time.Time // no request leaves before
}

// newPacer allows, after a quiet time, the requests of one second at once.
func newPacer(next http.RoundTripper, perSecond float64, parallel int) *pacer {
	return &pacer{
		next:  next,
		rate:  rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond))),
		slots: make(chan struct{}, parallel),
	}
}

// RoundTrip implements [http.RoundTripper].
func (p *pacer) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, giveUp := req.Context(), time.Now().Add(maxWait)
	for limited, failed := 0, 0; ; {
		resp, err := p.send(req, giveUp)
		var delay time.Duration
		switch {
		case isLimited(resp):
			limited++
			if delay = retryAfter(resp, limited); time.Now().Add(delay).After(giveUp) {
				return resp, err
			}
			p.pause(delay)
		case isPassing(resp, err) && failed < maxFailures-1:
			failed++
			if err := sleep(ctx, backoff(failed)); err != nil {
				return nil, err
			}
		default:
			return resp, err
		}
		if req, err = again(req); err != nil {
			return nil, err
		}
		if resp != nil {
			resp.Body.Close()
		}
	}
}

// send waits until the request may leave and sends it.
func (p *pacer) send(req *http.Request, giveUp time.Time) (*http.Response, error) {
	ctx := req.Context()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// During a pause, no request can use the slot anyway.
	for wait := p.left(); wait > 0; wait = p.left() {
		if time.Now().Add(wait).After(giveUp) {
			return nil, landwaiter.Errorf(landwaiter.Unavailable, "%s limits the rate of requests; waited for %s", req.URL.Host,
				maxWait)
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
	if err := p.rate.Wait(ctx); err != nil {
		return nil, cmp.Or(ctx.Err(), context.DeadlineExceeded) // Wait fails before the deadline passes
	}
	return roundTrip(p.next, req)
}

// pause lets no request leave for d.
func (p *pacer) pause(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.resume) {
		p.resume = until
	}
}

// left returns what is left of the pause.
func (p *pacer) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.resume)
}

// isLimited reports whether the registry wants fewer requests. A 503 that
// does not say until when is a failure like others.
func isLimited(resp *http.Response) bool {
	if resp == nil {
		return false
	}
	return resp.StatusCode == http.StatusTooManyRequests ||
		(resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "")
}

// isPassing reports whether the same request may succeed when repeated.
func isPassing(resp *http.Response, err error) bool {
	if err == nil {
		return resp.StatusCode == http.StatusRequestTimeout ||
			(resp.StatusCode >= http.StatusInternalServerError && resp.StatusCode != http.StatusNotImplemented)
	}
	for _, reset := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, reset) {
			return true
		}
	}
	return false
}

// retryAfter returns how long to wait after the n-th such answer: what the
// header says, in seconds or as a date (RFC 9110, section 10.2.3).
func retryAfter(resp *http.Response, n int) time.Duration {
	text := resp.Header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	if wait <= 0 {
		return backoff(n)
	}
	return min(wait, maxPause)
}

// backoff returns the pause after the n-th try: twice the one before, at
// least half of it and the rest by chance, so that clients that were rejected
// together do not come back together.
func backoff(n int) time.Duration {
	d := maxPause
	if n < 10 { // 2^9 s is more than maxPause
		d = min(firstPause<<(n-1), maxPause)
	}
	return d/2 + rand.N(d/2+1)
}

// again makes the request ready to be sent once more.
func again(req *http.Request) (*http.Request, error) {
	if req.GetBody == nil {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	next := req.WithContext(req.Context())
	next.Body = body
	return next, nil
}

// sleep returns early, with an error, when the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
