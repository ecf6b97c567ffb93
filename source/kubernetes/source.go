package kubernetes

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"k8s.io/client-go/rest"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// OpenRegistry returns the source of the registry at host, such as "docker.io"
// or "registry.example.com:5000", with a login, or without one if username and
// password are empty. Its locators are "repository@digest", the host being
// part of the repository. It should not contact the registry.
type OpenRegistry func(host, username, password string) (source.Source, error)

// Source lists and opens the images that the pods of one cluster run.
type Source struct {
	config   Config
	name     string // of the cluster, for people; may be ""
	client   *client
	registry OpenRegistry

	index   atomic.Pointer[index] // nil until pods were read
	reading chan struct{}         // holds an element while index is being made

	mu         sync.Mutex
	registries []openRegistry // those used last at the end
}

var (
	_ source.Pinner     = (*Source)(nil)
	_ source.Runner     = (*Source)(nil)
	_ source.Collection = (*Source)(nil)
)

// New returns the source of a cluster, without contacting it. Images are read
// by the registries that registry opens; they are closed with the source.
// Errors: Invalid, TooLarge; Denied for a kubeconfig that would run a program
// or read files.
func New(c Config, registry OpenRegistry) (*Source, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	access, name, err := c.access()
	if err != nil {
		return nil, err
	}
	if c.Name != "" {
		name = c.Name
	}
	cl, err := newClient(access)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "the cluster's address or certificates cannot be used: %w", err)
	}
	return &Source{config: c, name: name, client: cl, registry: registry, reading: make(chan struct{}, 1)}, nil
}

// access returns how to reach the cluster, and its name if that is known.
func (c Config) access() (*rest.Config, string, error) {
	if !c.InCluster {
		return parseKubeconfig(c.Kubeconfig, c.Context)
	}
	access, err := rest.InClusterConfig()
	if err != nil {
		return nil, "", landwaiter.Errorf(landwaiter.Invalid,
			"in-cluster access needs a pod with a service account token: %w", err)
	}
	return access, "", nil
}

// List implements [source.Source]: the distinct images of the containers of
// all pods, those that have ended or are only starting included, as far as the
// nodes have them. A locator is "repository@digest" with the digest that the node
// pulled, or the config digest of an image that was not pulled from a registry.
// Errors: Denied when the right to list pods is missing, Unavailable, Corrupt,
// TooLarge.
func (s *Source) List(ctx context.Context, yield func(source.Ref) error) error {
	x, err := s.readIndex(ctx)
	if err != nil {
		return err
	}
	s.index.Store(x)
	for _, locator := range slices.Sorted(maps.Keys(x.images)) {
		if err := yield(source.Ref{Locator: locator, Names: slices.Clone(x.images[locator].names)}); err != nil {
			return err
		}
	}
	return nil
}

// Pinned implements [source.Pinner]: every locator is or ends in a digest.
func (s *Source) Pinned(string) bool { return true }

// CollectsImages implements [source.Collection]: each image is read from its own registry.
func (s *Source) CollectsImages() {}

// Close implements [source.Source]. Images stay open.
func (s *Source) Close() error {
	s.client.transport.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all error
	for _, r := range s.registries {
		all = errors.Join(all, r.Close())
	}
	s.registries = nil
	return all
}
