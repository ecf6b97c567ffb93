package registry

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
)

const (
	// headerTimeout is how long a registry may take to answer.
	headerTimeout = time.Minute
	// maxHeader bounds the header of an answer; signed addresses to redirect
	// to have a few kilobytes.
	maxHeader = 256 << 10
	// maxRealms bounds the token servers that a registry may name. One is
	// usual, one for each kind of access conceivable.
	maxRealms = 16
	// maxRedirects is Go's own limit, which the client above drops.
	maxRedirects = 10
)

// guard is the transport under all requests: to the registry, to its token
// server and to the targets of redirects. It sends credentials only where they belong
// and refuses addresses where no registry can be.
type guard struct {
	registry  string        // host, with its port if it was given
	named     dialguard.Who // who named the registry
	plainHTTP bool
	next      http.RoundTripper

	mu     sync.Mutex
	realms map[string]bool // hosts of the token servers that the registry named
}

func newGuard(registry string, named dialguard.Who, plainHTTP bool, verify *tls.Config) *guard {
	t := remote.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = headerTimeout
	t.MaxResponseHeaderBytes = maxHeader
	t.DisableCompression = true // blobs must arrive as they are stored
	t.DialContext = dialguard.Dial
	t.TLSClientConfig = verify
	return &guard{registry: registry, named: named, plainHTTP: plainHTTP, next: t, realms: map[string]bool{}}
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := g.checkAddress(req.URL); err != nil {
		return nil, err
	}
	if err := g.checkCredentials(req); err != nil {
		return nil, err
	}
	if redirects(req) > maxRedirects {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "%s redirects more than %d times", g.registry, maxRedirects)
	}
	resp, err := g.next.RoundTrip(dialguard.Request(req, g.who(req.URL.Host)))
	if err == nil && resp.StatusCode == http.StatusUnauthorized && g.isRegistry(req.URL.Host) {
		g.learnRealms(resp.Header)
	}
	return resp, err
}

// redirects returns how many answers led to the request.
func redirects(req *http.Request) int {
	n := 0
	for ; req != nil && req.Response != nil; req = req.Response.Request {
		n++
	}
	return n
}

// close drops idle connections.
func (g *guard) close() { (&http.Client{Transport: g.next}).CloseIdleConnections() }

func (g *guard) isRegistry(host string) bool { return strings.EqualFold(host, g.registry) }

// who returns who named a host: the operator named the registry, unless that was a stranger. The registry names the
// others, and may name this machine only if it is on it itself.
func (g *guard) who(host string) dialguard.Who {
	if g.named == dialguard.Operator && (g.isRegistry(host) || dialguard.IsLoopback(g.registry)) {
		return dialguard.Operator
	}
	return dialguard.Stranger
}

// checkAddress checks what can be seen before the name is resolved; dialguard.Dial checks the rest.
func (g *guard) checkAddress(u *url.URL) error {
	if u.Scheme != "https" && u.Scheme != "http" {
		return landwaiter.Errorf(landwaiter.Denied, "the registry leads to an address of scheme %.20q: want https", u.Scheme)
	}
	who := g.who(u.Host)
	plain := g.plainHTTP || (dialguard.IsLoopback(u.Host) && who == dialguard.Operator)
	if u.Scheme != "https" && !(u.Scheme == "http" && plain) {
		return landwaiter.Errorf(landwaiter.Denied,
			"%s answers by plain HTTP only, which would expose images and passwords: allow it with the plain HTTP option",
			u.Host)
	}
	// A proxy would connect without these checks.
	if err := dialguard.CheckHost(u.Host, who); err != nil {
		return landwaiter.Errorf(landwaiter.Denied, "the registry %s leads elsewhere: %w", g.registry, err)
	}
	return nil
}

// checkCredentials lets the password go to the registry and to the token
// server that the registry itself named, never by plain HTTP to the latter.
// Other hosts have their own tokens. Only credentials are sent by POST.
// https://distribution.github.io/distribution/spec/auth/token/
func (g *guard) checkCredentials(req *http.Request) error {
	scheme, _, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if (!strings.EqualFold(scheme, "Basic") && req.Method != http.MethodPost) || g.isRegistry(req.URL.Host) {
		return nil
	}
	g.mu.Lock()
	known := g.realms[strings.ToLower(req.URL.Host)]
	g.mu.Unlock()
	if !known {
		return landwaiter.Errorf(landwaiter.Denied,
			"%s asks for the password of %s, which does not name it as its token server", req.URL.Host, g.registry)
	}
	if req.URL.Scheme != "https" && !dialguard.IsLoopback(req.URL.Host) {
		return landwaiter.Errorf(landwaiter.Denied,
			"%s wants its password sent to %s by plain HTTP: the token server needs https", g.registry, req.URL.Host)
	}
	return nil
}

var realmOf = regexp.MustCompile(`(?i)\brealm="([^"]+)"`)

// learnRealms records the token servers in a challenge of the registry.
func (g *guard) learnRealms(h http.Header) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, challenge := range h.Values("WWW-Authenticate") {
		m := realmOf.FindStringSubmatch(challenge)
		if m == nil || len(g.realms) >= maxRealms {
			continue
		}
		if u, err := url.Parse(m[1]); err == nil && u.Host != "" {
			g.realms[strings.ToLower(u.Host)] = true
		}
	}
}
