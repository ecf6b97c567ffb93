package cloudapi

import (
	"sync"
	"time"
)

// DefaultRate is the number of requests per second that one key may send to
// one action, as documented for TCSS.
const DefaultRate = 20

// minSweep is the number of (key, action) pairs from which on the limiter
// removes idle ones. A pair at the default rate takes about 600 bytes.
const minSweep = 1024

// A limiter admits at most rate requests of a pair in any period of one second.
// It remembers the times of the last rate requests instead of filling a token
// bucket, which would admit the 21st request after 50 ms. It is safe for
// concurrent use.
type limiter struct {
	rate    int
	mu      sync.Mutex
	pairs   map[pair]*window
	sweepAt int
}

type pair struct{ keyID, action string }

// A window is a ring of the times of the last requests.
type window struct {
	times []time.Time
	next  int // index of the oldest once the ring is full
}

func newLimiter(rate int) *limiter {
	return &limiter{rate: rate, pairs: make(map[pair]*window), sweepAt: minSweep}
}

// allow reports whether a request is within the rate, and counts it if so.
func (l *limiter) allow(p pair, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.pairs[p]
	if w == nil {
		l.sweep(now)
		w = new(window)
		l.pairs[p] = w
	}
	if len(w.times) < l.rate {
		w.times = append(w.times, now)
		return true
	}
	if now.Sub(w.times[w.next]) < time.Second {
		return false
	}
	w.times[w.next] = now
	w.next = (w.next + 1) % l.rate
	return true
}

// sweep removes pairs that were idle for a second, once there are many.
// Doubling the threshold keeps the cost per new pair constant, and the map at
// most twice as large as the number of pairs in the busiest second.
func (l *limiter) sweep(now time.Time) {
	if len(l.pairs) < l.sweepAt {
		return
	}
	for p, w := range l.pairs {
		newest := w.times[(w.next+len(w.times)-1)%len(w.times)]
		if now.Sub(newest) >= time.Second {
			delete(l.pairs, p)
		}
	}
	l.sweepAt = max(minSweep, 2*len(l.pairs))
}
