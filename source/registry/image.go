package registry

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// Open opens the one image that a reference names, such as
// "debian:12" (of Docker Hub), "ghcr.io/org/app@sha256:...". Of c, the
// credentials, PlainHTTP and Platform apply. Errors: Invalid for a malformed
// reference, Denied, NotFound, Unavailable, and those of
// [source.ParseDocument].
func Open(ctx context.Context, reference string, c Config) (source.Image, error) {
	ref, err := parse(reference, c)
	if err != nil {
		return nil, err
	}
	s, err := newSource(c, ref.Context().Registry)
	if err != nil {
		return nil, err
	}
	im, err := s.open(ctx, ref)
	if err != nil {
		s.Close()
		return nil, err
	}
	im.close = s.Close
	return im, nil
}

// Open implements [source.Source]. A locator is a full reference.
func (s *Source) Open(ctx context.Context, locator string) (source.Image, error) {
	ref, err := s.reference(locator)
	if err != nil {
		return nil, err
	}
	im, err := s.open(ctx, ref)
	if err != nil {
		return nil, err // not a nil *image in an interface
	}
	return im, nil
}

// reference parses a locator.
func (s *Source) reference(locator string) (name.Reference, error) {
	ref, err := parse(locator, s.config)
	if err != nil {
		return nil, err
	}
	if ref.Context().RegistryStr() != s.registry.RegistryStr() {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "%s is not an image of the registry %s", locator, s.registry)
	}
	return ref, nil
}

// parse parses twice: the first time to learn the host.
func parse(reference string, c Config) (name.Reference, error) {
	ref, err := name.ParseReference(reference)
	if err == nil {
		ref, err = name.ParseReference(reference, c.nameOptions(ref.Context().RegistryStr())...)
	}
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "%.200q is not an image reference: %w", reference, err)
	}
	if d, ok := ref.(name.Digest); ok {
		if err := source.CheckDigest(d.DigestStr()); err != nil {
			return nil, err
		}
	}
	return ref, nil
}

// display returns the usual form of a reference: the client turns docker.io into
// index.docker.io.
func display(ref name.Reference) string {
	if path, ok := strings.CutPrefix(ref.Name(), name.DefaultRegistry+"/"); ok {
		return "docker.io/" + path
	}
	return ref.Name()
}

// image is an image of a registry.
type image struct {
	source *Source
	repo   name.Repository
	about  landwaiter.Image
	close  func() error
}

func (s *Source) open(ctx context.Context, ref name.Reference) (*image, error) {
	// The first answer is the only one that no digest vouches for when ref is
	// a tag: its own digest is then what the tag means now.
	top, err := s.puller.Get(ctx, ref)
	if err != nil {
		return nil, kinded(ctx, ref.String(), err)
	}
	first := source.Descriptor{MediaType: string(top.MediaType), Digest: source.Digest(top.Manifest)}
	if d, ok := ref.(name.Digest); ok {
		first.Digest = d.DigestStr()
	}
	im := &image{source: s, repo: ref.Context(), close: func() error { return nil }}
	about, err := source.Resolve(
		ctx,
		first,
		s.config.Platform,
		func(ctx context.Context, d source.Descriptor) (io.ReadCloser, error) {
			if d.Digest == first.Digest {
				return io.NopCloser(bytes.NewReader(top.Manifest)), nil
			}
			return im.document(ctx, d)
		},
	)
	if err != nil {
		return nil, kinded(ctx, ref.String(), err)
	}
	if tag, ok := ref.(name.Tag); ok {
		about.Names = []string{display(tag)}
	}
	about.RepoDigests = []string{display(im.repo.Digest(first.Digest))}
	im.about = about
	return im, nil
}

// document opens a manifest, or the config, which is a blob.
func (im *image) document(ctx context.Context, d source.Descriptor) (io.ReadCloser, error) {
	if !source.IsManifest(d.MediaType) {
		return im.blob(ctx, d.Digest)
	}
	desc, err := im.source.puller.Get(ctx, im.repo.Digest(d.Digest))
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(desc.Manifest)), nil
}

// blob opens a blob; it stays open until closed, or until ctx ends.
func (im *image) blob(ctx context.Context, digest string) (io.ReadCloser, error) {
	ctx = asStream(ctx)
	l, err := im.source.puller.Layer(ctx, im.repo.Digest(digest))
	if err != nil {
		return nil, err
	}
	r, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	return &blob{ReadCloser: r, kinded: func(err error) error { return kinded(ctx, digest, err) }}, nil
}

// blob is an open blob.
type blob struct {
	io.ReadCloser
	kinded func(error) error
}

func (b *blob) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		return n, err
	}
	return n, b.kinded(err)
}

// Describe implements [source.Image].
func (im *image) Describe() landwaiter.Image { return im.about }

// Layer implements [source.Image].
func (im *image) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if i < 0 || i >= len(im.about.Layers) {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "layer %d of %d", i, len(im.about.Layers))
	}
	l := im.about.Layers[i]
	r, err := im.blob(ctx, l.Digest)
	if err != nil {
		return nil, kinded(ctx, im.repo.Digest(l.Digest).Name(), err)
	}
	return source.Sized(r, l.Size), nil
}

// Close implements [source.Image].
func (im *image) Close() error { return im.close() }
