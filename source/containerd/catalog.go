package containerd

import (
	"context"
	"slices"
	"strings"

	"github.com/containerd/containerd/api/services/images/v1"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// maxRecords bounds the records (names) of images in a namespace. A node
	// of Kubernetes has three for each of some hundred images.
	maxRecords = 50_000
	// maxIndexDepth bounds indexes inside indexes, as [source.Resolve] does.
	maxIndexDepth = 4
)

// entry is an image in a catalog.
type entry struct {
	locator, digest    string
	names, repoDigests []string
}

// catalog is the images of a namespace.
type catalog struct {
	entries  []*entry // in the order of their first names
	byDigest map[string]*entry
	byName   map[string]*entry // by all names, also those that are digests
	byTarget map[string]*entry // by what the names point to, often an index
}

// catalog reads the images of a namespace.
func (s *Source) catalog(ctx context.Context, namespace string) (*catalog, error) {
	answer, err := images.NewImagesClient(s.client).List(in(ctx, namespace), &images.ListImagesRequest{})
	if err != nil {
		return nil, s.kinded(ctx, "images of namespace "+namespace, err)
	}
	records := answer.GetImages()
	if len(records) > maxRecords {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "namespace %s has %d image names: the limit is %d", namespace,
			len(records), maxRecords)
	}
	c := &catalog{byDigest: map[string]*entry{}, byName: map[string]*entry{}, byTarget: map[string]*entry{}}
	for _, r := range records {
		target := r.GetTarget().GetDigest()
		e := c.byTarget[target]
		if e == nil {
			digest, err := s.manifest(ctx, namespace, target)
			if err != nil {
				return nil, s.kinded(ctx, "images of namespace "+namespace, err)
			}
			e = c.at(namespace, digest)
			c.byTarget[target] = e
		}
		c.byName[r.GetName()] = e
		e.add(r.GetName())
	}
	s.last.Store(namespace, c)
	return c, nil
}

// at returns the entry of a digest, and creates it if there is none.
func (c *catalog) at(namespace, digest string) *entry {
	e := c.byDigest[digest]
	if e == nil {
		e = &entry{locator: makeLocator(namespace, digest), digest: digest}
		c.byDigest[digest] = e
		c.entries = append(c.entries, e)
	}
	return e
}

// add adds a name: Kubernetes keeps an image under its tags, under
// "repository@sha256:..." and under "sha256:...", its config digest.
func (e *entry) add(name string) {
	repository, digest, pinned := strings.Cut(name, "@")
	switch {
	case pinned:
		if colon := strings.LastIndex(repository, ":"); colon > strings.LastIndex(repository, "/") {
			repository = repository[:colon] // a tag before the digest
		}
		if d := repository + "@" + digest; !slices.Contains(e.repoDigests, d) {
			e.repoDigests = append(e.repoDigests, d)
		}
	case source.CheckDigest(name) != nil:
		e.names = append(e.names, name)
	}
}

// manifest follows indexes from an image's target to the manifest for the
// platform and returns its digest, or target if there is none.
func (s *Source) manifest(ctx context.Context, namespace, target string) (string, error) {
	if source.CheckDigest(target) != nil {
		return target, nil //nolint:nilerr // Open returns the error
	}
	digest := target
	for range maxIndexDepth {
		next, err := s.follow(ctx, namespace, digest)
		switch {
		case landwaiter.Permanent(err):
			return target, nil
		case err != nil:
			return "", err
		case next == digest:
			return digest, nil
		}
		digest = next
	}
	return target, nil
}

// follow returns what an index has for the platform; a manifest's own digest.
func (s *Source) follow(ctx context.Context, namespace, digest string) (string, error) {
	raw, err := s.document(ctx, namespace, digest)
	if err != nil {
		return "", err
	}
	doc, err := source.ParseDocument(raw, "")
	if err != nil || !doc.Index {
		return digest, err
	}
	next, err := doc.Select(s.config.Platform)
	return next.Digest, err
}
