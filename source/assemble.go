package source

import (
	"context"
	"io"

	"github.com/landwaiter/landwaiter"
)

// maxIndexDepth bounds indexes inside indexes. Builders write one level, and some
// mirrors add another.
const maxIndexDepth = 4

// Fetch opens a blob at the place of the image.
type Fetch func(ctx context.Context, d Descriptor) (io.ReadCloser, error)

// Resolve follows the descriptor through indexes to the manifest for a
// platform and its config, and returns the image, without names. Every
// document is checked against its digest.
func Resolve(ctx context.Context, d Descriptor, want Platform, fetch Fetch) (landwaiter.Image, error) {
	for range maxIndexDepth {
		raw, err := fetchDocument(ctx, d, fetch)
		if err != nil {
			return landwaiter.Image{}, err
		}
		doc, err := ParseDocument(raw, d.MediaType)
		if err != nil {
			return landwaiter.Image{}, err
		}
		if !doc.Index {
			return assemble(ctx, d.Digest, doc, fetch)
		}
		if d, err = doc.Select(want); err != nil {
			return landwaiter.Image{}, err
		}
	}
	return landwaiter.Image{}, landwaiter.Errorf(landwaiter.TooLarge, "indexes nested more than %d deep, the limit",
		maxIndexDepth)
}

// assemble returns the image of a manifest and its config.
func assemble(ctx context.Context, digest string, doc *Document, fetch Fetch) (landwaiter.Image, error) {
	raw, err := fetchDocument(ctx, doc.Config, fetch)
	if err != nil {
		return landwaiter.Image{}, err
	}
	im, err := ParseConfig(raw)
	if err != nil {
		return landwaiter.Image{}, err
	}
	if len(im.Layers) != len(doc.Layers) {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.Corrupt,
			"the manifest has %d layers but the config %d", len(doc.Layers), len(im.Layers))
	}
	im.ManifestDigest = digest
	for i, l := range doc.Layers {
		ref := &im.Layers[i]
		ref.Digest, ref.MediaType, ref.Size = l.Digest, l.MediaType, l.Size
		im.Size += l.Size
	}
	return im, nil
}

func fetchDocument(ctx context.Context, d Descriptor, fetch Fetch) ([]byte, error) {
	r, err := fetch(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return ReadDocument(Sized(r, d.Size), d.Digest)
}
