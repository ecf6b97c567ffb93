package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// Source lists and opens the images of one registry. A Source and the images that it
// opened share one rate limit and one login, so use one Source for all images of a
// registry.
type Source struct {
	config    Config
	registry  name.Registry
	selection selection
	guard     *guard
	puller    *remote.Puller
}

var _ source.Digester = (*Source)(nil)

// New returns the source of the registry at c.URL. It does not contact it.
// Error: Invalid.
func New(c Config) (*Source, error) {
	host, err := c.host()
	if err != nil {
		return nil, err
	}
	reg, err := name.NewRegistry(host, c.nameOptions(host)...)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "registry URL %q: %w", c.URL, err)
	}
	return newSource(c, reg)
}

func newSource(c Config, reg name.Registry) (*Source, error) {
	if err := c.checkLimits(); err != nil {
		return nil, err
	}
	chosen, err := c.selection()
	if err != nil {
		return nil, err
	}
	verify, err := c.tls()
	if err != nil {
		return nil, err
	}
	g := newGuard(reg.RegistryStr(), c.named(), c.PlainHTTP, verify)
	options := []remote.Option{
		remote.WithTransport(newPacer(g, c.rate(), c.parallel())),
		remote.WithJobs(c.parallel()),
		remote.WithUserAgent("landwaiter"),
		// The pacer retries; retries of the client would multiply them.
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
		remote.WithRetryStatusCodes(),
	}
	if c.Username != "" || c.Password != "" {
		options = append(options, remote.WithAuth(&authn.Basic{Username: c.Username, Password: c.Password}))
	} else {
		options = append(options, remote.WithAuthFromKeychain(authn.DefaultKeychain))
	}
	puller, err := remote.NewPuller(options...)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Internal, "registry client: %w", err)
	}
	return &Source{config: c, registry: reg, selection: chosen, guard: g, puller: puller}, nil
}

// Digest implements [source.Digester] by one HEAD request, which registries do not count as a pull.
func (s *Source) Digest(ctx context.Context, locator string) (string, error) {
	ref, err := s.reference(locator)
	if err != nil {
		return "", err
	}
	if d, ok := ref.(name.Digest); ok {
		return d.DigestStr(), nil
	}
	top, err := s.puller.Head(ctx, ref)
	if err != nil {
		return "", kinded(ctx, locator, err)
	}
	digest := top.Digest.String()
	return digest, source.CheckDigest(digest)
}

// Close implements [source.Source].
func (s *Source) Close() error {
	s.guard.close()
	return nil
}
