package cloudapi

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	// repeatWindow is how long after its first use a signature may be used
	// again; see the package comment. The Go SDK repeats a throttled request
	// with the same signature after 1 and 1+2 seconds.
	repeatWindow = 5 * time.Second

	// signatureLife is the longest time between the first and the last moment
	// at which a signature is valid: the timestamp may be maxSkew ahead at
	// first and maxSkew behind at last.
	signatureLife = 2 * maxSkew

	// maxRemembered bounds the uses remembered per generation. A map entry
	// takes about 100 bytes, so two generations take at most about 50 MB;
	// 262,144 uses in ten minutes are 430 a second.
	maxRemembered = 1 << 18
)

// replays remembers the signatures used during at least the last
// signatureLife, in two generations: when the younger one is signatureLife old,
// the older one is dropped. The zero value is ready to use. A replays is safe
// for concurrent use.
type replays struct {
	mu         sync.Mutex
	young, old map[use]time.Time // time of first use
	since      time.Time         // start of young
}

// A use is the digest of a signature and an action; the action "" stands for
// any.
type use [sha256.Size]byte

func useOf(signature []byte, action string) use {
	h := sha256.New()
	h.Write(signature) // fixed length for each scheme, so no separator is needed
	h.Write([]byte(action))
	return use(h.Sum(nil))
}

// stale reports whether the signature was first used longer than repeatWindow
// ago.
func (r *replays) stale(signature []byte, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first, seen := r.find(useOf(signature, ""))
	return seen && now.Sub(first) > repeatWindow
}

// admit records the use of a signature for an action, or refuses it.
func (r *replays) admit(signature []byte, action string, readOnly bool, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rotate(now)
	anyAction := useOf(signature, "")
	if _, seen := r.find(anyAction); !seen && len(r.young) < maxRemembered {
		r.young[anyAction] = now
	}
	if readOnly {
		return nil
	}
	this := useOf(signature, action)
	if _, seen := r.find(this); seen {
		return errReplay
	}
	if len(r.young) >= maxRemembered {
		return Errorf(RequestLimitExceeded,
			"too many requests in ten minutes to protect them against replay; slow down and try again")
	}
	r.young[this] = now
	return nil
}

func (r *replays) find(u use) (time.Time, bool) {
	if t, ok := r.young[u]; ok {
		return t, true
	}
	t, ok := r.old[u]
	return t, ok
}

func (r *replays) rotate(now time.Time) {
	if r.young != nil && now.Sub(r.since) < signatureLife {
		return
	}
	r.old, r.young, r.since = r.young, make(map[use]time.Time), now
}

var errReplay = Errorf(AuthSignatureFailure,
	"this signature was used before; sign every request with the current time")
