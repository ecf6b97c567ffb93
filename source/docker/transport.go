package docker

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docker/go-connections/sockets"
	"github.com/docker/go-connections/tlsconfig"
	"github.com/moby/moby/client"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxListing bounds a list of images or containers: 20,000 of 3 KiB, far
	// more than fit on one machine.
	maxListing = 64 << 20
	// maxAnswer bounds any other answer in JSON. A config has at most 4 MiB
	// (source.MaxDocument); its inspection repeats some of it.
	maxAnswer = 16 << 20
	// maxExport bounds the stream of docker save: twice the largest layer that
	// the layer reader takes, as for archives.
	maxExport = 64 << 30
)

// idleTimeout closes connections between scans.
const idleTimeout = 30 * time.Second

// transport bounds the size of an answer, because the client has no limits.
type transport struct {
	*http.Transport
	podman atomic.Bool // Podman has answered
}

// libpodHeader is a header of all answers of Podman.
const libpodHeader = "Libpod-Api-Version"

// newClient does not contact the container engine.
func (c Config) newClient() (*client.Client, *transport, error) {
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	t, err := c.transport()
	if err != nil {
		return nil, nil, landwaiter.Errorf(landwaiter.Invalid, "container engine at %s: %w", c.Host, err)
	}
	scheme := "http"
	if c.hasTLS() {
		scheme = "https"
	}
	cl, err := client.New(client.WithHost(c.Host), client.WithScheme(scheme), client.WithUserAgent("landwaiter"),
		client.WithHTTPClient(&http.Client{Transport: t, CheckRedirect: client.CheckRedirect}))
	if err != nil {
		return nil, nil, landwaiter.Errorf(landwaiter.Invalid, "container engine at %s: %w", c.Host, err)
	}
	return cl, t, nil
}

func (c Config) transport() (*transport, error) {
	t := &transport{Transport: &http.Transport{IdleConnTimeout: idleTimeout}}
	scheme, address, _ := strings.Cut(c.Host, "://")
	if err := sockets.ConfigureTransport(t.Transport, scheme, address); err != nil {
		return t, err
	}
	if !c.hasTLS() {
		return t, nil
	}
	var err error
	t.TLSClientConfig, err = tlsconfig.Client(tlsconfig.Options{
		CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile,
		ExclusiveRootPools: c.CAFile != "",
	})
	return t, err
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.Header.Get(libpodHeader) != "" {
		t.podman.Store(true)
	}
	limit := int64(maxAnswer)
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/images/get"):
		limit = maxExport
	case strings.HasSuffix(path, "/images/json"), strings.HasSuffix(path, "/containers/json"):
		limit = maxListing
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, limit)
	return answer, nil
}
