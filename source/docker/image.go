package docker

import (
	"context"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// opened is an opened image.
type opened struct {
	source   *Source
	id       string // as the container engine calls it
	about    landwaiter.Image
	platform source.Platform // to take of an index

	// lock holds one token: the right to use the fields below. It is a channel,
	// so that waiting for an export ends with the context of the caller.
	lock   chan struct{}
	export *export // nil until it is needed
	failed error   // permanent error of the export
	closed bool
}

func newOpened(s *Source, id string) *opened {
	return &opened{source: s, id: id, lock: make(chan struct{}, 1)}
}

// Describe implements [source.Image].
func (im *opened) Describe() landwaiter.Image { return im.about }

// Layer implements [source.Image]. The first call starts the export, and other
// calls wait for it.
func (im *opened) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if i < 0 || i >= len(im.about.Layers) {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "layer %d of %d", i, len(im.about.Layers))
	}
	e, err := im.exported(ctx)
	if err != nil {
		return nil, im.source.kinded(ctx, "export of image "+im.id, err)
	}
	r, _, err := e.tar.Open(e.layers[i])
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "export of image %s: layer %d is missing: %w", im.id, i, err)
	}
	return source.Blob(ctx, r), nil
}

// exported returns the export, and starts it if there is none.
func (im *opened) exported(ctx context.Context) (*export, error) {
	select {
	case im.lock <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-im.lock }()
	switch {
	case im.closed:
		return nil, landwaiter.Errorf(landwaiter.Conflict, "the image is closed")
	case im.export != nil || im.failed != nil:
		return im.export, im.failed
	}
	e, err := im.source.takeExport(ctx, im.id, im.platform)
	if err == nil && im.about.ID != "" {
		err = e.check(im.about)
	}
	if err != nil {
		if e != nil {
			e.tar.Close()
		}
		if landwaiter.Permanent(err) {
			im.failed = err
		}
		return nil, err
	}
	im.export = e
	return e, nil
}

// describeExport describes the image by its export.
func (im *opened) describeExport(ctx context.Context) error {
	e, err := im.exported(ctx)
	if err != nil {
		return err
	}
	im.about = e.about
	return nil
}

// Close implements [source.Image]. It waits for a running export.
func (im *opened) Close() error {
	im.lock <- struct{}{}
	defer func() { <-im.lock }()
	im.closed = true
	if im.export == nil {
		return nil
	}
	e := im.export
	im.export = nil
	return e.tar.Close()
}
