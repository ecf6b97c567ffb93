// Package source is the contract between the places where images are and
// those who read them, and the parsing of image documents that all of them
// share. Its subpackages are the places.
package source

import (
	"context"
	"io"

	"github.com/landwaiter/landwaiter"
)

// Source is a place that holds images. It is safe for concurrent use. Errors
// have a landwaiter.ErrorKind.
type Source interface {
	// List calls yield for each image known by name or position, in the order
	// of the place, and stops at yield's first error, which it returns. An
	// image may come under several locators. Listing reads no layers.
	List(ctx context.Context, yield func(Ref) error) error
	// Open opens the image at a locator that List gave, now or earlier.
	Open(ctx context.Context, locator string) (Image, error)
	Close() error
}

// Ref names an image within a source.
type Ref struct {
	// Locator is for Open of the same source and means nothing elsewhere. It
	// is the same for the same image at the same place in every List.
	Locator string
	// Names are the names known without opening the image. May be empty.
	Names []string
}

// Image is one opened image. It is safe for concurrent use, and independent
// of its source: that may be closed before the image is.
type Image interface {
	// Describe returns everything but the layers' content.
	Describe() landwaiter.Image
	// Layer opens the blob of layer i, bottom first, as it is stored. Its
	// bytes are not verified: the layer reader computes the digests.
	Layer(ctx context.Context, i int) (io.ReadCloser, error)
	Close() error
}
