package landwaiter

import "time"

// Image is a container image for one platform. Its identity is the digest of
// its configuration ("sha256:..."), as in TCSS: equal config digests mean equal
// content, whatever its names and wherever it is stored.
type Image struct {
	ID             string   // config digest, "sha256:" + 64 hex digits
	Names          []string // "repository:tag"; labels, not identity; may be empty
	ManifestDigest string   // "" when the source has no manifest (docker-archive)
	RepoDigests    []string // "repository@sha256:..."
	Created        time.Time
	Size           int64 // sum of the stored sizes of the layers, in bytes
	OS             string
	Architecture   string
	Variant        string
	Author         string
	Config         ImageConfig
	Layers         []LayerRef // bottom first
}

// LayerRef names a layer inside an image.
type LayerRef struct {
	DiffID    string // digest of the uncompressed tar, from the config's rootfs
	Digest    string // digest of the blob as stored; "" when the source has none
	MediaType string // informative only: compression is detected from the bytes
	Size      int64  // bytes as stored
}

// ImageConfig is the part of the OCI image configuration that is used here
// (https://github.com/opencontainers/image-spec/blob/main/config.md).
type ImageConfig struct {
	User         string            `json:"user,omitempty"`
	Env          []string          `json:"env,omitempty"`
	Entrypoint   []string          `json:"entrypoint,omitempty"`
	Cmd          []string          `json:"cmd,omitempty"`
	ExposedPorts []string          `json:"exposedPorts,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
	// Healthcheck is the test of the HEALTHCHECK instruction; nil when the
	// image has none, ["NONE"] when an inherited one is disabled.
	Healthcheck []string  `json:"healthcheck,omitempty"`
	History     []History `json:"history,omitempty"`
}

// History is one build step.
type History struct {
	CreatedBy  string `json:"createdBy,omitempty"`
	Comment    string `json:"comment,omitempty"`
	EmptyLayer bool   `json:"emptyLayer,omitempty"`
}

// OSRelease is what /etc/os-release says. The zero value means unknown.
type OSRelease struct {
	ID        string `json:"id,omitempty"`      // "debian", "alpine", "almalinux"
	Version   string `json:"version,omitempty"` // VERSION_ID: "12", "3.11.5"
	Codename  string `json:"codename,omitempty"`
	Name      string `json:"name,omitempty"` // PRETTY_NAME
	IDLike    string `json:"idLike,omitempty"`
	VariantID string `json:"variantID,omitempty"`
}

// String returns "id:version", as TCSS shows it, or "" when unknown.
func (o OSRelease) String() string {
	if o.ID == "" || o.Version == "" {
		return o.ID
	}
	return o.ID + ":" + o.Version
}
