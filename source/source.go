// Package source defines the contract of sources, the places that hold images,
// and parses the image documents that all of them share. Each subpackage is a type
// of source.
package source

import (
	"context"
	"io"

	"github.com/landwaiter/landwaiter"
)

// Source is a place that holds images. It is safe for concurrent use. Errors
// have a landwaiter.ErrorKind.
type Source interface {
	// List calls yield for each image, in the order of the source. It stops at
	// the first error of yield and returns it. An image may have several
	// locators. List reads no layers.
	List(ctx context.Context, yield func(Ref) error) error
	// Open opens the image at a locator of this or an earlier List.
	Open(ctx context.Context, locator string) (Image, error)
	Close() error
}

// Ref names an image within a source.
type Ref struct {
	// Locator identifies the image for Open of the same source only. Every List
	// returns the same locator for the same image at the same place.
	Locator string
	// Names are the names known without opening the image. May be empty.
	Names []string
}

// Image is an open image. It is safe for concurrent use. Its source may be closed
// before the image is.
type Image interface {
	// Describe returns everything except the content of layers.
	Describe() landwaiter.Image
	// Layer opens the blob of layer i, bottom first, as it is stored. Its
	// bytes are not verified: the layer reader computes the digests.
	Layer(ctx context.Context, i int) (io.ReadCloser, error)
	Close() error
}
