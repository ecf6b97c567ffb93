package advisory

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// How a request is tried again: six tries with full jitter over 1, 2, 4, 8 and
// 16 seconds (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/),
// unless the server names a time, which is honoured up to five minutes.
const (
	maxTries      = 6
	firstDelay    = time.Second
	maxRetryAfter = 5 * time.Minute
)

// backoff returns the delay before try n+1, after n tries.
func backoff(n int) time.Duration {
	return time.Duration(rand.Int64N(int64(firstDelay<<(n-1)))) + firstDelay/10
}

// retryAfter reads the header of that name, in seconds or as a date (RFC 9110,
// section 10.2.3); false when there is none that can be read.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(0, t.Sub(now)), true
	}
	return 0, false
}

// mayRetry reports whether the status says that the same request can work later.
func mayRetry(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500
}

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
