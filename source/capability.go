package source

import "context"

// The interfaces in this file are optional capabilities of a [Source]. A caller tests for one by a type assertion, and
// never for the type of the source. Like those of Source, implementations are safe for concurrent use and their errors
// have a landwaiter.ErrorKind. Package sourcetest checks the contracts.

// Pinner is a source whose locators name content, not a place whose content can change.
type Pinner interface {
	Source
	// Pinned reports whether every Open of a locator from List returns the same image, as long as it returns one. It
	// makes no request. A caller need not open a pinned locator again that it has read before.
	Pinned(locator string) bool
}

// Digester is a source that can find out whether a locator still means the same image, with one small request that
// does not count as a pull.
type Digester interface {
	Source
	// Digest returns the digest of the manifest or index that the locator means now: the one in RepoDigests[0] of the
	// image that Open would return. It is not verified. Errors are those of Open, and Unavailable if the source does
	// not report digests: then the caller opens the image.
	Digest(ctx context.Context, locator string) (string, error)
}

// Runner is a source that also runs containers: a container engine with its host, or a cluster with its nodes.
type Runner interface {
	Source
	// Runtime returns all hosts and all containers, running or not, that there are now.
	Runtime(ctx context.Context) (Runtime, error)
}

// Collection is a source whose images come from several places: Open can be Unavailable for one image while others can
// be read. For any other source, an Unavailable image means that the source is unavailable.
type Collection interface {
	Source
	// CollectsImages does nothing; it marks a Collection.
	CollectsImages()
}
