package source

import (
	"encoding/json"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// DockerManifest is the file that lists the images of a docker-archive, which
// is what docker save writes:
// https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
const DockerManifest = "manifest.json"

// maxImages bounds the images of one archive; each costs reading its config.
const maxImages = 10_000

// maxEntryValues bounds what is decoded of a [DockerManifest]: a hundred layers and
// names for each image.
const maxEntryValues = 100 * maxImages

// DockerEntry is one image of a docker-archive. Config and Layers are names
// of files in it.
type DockerEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// ParseDockerManifest reads a [DockerManifest]. Errors: Corrupt, TooLarge.
func ParseDockerManifest(raw []byte) ([]DockerEntry, error) {
	if err := syntax.CheckJSON(raw, maxEntryValues); err != nil {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "manifest.json: %w", err)
	}
	var entries []DockerEntry
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "manifest.json: %w", err)
	}
	if len(entries) > maxImages {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "%d images in one archive: the limit is %d", len(entries),
			maxImages)
	}
	return entries, nil
}

// Describe reads the image's config and the sizes of its layers with open,
// which returns a file and its size. The ID is computed from the config,
// whatever its name claims.
func (e DockerEntry) Describe(open func(name string) (io.ReadCloser, int64, error)) (landwaiter.Image, error) {
	r, _, err := open(e.Config)
	if err != nil {
		return landwaiter.Image{}, err
	}
	defer r.Close()
	raw, err := ReadDocument(r, "")
	if err != nil {
		return landwaiter.Image{}, err
	}
	im, err := ParseConfig(raw)
	if err != nil {
		return landwaiter.Image{}, err
	}
	if len(im.Layers) != len(e.Layers) {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.Corrupt,
			"manifest.json has %d layers but the config %d", len(e.Layers), len(im.Layers))
	}
	for i, name := range e.Layers {
		r, size, err := open(name)
		if err != nil {
			return landwaiter.Image{}, err
		}
		r.Close()
		im.Layers[i].Size = size
		im.Size += size
	}
	return im, nil
}
