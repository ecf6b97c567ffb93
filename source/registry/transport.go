package registry

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// maxListing bounds one page of a catalog or of tags: 1,000 names (the
	// page size) of 384 bytes at most, forty times over for registries that
	// answer with everything at once.
	maxListing = 16 << 20
	// headerTimeout is how long a registry may think.
	headerTimeout = time.Minute
)

// guard is the transport under all requests: to the registry, to its token
// server and to where it redirects. The client above it refuses redirects to
// private addresses; this refuses what is spelled as a name.
type guard struct {
	next  http.RoundTripper
	plain func(host string) bool
}

func newGuard(plain func(host string) bool) *guard {
	t := remote.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = headerTimeout
	t.DialContext = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, Control: refuseLinkLocal}).DialContext
	return &guard{next: t, plain: plain}
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !g.plain(req.URL.Host) {
		return nil, landwaiter.Errorf(landwaiter.Denied,
			"%s answers by plain HTTP only, which would expose images and passwords: allow it with the plain HTTP option", req.URL.Host)
	}
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/_catalog"), strings.HasSuffix(path, "/tags/list"):
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxListing)
	case strings.Contains(path, "/manifests/"):
		resp.Body = http.MaxBytesReader(nil, resp.Body, source.MaxDocument)
	}
	return resp, nil
}

// close drops idle connections.
func (g *guard) close() { g.next.(*http.Transport).CloseIdleConnections() }

// refuseLinkLocal keeps a registry from sending us to the metadata service of
// the cloud we run in (CVE-2020-13788, CVE-2026-10517). It sees the address
// that a name resolved to.
func refuseLinkLocal(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	ip := net.ParseIP(host)
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.Equal(metadataIPv6) {
		return landwaiter.Errorf(landwaiter.Denied, "the registry leads to %s, an address that no registry has", ip)
	}
	return nil
}

// metadataIPv6 is where AWS has its metadata service besides 169.254.169.254.
var metadataIPv6 = net.ParseIP("fd00:ec2::254")

// stallTimeout is how long a layer's stream may give nothing at all.
const stallTimeout = 2 * time.Minute

// watched cancels a stream that stalls.
type watched struct {
	io.ReadCloser
	timer  *time.Timer
	cancel func()
}

func watch(r io.ReadCloser, cancel func()) *watched {
	return &watched{ReadCloser: r, timer: time.AfterFunc(stallTimeout, cancel), cancel: cancel}
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err == nil {
		w.timer.Reset(stallTimeout)
		return n, nil
	}
	w.timer.Stop()
	if err == io.EOF {
		return n, err
	}
	return n, streamError(err)
}

func (w *watched) Close() error {
	w.timer.Stop()
	defer w.cancel()
	return w.ReadCloser.Close()
}
