package source

import (
	"encoding/json"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// maxBlob bounds the size in a descriptor: 1 TiB, fifty times the largest known
// layers. The sum of 512 of them does not overflow.
const maxBlob = 1 << 40

// maxManifests bounds the entries of an index. The official images have about
// 20 (ten platforms and an attestation for each); a layout directory may hold
// a fleet.
const maxManifests = 10_000

// Descriptor points to a document or a layer by digest.
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md
type Descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations"`
	Platform    *Platform         `json:"platform"`
	URLs        []string          `json:"urls"`
}

// Document is a manifest or an index: Layers belong to the former, Manifests
// to the latter.
type Document struct {
	Index     bool
	Config    Descriptor
	Layers    []Descriptor
	Manifests []Descriptor
}

// documentFile has the fields of all kinds, to see a mix of them.
type documentFile struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     string          `json:"mediaType"`
	Config        *Descriptor     `json:"config"`
	Layers        []Descriptor    `json:"layers"`
	Manifests     []Descriptor    `json:"manifests"`
	FSLayers      json.RawMessage `json:"fsLayers"` // schema 1
}

// ParseDocument reads an image manifest or an index, of OCI or of Docker
// schema 2. mediaType is the type declared by the registry or by the descriptor
// that pointed to the document, or "". A document that could be read as two kinds
// is refused (CVE-2021-41190). Errors: Corrupt,
// TooLarge, and Unsupported for Docker schema 1, for layers outside the
// source and for artifacts that are not images.
func ParseDocument(raw []byte, mediaType string) (*Document, error) {
	if len(raw) > MaxDocument {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "image manifest of more than %d bytes, the limit", MaxDocument)
	}
	if err := syntax.CheckJSON(raw, maxValues); err != nil {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "image manifest: %w", err)
	}
	var f documentFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "image manifest: %w", err)
	}
	if f.SchemaVersion == 1 || len(f.FSLayers) > 0 || isSchema1(mediaType) || isSchema1(f.MediaType) {
		return nil, landwaiter.Errorf(landwaiter.Unsupported, "the image is in Docker's schema 1, deprecated since 2017: "+
			"rebuild it, or pull and push it again with a current docker or skopeo")
	}
	isIndex, err := f.isIndex(mediaType)
	if err != nil {
		return nil, err
	}
	if isIndex {
		return f.index()
	}
	return f.manifest()
}

func isSchema1(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.docker.distribution.manifest.v1+")
}

// isIndex derives the kind from the fields. It returns an error if a media type
// contradicts them.
func (f *documentFile) isIndex(declared string) (bool, error) {
	hasManifest := f.Layers != nil || f.Config != nil
	if hasManifest == (f.Manifests != nil) {
		return false, landwaiter.Errorf(landwaiter.Corrupt,
			"the manifest is neither clearly an image (config, layers) nor clearly an index (manifests)")
	}
	for _, t := range []string{declared, f.MediaType} {
		if known, index := kindOf(t); known && index == hasManifest {
			return false, landwaiter.Errorf(landwaiter.Corrupt,
				"the manifest is declared as %s but has the fields of another kind", t)
		}
	}
	return !hasManifest, nil
}

// IsManifest reports whether a media type is that of a manifest or an index,
// which registries store separately from blobs.
func IsManifest(mediaType string) bool {
	known, _ := kindOf(mediaType)
	return known || isSchema1(mediaType)
}

// kindOf classifies a media type. Others, such as the text/plain of some
// registries, say nothing about the kind.
func kindOf(mediaType string) (known, index bool) {
	switch mediaType {
	case "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json":
		return true, true
	case "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json":
		return true, false
	}
	return false, false
}

func (f *documentFile) index() (*Document, error) {
	if len(f.Manifests) > maxManifests {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "index of %d manifests: the limit is %d", len(f.Manifests),
			maxManifests)
	}
	if err := checkAll(f.Manifests); err != nil {
		return nil, err
	}
	return &Document{Index: true, Manifests: f.Manifests}, nil
}

func (f *documentFile) manifest() (*Document, error) {
	if f.Config == nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "the manifest names no config")
	}
	if len(f.Layers) > maxLayers {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "image of %d layers: the limit is %d", len(f.Layers), maxLayers)
	}
	if !isImageConfig(f.Config.MediaType) {
		return nil, landwaiter.Errorf(landwaiter.Unsupported, "not a container image but an artifact of type %.100q",
			f.Config.MediaType)
	}
	if err := checkAll(append([]Descriptor{*f.Config}, f.Layers...)); err != nil {
		return nil, err
	}
	return &Document{Config: *f.Config, Layers: f.Layers}, nil
}

func isImageConfig(mediaType string) bool {
	switch mediaType {
	case "", "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json":
		return true
	}
	return false
}

func checkAll(descriptors []Descriptor) error {
	for _, d := range descriptors {
		if err := CheckDigest(d.Digest); err != nil {
			return err
		}
		if d.Size < 0 || d.Size > maxBlob {
			return landwaiter.Errorf(landwaiter.Corrupt, "in the manifest, %s has the invalid size %d", d.Digest, d.Size)
		}
		if len(d.URLs) > 0 {
			// Following them let images reach into the scanner's network (CVE-2020-15157).
			return landwaiter.Errorf(
				landwaiter.Unsupported,
				"the image has a layer outside its registry, like Windows base images: push it with its foreign layers",
			)
		}
	}
	return nil
}
