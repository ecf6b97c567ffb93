package podimage

import (
	_ "crypto/sha512" // a reference by a hash that is not linked would be none
	"encoding/hex"
	"strings"

	"github.com/distribution/reference"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// MaxReference bounds what may be an image reference. The specification of
// OCI registries has no limit; clients take 255 for the name, 128 for the tag
// and 71 for the digest.
const MaxReference = 1024

// ID is an image as its node knows it.
type ID struct {
	Repository string // "docker.io/library/debian"; "" when the node does not know of any
	Digest     string // of the manifest or index, or without repository of the config
}

// String returns the locator: "repository@digest" or the config digest.
func (id ID) String() string {
	if id.Repository == "" {
		return id.Digest
	}
	return id.Repository + "@" + id.Digest
}

// Host returns the registry's host, with its port if it has one.
func (id ID) Host() string {
	host, _, _ := strings.Cut(id.Repository, "/")
	return host
}

// ParseID reads the image ID in the status of a container, whose form
// depends on the container runtime: "repository@digest" (containerd, CRI-O),
// the same after "docker-pullable://", or for an image that came from no
// registry its config digest, bare, after "docker://", or without "sha256:".
// Errors: Invalid for what is no image ID, and those of [source.CheckDigest].
func ParseID(s string) (ID, error) {
	if _, after, ok := strings.Cut(s, "://"); ok {
		s = after
	}
	if len(s) == hex.EncodedLen(32) && !strings.ContainsAny(s, "/@:") {
		s = "sha256:" + s
	}
	if strings.HasPrefix(s, "sha256:") {
		return ID{Digest: s}, source.CheckDigest(s)
	}
	if len(s) > MaxReference {
		return ID{}, landwaiter.Errorf(landwaiter.Invalid, "image ID of %d bytes: the limit is %d", len(s), MaxReference)
	}
	named, err := reference.ParseNormalizedNamed(s)
	if err != nil {
		return ID{}, landwaiter.Errorf(landwaiter.Invalid, "image ID %.200q: %w", s, err)
	}
	d, ok := named.(reference.Digested)
	if !ok {
		return ID{}, landwaiter.Errorf(landwaiter.Invalid, "image ID %.200q: it has no digest", s)
	}
	id := ID{Repository: named.Name(), Digest: d.Digest().String()}
	return id, source.CheckDigest(id.Digest)
}

// ParseName reads an image as a pod names it, and returns its repository and
// its name "repository:tag", both as Docker completes them: "debian" is
// "docker.io/library/debian:latest". The name is "" if the pod gives a digest
// only, and both are for what is no reference.
func ParseName(s string) (repository, name string) {
	if len(s) > MaxReference {
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
