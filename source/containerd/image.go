package containerd

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// opened is an opened image. It has its own connection, because the source may be
// closed first.
type opened struct {
	*client
	namespace string
	about     landwaiter.Image
}

func (s *Source) open(ctx context.Context, namespace, digest string) (*opened, error) {
	about, err := s.describe(ctx, namespace, digest)
	if err != nil {
		return nil, err
	}
	e, err := s.entry(ctx, namespace, digest)
	if err != nil {
		return nil, err
	}
	if e != nil {
		about.Names, about.RepoDigests = slices.Clone(e.names), slices.Clone(e.repoDigests)
	}
	cl, err := dial(s.address)
	if err != nil {
		return nil, err
	}
	return &opened{client: cl, namespace: namespace, about: about}, nil
}

// describe reads an image's manifest and config.
func (s *Source) describe(ctx context.Context, namespace, digest string) (landwaiter.Image, error) {
	return source.Resolve(
		ctx,
		source.Descriptor{Digest: digest},
		s.config.Platform,
		func(ctx context.Context, d source.Descriptor) (io.ReadCloser, error) {
			raw, err := s.document(ctx, namespace, d.Digest)
			return io.NopCloser(bytes.NewReader(raw)), err
		},
	)
}

// entry finds an image in the last list, else in a new list; nil if it has no name
// any more.
func (s *Source) entry(ctx context.Context, namespace, digest string) (*entry, error) {
	if last, ok := s.last.Load(namespace); ok {
		if e := last.(*catalog).byDigest[digest]; e != nil {
			return e, nil
		}
	}
	c, err := s.catalog(ctx, namespace)
	if err != nil {
		return nil, err
	}
	return c.byDigest[digest], nil
}

// Describe implements [source.Image].
func (im *opened) Describe() landwaiter.Image { return im.about }

// Layer implements [source.Image]. Error: NotFound for a layer that is not in
// the content store.
func (im *opened) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if i < 0 || i >= len(im.about.Layers) {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "layer %d of %d", i, len(im.about.Layers))
	}
	digest, size := im.about.Layers[i].Digest, im.about.Layers[i].Size
	r, err := im.open(ctx, im.namespace, digest, "layer "+digest)
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		return nil, landwaiter.Errorf(
			landwaiter.NotFound,
			"layer %d (%s) is not in containerd's content store, which keeps it unpacked only "+
				"(discard_unpacked_layers) or fetches it lazily: add the image's registry as a source, "+
				"or fetch it with 'ctr --namespace %s content fetch'",
			i,
			digest,
			im.namespace,
		)
	}
	if err != nil {
		return nil, err
	}
	return source.Sized(r, size), nil
}

// Close implements [source.Image]. It ends the reading of layers.
func (im *opened) Close() error { return im.client.Close() }
