package advisory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
)

// A transfer below 1 KB/s over 30 seconds is aborted and resumed: at that rate, all of
// OSV would take days.
const (
	stallWindow = 30 * time.Second
	stallBytes  = 30 << 10
)

// maxHeader bounds the header of an answer; those of mirrors have two kilobytes.
const maxHeader = 256 << 10

var errStalled = errors.New("the server sends too slowly")

// fetcher sends GET requests and retries after faults of servers and networks.
type fetcher struct {
	client *http.Client
	agent  string
	window time.Duration // of the watchdog
	sleep  func(context.Context, time.Duration) error
}

func defaultClient() *http.Client {
	return &http.Client{Transport: &dialguard.Transport{Next: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialguard.Dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    30 * time.Second,
		ResponseHeaderTimeout:  time.Minute,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    deltaRequests,
	}}}
}

// get calls use with the response of each try until use succeeds. header gives
// the header of the request for each try, so that a resumed one can ask for the
// rest. use sees status 200, 206, 304 and 416 only; its errors count as
// broken transfers and are tried again unless permanent. 404 and 410 are
// landwaiter.NotFound, other refusals landwaiter.Denied, and a server that
// does not answer in any try is landwaiter.Unavailable.
func (f *fetcher) get(ctx context.Context, target string, header func() http.Header,
	use func(*http.Response) error) error {
	var last error
	for n := 1; n <= maxTries; n++ {
		wait, err := f.try(ctx, target, header(), use)
		if err == nil {
			return nil
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return landwaiter.Errorf(landwaiter.Unavailable, "%s was not read before the deadline; the next update resumes",
				redact(target))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if landwaiter.Permanent(err) {
			return err
		}
		last = err
		if n == maxTries {
			break
		}
		if wait == 0 {
			wait = backoff(n)
		}
		if deadline, ok := ctx.Deadline(); wait > maxRetryAfter || ok && time.Until(deadline) < wait {
			return landwaiter.Errorf(landwaiter.Unavailable, "%s asks to wait %s; update again after that", redact(target),
				wait.Round(time.Second))
		}
		if err := f.sleep(ctx, wait); err != nil {
			return err
		}
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s does not answer after %d tries: %w", redact(target), maxTries,
		last)
}

// try sends one request. wait is the delay that the server asks for, or 0.
func (f *fetcher) try(ctx context.Context, target string, header http.Header,
	use func(*http.Response) error) (wait time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return 0, landwaiter.Errorf(landwaiter.Invalid, "the address of the mirror is malformed")
	}
	req.Header = header
	req.Header.Set("User-Agent", f.agent)
	resp, err := f.client.Do(req)
	if err != nil {
		return 0, withoutURL(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusPartialContent,
		resp.StatusCode == http.StatusNotModified, resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return 0, landwaiter.Errorf(landwaiter.NotFound, "%s does not exist", redact(target))
	case mayRetry(resp.StatusCode):
		wait, _ := retryAfter(resp.Header, time.Now())
		return wait, fmt.Errorf("status %s", resp.Status)
	default:
		return 0, landwaiter.Errorf(landwaiter.Denied, "%s refuses access with status %d", redact(target), resp.StatusCode)
	}
	stop := f.watch(resp, cancel)
	defer stop()
	err = use(resp)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errStalled) {
		err = errStalled
	}
	return 0, err
}

// watch cancels the request when its body comes too slowly.
func (f *fetcher) watch(resp *http.Response, cancel context.CancelCauseFunc) (stop func()) {
	counted := &countingBody{ReadCloser: resp.Body}
	resp.Body = counted
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(f.window)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if counted.read.Swap(0) < stallBytes {
					cancel(errStalled)
					return
				}
			}
		}
	}()
	return func() { close(done) }
}

type countingBody struct {
	io.ReadCloser
	read atomic.Int64
}

func (c *countingBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// readAll reads a body of at most limit bytes.
func readAll(body io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, withoutURL(err)
	}
	if int64(len(raw)) > limit {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the answer has more than %d bytes", limit)
	}
	return raw, nil
}

// redact returns an address without user, password and query.
func redact(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "the mirror"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// withoutURL removes the address from an error of net/http.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
