package source

import "context"

// The interfaces in this file are capabilities that some sources have beyond [Source]. A caller asks for one by a type
// assertion and does without it where it is missing; it never asks which source it has. Implementations are safe for
// concurrent use and return errors that have a landwaiter.ErrorKind, as those of Source are and do. Package sourcetest
// checks the contracts.

// Pinner is a source whose locators name content, and not a place whose content can change.
type Pinner interface {
	Source
	// Pinned reports whether every Open of a locator that List gave returns the same image, for as long as it returns
	// one at all. It contacts nobody. A caller need not open a pinned locator again that it has read before.
	Pinned(locator string) bool
}

// Digester is a source that can tell whether a locator still means what it meant before, at the cost of one small
// request that does not count as a pull.
type Digester interface {
	Source
	// Digest returns the digest of the manifest or index that the locator means now: the one in RepoDigests[0] of the
	// image that Open would return. The source's word for it is not verified. Errors are those of Open, and
	// Unavailable where the source does not tell digests; the caller then opens the image to know.
	Digest(ctx context.Context, locator string) (string, error)
}

// Runner is a source that also runs containers from its images: an engine with its host, or a cluster with its nodes.
type Runner interface {
	Source
	// Runtime returns all hosts and all containers, running or not, that there are now.
	Runtime(ctx context.Context) (Runtime, error)
}

// Collection is a source whose images come from several places, so that Open can be Unavailable for one image while
// others can be read. Of any other source, an image that is Unavailable means that the source is.
type Collection interface {
	Source
	// CollectsImages does nothing; it tells a Collection from other sources.
	CollectsImages()
}
