package kubernetes

import (
	"encoding/hex"
	"strings"

	"github.com/distribution/reference"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// maxReference bounds what may be an image reference. The specification of
// OCI registries has no limit; clients take 255 for the name, 128 for the tag
// and 71 for the digest.
const maxReference = 1024

// imageID is an image as its node knows it.
type imageID struct {
	repository string // "docker.io/library/debian"; "" when the node does not know of any
	digest     string // of the manifest or index, or without repository of the config
}

// String returns the locator: "repository@digest" or the config digest.
func (id imageID) String() string {
	if id.repository == "" {
		return id.digest
	}
	return id.repository + "@" + id.digest
}

// host returns the registry's host, with its port if it has one.
func (id imageID) host() string {
	host, _, _ := strings.Cut(id.repository, "/")
	return host
}

// parseImageID reads the image ID in the status of a container, whose form
// depends on the container runtime: "repository@digest" (containerd, CRI-O),
// the same after "docker-pullable://", or for an image that came from no
// registry its config digest, bare, after "docker://", or without "sha256:".
// Errors: Invalid, and those of [source.CheckDigest].
func parseImageID(s string) (imageID, error) {
	if _, after, ok := strings.Cut(s, "://"); ok {
		s = after
	}
	if len(s) == hex.EncodedLen(32) && !strings.ContainsAny(s, "/@:") {
		s = "sha256:" + s
	}
	if strings.HasPrefix(s, "sha256:") {
		return imageID{digest: s}, source.CheckDigest(s)
	}
	if len(s) > maxReference {
		return imageID{}, landwaiter.Errorf(landwaiter.Invalid, "image ID of %d bytes: the limit is %d", len(s), maxReference)
	}
	named, err := reference.ParseNormalizedNamed(s)
	if err != nil {
		return imageID{}, landwaiter.Errorf(landwaiter.Invalid, "image ID %.200q: %w", s, err)
	}
	d, ok := named.(reference.Digested)
	if !ok {
		return imageID{}, landwaiter.Errorf(landwaiter.Invalid, "image ID %.200q: it has no digest", s)
	}
	id := imageID{repository: named.Name(), digest: d.Digest().String()}
	return id, source.CheckDigest(id.digest)
}

// parseName reads an image as a pod names it, and returns its repository and
// its name "repository:tag", both as Docker completes them: "debian" is
// "docker.io/library/debian:latest". The name is "" if the pod gives a digest
// only, and both are for what is no reference.
func parseName(s string) (repository, name string) {
	if len(s) > maxReference {
		return "", ""
	}
	named, err := reference.ParseNormalizedNamed(s)
	if err != nil {
		return "", ""
	}
	if tagged, ok := reference.TagNameOnly(named).(reference.Tagged); ok {
		name = named.Name() + ":" + tagged.Tag()
	}
	return named.Name(), name
}
