package dialguard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxRedirects is the limit of Go's client.
const maxRedirects = 10

// Transport lets an [http.Client] reach the host that the operator named, and the targets of its redirects within the
// limits of the package: a redirect from another machine must not lead to this one, and none goes from https to http.
// Its errors are Denied, and TooLarge for more than ten redirects. It is safe for concurrent use.
type Transport struct {
	// Next sends the requests. It must connect by [Dial].
	Next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	first, n := req, 0
	for ; first.Response != nil; n++ {
		first = first.Response.Request
	}
	who := Operator
	if !SameHost(req.URL, first.URL) && !IsLoopback(first.URL.Host) {
		who = Stranger
	}
	switch err := CheckHost(req.URL.Host, who); {
	case err != nil:
		return nil, landwaiter.Errorf(landwaiter.Denied, "%s: %w", first.URL.Host, err)
	case n > maxRedirects:
		return nil, landwaiter.Errorf(landwaiter.TooLarge,
			"%s redirects more than %d times", first.URL.Host, maxRedirects)
	case req.URL.Scheme != "https" && req.URL.Scheme != "http":
		return nil, landwaiter.Errorf(landwaiter.Denied,
			"%s redirects to an address of scheme %.20q", first.URL.Host, req.URL.Scheme)
	case req.URL.Scheme == "http" && cameByTLS(req):
		return nil, landwaiter.Errorf(landwaiter.Denied,
			"%s redirects from https to http, where anybody could change the answer", first.URL.Host)
	}
	return t.Next.RoundTrip(Request(req, who))
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach Next.
func (t *Transport) CloseIdleConnections() { (&http.Client{Transport: t.Next}).CloseIdleConnections() }

// cameByTLS reports whether a request before this one, in a chain of redirects, was sent by https.
func cameByTLS(req *http.Request) bool {
	for resp := req.Response; resp != nil; resp = resp.Request.Response {
		if resp.Request.URL.Scheme == "https" {
			return true
		}
	}
	return false
}

// SameHost reports whether two addresses have the same host and port.
func SameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}
