package docker

import (
	"context"
	"slices"
	"time"

	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// answerTimeout is for answers other than exports. Container engines with thousands of
// images take seconds; a hung one never answers.
const answerTimeout = 2 * time.Minute

// Source lists and opens the images of one container engine.
type Source struct {
	client    *client.Client
	transport *transport
	host      string // its address, for messages
	spool     string
}

var (
	_ source.Pinner = (*Source)(nil)
	_ source.Runner = (*Source)(nil)
)

// New returns the source of a container engine, without contacting it. Exports are
// spooled in the directory spool, "" means the system's for temporary files.
// Error: Invalid for an address or certificates that cannot be used.
func New(c Config, spool string) (*Source, error) {
	c = c.resolve()
	cl, t, err := c.newClient()
	if err != nil {
		return nil, err
	}
	return &Source{client: cl, transport: t, host: c.Host, spool: spool}, nil
}

// List implements [source.Source]: all images, also those without names, but
// not the unnamed steps that a build leaves between them. A locator is the ID
// that the container engine gives the image, always a digest: that of the config, or
// with the containerd image store that of the manifest or index.
func (s *Source) List(ctx context.Context, yield func(source.Ref) error) error {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	list, err := s.client.ImageList(short, client.ImageListOptions{})
	cancel()
	if err != nil {
		return s.kinded(ctx, "list of images", err)
	}
	skip := steps(list.Items)
	for _, im := range list.Items {
		id := fullID(im.ID)
		if skip[id] {
			continue
		}
		skip[id] = true // if it is listed again
		if err := yield(source.Ref{Locator: id, Names: names(im.RepoTags)}); err != nil {
			return err
		}
	}
	return nil
}

// steps returns the intermediate images of builds: those without a name that
// others were built on. Docker does not list them, Podman does.
func steps(list []image.Summary) map[string]bool {
	parents := map[string]bool{}
	for _, im := range list {
		parents[fullID(im.ParentID)] = true
	}
	for _, im := range list {
		if len(names(im.RepoTags)) > 0 {
			delete(parents, fullID(im.ID))
		}
	}
	return parents
}

// Open implements [source.Source].
func (s *Source) Open(ctx context.Context, locator string) (source.Image, error) {
	// The client puts the ID into a path, so it must be a digest.
	if err := source.CheckDigest(locator); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "image ID: %w", err)
	}
	im, err := s.open(ctx, locator)
	if err != nil {
		return nil, s.kinded(ctx, "image "+locator, err)
	}
	return im, nil
}

// Pinned implements [source.Pinner]: a locator is the ID that the container engine gives the image, a digest.
func (s *Source) Pinned(string) bool { return true }

// Runtime implements [source.Runner].
func (s *Source) Runtime(ctx context.Context) (source.Runtime, error) {
	return source.OnOneHost(ctx, s.Host, s.Containers)
}

// Close implements [source.Source]. Images stay open.
func (s *Source) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// names drops "<none>:<none>", which means no name.
func names(tags []string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(t string) bool {
		return t == "<none>:<none>" || t == "<none>@<none>"
	})
}

// fullID adds the algorithm, which Podman leaves out in some answers.
func fullID(id string) string {
	if full := "sha256:" + id; source.CheckDigest(full) == nil {
		return full
	}
	return id
}
