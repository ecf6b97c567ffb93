package source

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Platform is what an image runs on. The zero value means linux/amd64.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"` // "" takes any
}

// ParsePlatform reads "os/arch" or "os/arch/variant"; "" is the zero value.
func ParsePlatform(s string) (Platform, error) {
	parts := strings.Split(s, "/")
	switch {
	case s == "":
		return Platform{}, nil
	case len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, ""):
		return Platform{}, landwaiter.Errorf(landwaiter.Invalid, "platform %q: want os/arch, such as linux/arm64", s)
	case len(parts) == 2:
		return Platform{OS: parts[0], Architecture: parts[1]}, nil
	}
	return Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}, nil
}

// String returns "os/arch" or "os/arch/variant".
func (p Platform) String() string {
	p = p.orDefault()
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

func (p Platform) orDefault() Platform {
	if p == (Platform{}) {
		return Platform{OS: "linux", Architecture: "amd64"}
	}
	return p
}

func (p Platform) accepts(q *Platform) bool {
	return q != nil && p.OS == q.OS && p.Architecture == q.Architecture && (p.Variant == "" || p.Variant == q.Variant)
}

// Images returns the entries of an index that are not BuildKit's attestations
// about other entries.
func (d *Document) Images() []Descriptor {
	return slices.DeleteFunc(slices.Clone(d.Manifests), isAttestation)
}

// Select returns the manifest for a platform. An index of one image is that
// image, whatever its platform. Error: NotFound, with the platforms of the index.
func (d *Document) Select(want Platform) (Descriptor, error) {
	images := d.Images()
	if len(images) == 1 {
		return images[0], nil
	}
	want = want.orDefault()
	var have []string
	for _, m := range images {
		if want.accepts(m.Platform) {
			return m, nil
		}
		if m.Platform != nil && len(have) < 20 {
			have = append(have, m.Platform.String())
		}
	}
	return Descriptor{}, landwaiter.Errorf(landwaiter.NotFound,
		"the image does not exist for %s, only for %q: choose one of these platforms", want, have)
}

func isAttestation(d Descriptor) bool {
	return d.Annotations["vnd.docker.reference.type"] == "attestation-manifest" ||
		(d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown")
}
