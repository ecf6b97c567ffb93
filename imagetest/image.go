package imagetest

import (
	"encoding/json"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Media types.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
)

// Image is an image to write.
type Image struct {
	Names        []string // "repository:tag"
	OS           string   // "" means linux
	Architecture string   // "" means amd64
	Created      time.Time
	Author       string
	// Config is the image configuration. If its History is empty, it is made
	// from the layers.
	Config landwaiter.ImageConfig
	Layers []Layer // bottom first
	// Others are the same image for other platforms. Formats with an index
	// write one for all platforms.
	Others []Image
}

// ID returns the ID of the image, the digest of its configuration.
func (im Image) ID() string { return digest(im.RawConfig()) }

// ManifestDigest returns the digest of the image's manifest in layouts and
// registries.
func (im Image) ManifestDigest() string { return digest(im.manifest()) }

type configFile struct {
	Created      string       `json:"created,omitempty"`
	Author       string       `json:"author,omitempty"`
	Architecture string       `json:"architecture"`
	OS           string       `json:"os"`
	Config       configFields `json:"config"`
	RootFS       rootFS       `json:"rootfs"`
	History      []history    `json:"history,omitempty"`
}

type configFields struct {
	User         string              `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	Cmd          []string            `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	Healthcheck  *healthcheck        `json:",omitempty"`
}

type healthcheck struct{ Test []string }

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type history struct {
	CreatedBy  string `json:"created_by,omitempty"`
	Comment    string `json:"comment,omitempty"`
	EmptyLayer bool   `json:"empty_layer,omitempty"`
}

// RawConfig returns the image configuration as stored.
func (im Image) RawConfig() []byte {
	c := configFile{
		Author:       im.Author,
		Architecture: orDefault(im.Architecture, "amd64"),
		OS:           orDefault(im.OS, "linux"),
		Config: configFields{
			User: im.Config.User, Env: im.Config.Env, Entrypoint: im.Config.Entrypoint,
			Cmd: im.Config.Cmd, Labels: im.Config.Labels,
		},
		RootFS: rootFS{Type: "layers", DiffIDs: []string{}},
	}
	if !im.Created.IsZero() {
		c.Created = im.Created.UTC().Format(time.RFC3339Nano)
	}
	for _, p := range im.Config.ExposedPorts {
		if c.Config.ExposedPorts == nil {
			c.Config.ExposedPorts = map[string]struct{}{}
		}
		c.Config.ExposedPorts[p] = struct{}{}
	}
	if im.Config.Healthcheck != nil {
		c.Config.Healthcheck = &healthcheck{Test: im.Config.Healthcheck}
	}
	for _, h := range im.Config.History {
		c.History = append(c.History, history(h))
	}
	for _, l := range im.Layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, l.DiffID())
		if len(im.Config.History) == 0 {
			c.History = append(c.History, history{CreatedBy: l.CreatedBy})
		}
	}
	return encode(c)
}

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Platform    *platform         `json:"platform,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type manifestFile struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        *descriptor  `json:"config,omitempty"`
	Layers        []descriptor `json:"layers,omitempty"`
	Manifests     []descriptor `json:"manifests,omitempty"`
}

func describe(mediaType string, data []byte) descriptor {
	return descriptor{MediaType: mediaType, Digest: digest(data), Size: len(data)}
}

func (im Image) manifest() []byte {
	config := describe(configType, im.RawConfig())
	m := manifestFile{SchemaVersion: 2, MediaType: manifestType, Config: &config, Layers: []descriptor{}}
	for _, l := range im.Layers {
		m.Layers = append(m.Layers, describe(mediaTypes[l.Compression], l.Blob()))
	}
	return encode(m)
}

// index returns the index of all platforms of the image.
func (im Image) index() []byte {
	m := manifestFile{SchemaVersion: 2, MediaType: indexType}
	for _, p := range append([]Image{im}, im.Others...) {
		d := describe(manifestType, p.manifest())
		d.Platform = &platform{Architecture: orDefault(p.Architecture, "amd64"), OS: orDefault(p.OS, "linux")}
		m.Manifests = append(m.Manifests, d)
	}
	return encode(m)
}

// top returns the index or manifest that the names of the image refer to.
func (im Image) top() (mediaType string, data []byte) {
	if len(im.Others) > 0 {
		return indexType, im.index()
	}
	return manifestType, im.manifest()
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	must(err)
	return b
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}
