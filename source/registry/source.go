package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// maxRepositories and maxTags bound what one registry and one repository
	// may list, so that an endless chain of pages ends.
	maxRepositories = 100_000
	maxTags         = 100_000
	// maxPages bounds the pages themselves, which may be empty.
	maxPages = 10_000
	// maxPulls is how many blobs may be open at once. The scan bounds itself;
	// the client's own default of 4 would only make it wait unseen.
	maxPulls = 64
)

// Source lists and opens the images of one registry.
type Source struct {
	config   Config
	registry name.Registry
	guard    *guard
	puller   *remote.Puller
}

var _ source.Source = (*Source)(nil)

// New returns the source of the registry at c.URL. It does not contact it.
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

func newSource(c Config, reg name.Registry, more ...remote.Option) (*Source, error) {
	g := newGuard(func(host string) bool {
		return c.PlainHTTP || (host == reg.RegistryStr() && isLoopback(host))
	})
	options := []remote.Option{remote.WithTransport(g), remote.WithJobs(maxPulls), remote.WithUserAgent("landwaiter")}
	if c.Username != "" || c.Password != "" {
		options = append(options, remote.WithAuth(&authn.Basic{Username: c.Username, Password: c.Password}))
	} else {
		options = append(options, remote.WithAuthFromKeychain(authn.DefaultKeychain))
	}
	puller, err := remote.NewPuller(append(options, more...)...)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Internal, "registry client: %w", err)
	}
	return &Source{config: c, registry: reg, guard: g, puller: puller}, nil
}

// List implements [source.Source]: every tag of every repository. Repositories
// of the catalog that cannot be listed are passed over as gone or closed to
// us; those that the configuration names are not.
func (s *Source) List(ctx context.Context, yield func(source.Ref) error) error {
	if len(s.config.Repositories) == 0 {
		return s.listCatalog(ctx, yield)
	}
	for _, path := range s.config.Repositories {
		if err := s.listRepository(ctx, path, yield); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) listCatalog(ctx context.Context, yield func(source.Ref) error) error {
	what := "catalog of " + s.registry.RegistryStr()
	pages, err := s.puller.Catalogger(ctx, s.registry)
	if err != nil {
		return kinded(what+" (if the registry gives none, name its repositories)", err)
	}
	repositories := 0
	for n := 0; pages.HasNext(); n++ {
		page, err := pages.Next(ctx)
		if err != nil {
			return kinded(what, err)
		}
		if repositories += len(page.Repos); repositories > maxRepositories || n == maxPages {
			return landwaiter.Errorf(landwaiter.TooLarge, "%s: more than %d repositories: name those to scan", what, maxRepositories)
		}
		for _, path := range page.Repos {
			err := s.listRepository(ctx, path, yield)
			if k := landwaiter.KindOf(err); k == landwaiter.NotFound || k == landwaiter.Denied || k == landwaiter.Invalid {
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) listRepository(ctx context.Context, path string, yield func(source.Ref) error) error {
	what := "tags of " + s.registry.RegistryStr() + "/" + path
	repo, err := name.NewRepository(s.registry.RegistryStr()+"/"+path, s.config.nameOptions(s.registry.RegistryStr())...)
	if err != nil {
		return landwaiter.Errorf(landwaiter.Invalid, "%s: %w", what, err)
	}
	pages, err := s.puller.Lister(ctx, repo)
	if err != nil {
		return kinded(what, err)
	}
	tags := 0
	for n := 0; pages.HasNext(); n++ {
		page, err := pages.Next(ctx)
		if err != nil {
			return kinded(what, err)
		}
		if tags += len(page.Tags); tags > maxTags || n == maxPages {
			return landwaiter.Errorf(landwaiter.TooLarge, "%s: more than %d", what, maxTags)
		}
		for _, tag := range page.Tags {
			full := display(repo.Tag(tag))
			if err := yield(source.Ref{Locator: full, Names: []string{full}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close implements [source.Source].
func (s *Source) Close() error {
	s.guard.close()
	return nil
}
