package containerd

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/containerd/api/services/namespaces/v1"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// maxNamespaces bounds the namespaces. There is one for each program that
// uses containerd: two or three.
const maxNamespaces = 100

// Source lists and opens the images of one containerd.
type Source struct {
	*client
	config Config
	// last holds the last *catalog of each namespace. Without it, each Open
	// would read the list of images again for the names.
	last sync.Map
}

var (
	_ source.Pinner = (*Source)(nil)
	_ source.Runner = (*Source)(nil)
)

// New returns the source of a containerd, without contacting it. Error:
// Invalid for an invalid address or namespace.
func New(c Config) (*Source, error) {
	c = c.resolve()
	if err := c.check(); err != nil {
		return nil, err
	}
	cl, err := dial(c.Address)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "containerd at %s: %w", c.Address, err)
	}
	return &Source{client: cl, config: c}, nil
}

// List implements [source.Source]: the images of each namespace, also those
// without tags and those with missing content. Each image is listed once per
// namespace, however many names it has. Its locator is
// "namespace@digest", of the manifest for the platform; of the image's target
// if there is none for the platform or its index cannot be read; Open then returns
// the error.
func (s *Source) List(ctx context.Context, yield func(source.Ref) error) error {
	names, err := s.namespaces(ctx)
	if err != nil {
		return err
	}
	for _, n := range names {
		c, err := s.catalog(ctx, n)
		if err != nil {
			return err
		}
		for _, e := range c.entries {
			if err := yield(source.Ref{Locator: e.locator, Names: e.names}); err != nil {
				return err
			}
		}
	}
	return nil
}

// namespaces returns the namespaces to read. Error: NotFound if a configured one
// does not exist, which the API reports as empty.
func (s *Source) namespaces(ctx context.Context) ([]string, error) {
	answer, err := namespaces.NewNamespacesClient(s.client).List(ctx, &namespaces.ListNamespacesRequest{})
	if err != nil {
		return nil, s.kinded(ctx, "list of namespaces", err)
	}
	var there []string
	for _, n := range answer.GetNamespaces() {
		if isNamespace(n.GetName()) {
			there = append(there, n.GetName())
		}
	}
	if len(there) > maxNamespaces {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "containerd at %s has %d namespaces: the limit is %d", s.address,
			len(there), maxNamespaces)
	}
	if len(s.config.Namespaces) == 0 {
		return there, nil
	}
	for _, n := range s.config.Namespaces {
		if !slices.Contains(there, n) {
			return nil, landwaiter.Errorf(landwaiter.NotFound,
				"containerd at %s has no namespace %s, only %q: correct the source's namespaces", s.address, n, there)
		}
	}
	return s.config.Namespaces, nil
}

// Open implements [source.Source]. The image may be incomplete: missing content is
// an error of Layer. Errors: NotFound when the image was
// removed, has nothing for the platform, or its documents are missing, and
// those of [source.ParseDocument] and [source.ParseConfig].
func (s *Source) Open(ctx context.Context, locator string) (source.Image, error) {
	namespace, digest, err := parseLocator(locator)
	if err != nil {
		return nil, err
	}
	im, err := s.open(ctx, namespace, digest)
	if err != nil {
		return nil, s.kinded(ctx, "image "+locator, err)
	}
	return im, nil
}

func makeLocator(namespace, digest string) string { return namespace + "@" + digest }

func parseLocator(locator string) (namespace, digest string, err error) {
	namespace, digest, _ = strings.Cut(locator, "@")
	if !isNamespace(namespace) {
		return "", "", landwaiter.Errorf(landwaiter.Invalid, "image %.200q: want namespace@digest", locator)
	}
	if err := source.CheckDigest(digest); err != nil {
		return "", "", landwaiter.Errorf(landwaiter.KindOf(err), "image %.200q: %w", locator, err)
	}
	return namespace, digest, nil
}

// Pinned implements [source.Pinner]: a locator ends in the digest of a manifest or index.
func (s *Source) Pinned(string) bool { return true }

// Runtime implements [source.Runner].
func (s *Source) Runtime(ctx context.Context) (source.Runtime, error) {
	return source.OnOneHost(ctx, s.Host, s.Containers)
}

// Close implements [source.Source]. Images stay open.
func (s *Source) Close() error { return s.client.Close() }
