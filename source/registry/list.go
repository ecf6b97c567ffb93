package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// maxRepositories and maxTags bound what one registry and one repository
	// may list, so that an endless chain of pages ends. The tags of one
	// repository are in memory at once: 128 bytes each at most, 13 MB.
	maxRepositories = 100_000
	maxTags         = 100_000
	// maxPages bounds the pages themselves, which may be empty.
	maxPages = 10_000
)

// List implements [source.Source]: the tags that the configuration selects.
// Repositories of the catalog that were removed or deny access are skipped; those
// that the configuration names are not.
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
		return kinded(ctx, what+" (if the registry gives none, name its repositories)", err)
	}
	repositories := 0
	for n := 0; pages.HasNext(); n++ {
		page, err := pages.Next(ctx)
		if err != nil {
			return kinded(ctx, what, err)
		}
		if repositories += len(page.Repos); repositories > maxRepositories || n == maxPages {
			return landwaiter.Errorf(landwaiter.TooLarge, "%s: more than %d repositories: name those to scan", what,
				maxRepositories)
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
	if !s.selection.wants(path) {
		return nil
	}
	repo, err := name.NewRepository(s.registry.RegistryStr()+"/"+path, s.config.nameOptions(s.registry.RegistryStr())...)
	if err != nil {
		return landwaiter.Errorf(landwaiter.Invalid, "tags of %s/%.200q: %w", s.registry, path, err)
	}
	tags, err := s.tags(ctx, repo)
	if err != nil {
		return err
	}
	for _, tag := range s.selection.choose(path, tags) {
		full := display(repo.Tag(tag))
		if err := yield(source.Ref{Locator: full, Names: []string{full}}); err != nil {
			return err
		}
	}
	return nil
}

// tags returns all tags of a repository.
func (s *Source) tags(ctx context.Context, repo name.Repository) ([]string, error) {
	what := "tags of " + repo.Name()
	pages, err := s.puller.Lister(ctx, repo)
	if err != nil {
		return nil, kinded(ctx, what, err)
	}
	var tags []string
	total := 0
	for n := 0; pages.HasNext(); n++ {
		page, err := pages.Next(ctx)
		if err != nil {
			return nil, kinded(ctx, what, err)
		}
		if total += len(page.Tags); total > maxTags || n == maxPages {
			return nil, landwaiter.Errorf(landwaiter.TooLarge, "%s: more than %d", what, maxTags)
		}
		for _, tag := range page.Tags {
			if validTag.MatchString(tag) {
				tags = append(tags, tag)
			}
		}
	}
	return tags, nil
}
