package source

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

const (
	// MaxDocument bounds a config, manifest or index. Registries accept manifests
	// of up to 4 MiB.
	MaxDocument = 4 << 20
	// maxLayers bounds the layers of an image. Docker stops at 127, the
	// overlay file system of the kernel at 500.
	maxLayers = 512
	// maxHistory bounds the build steps: each makes at most one layer, and
	// images with more than a few hundred are unheard of.
	maxHistory = 4096
	// maxValues bounds what is decoded of a document: 4 MiB of "{}," would be 1.4
	// million layers of 120 bytes, twice while their list grows. A step of the
	// history has five values, a layer of a manifest three.
	maxValues = 100_000
)

// configFile is the part of the image config that Landwaiter reads:
// https://github.com/opencontainers/image-spec/blob/main/config.md and
// Docker's older form, which adds Healthcheck.
type configFile struct {
	Created      string `json:"created"`
	Author       string `json:"author"`
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant"`
	Config       struct {
		User         string
		Env          []string
		Entrypoint   words
		Cmd          words
		ExposedPorts map[string]json.RawMessage
		Labels       map[string]string
		Healthcheck  struct{ Test []string }
	} `json:"config"`
	RootFS struct {
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	History []struct {
		CreatedBy  string `json:"created_by"`
		Comment    string `json:"comment"`
		EmptyLayer bool   `json:"empty_layer"`
	} `json:"history"`
}

// words is a list of strings. Old builders wrote it as one string.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if b[0] == '"' && json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// ParseConfig reads an image config. The ID is the digest of raw; of the
// layers only the DiffIDs are set. Errors: Corrupt, TooLarge, and Unsupported for
// configs of artifacts that are not images.
func ParseConfig(raw []byte) (landwaiter.Image, error) {
	if len(raw) > MaxDocument {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.TooLarge, "image config of more than %d bytes, the limit",
			MaxDocument)
	}
	if err := syntax.CheckJSON(raw, maxValues); err != nil {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.TooLarge, "image config: %w", err)
	}
	var c configFile
	if err := json.Unmarshal(raw, &c); err != nil {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.Corrupt, "image config: %w", err)
	}
	if len(c.RootFS.DiffIDs) > maxLayers {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.TooLarge, "image of %d layers: the limit is %d",
			len(c.RootFS.DiffIDs), maxLayers)
	}
	if len(c.History) > maxHistory {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.TooLarge, "image with %d steps of history: the limit is %d",
			len(c.History), maxHistory)
	}
	if c.OS == "" && c.Architecture == "" && len(c.RootFS.DiffIDs) == 0 {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.Unsupported,
			"not a container image: its config names neither layers nor a platform")
	}
	im := landwaiter.Image{
		ID: Digest(raw), OS: c.OS, Architecture: c.Architecture, Variant: c.Variant, Author: c.Author,
		Config: c.imageConfig(),
	}
	// An unreadable date is no reason to refuse the image.
	im.Created, _ = time.Parse(time.RFC3339Nano, c.Created)
	for _, d := range c.RootFS.DiffIDs {
		if err := CheckDigest(d); err != nil {
			return landwaiter.Image{}, err
		}
		im.Layers = append(im.Layers, landwaiter.LayerRef{DiffID: d})
	}
	return im, nil
}

func (c *configFile) imageConfig() landwaiter.ImageConfig {
	out := landwaiter.ImageConfig{
		User: c.Config.User, Env: c.Config.Env,
		Entrypoint: c.Config.Entrypoint, Cmd: c.Config.Cmd, Labels: c.Config.Labels,
		ExposedPorts: slices.Sorted(maps.Keys(c.Config.ExposedPorts)),
		Healthcheck:  c.Config.Healthcheck.Test,
	}
	for _, h := range c.History {
		out.History = append(out.History, landwaiter.History(h))
	}
	return out
}
