package archive

import (
	"context"
	"encoding/json"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// dockerManifest lists the images of a docker-archive:
// https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
const dockerManifest = "manifest.json"

// maxImages bounds the images of one archive; each costs reading its config.
const maxImages = 10_000

type dockerEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func dockerMembers(f files, raw []byte, stem string) ([]member, error) {
	var entries []dockerEntry
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "manifest.json: %w", err)
	}
	if len(entries) > maxImages {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "%d images in one archive: the limit is %d", len(entries), maxImages)
	}
	var members []member
	for _, e := range entries {
		config, err := readDocument(f, e.Config)
		if err != nil {
			return nil, landwaiter.Errorf(landwaiter.KindOf(err), "image config: %w", err)
		}
		members = addMember(members, member{
			digest:   source.Digest(config),
			describe: e.describe,
			blob:     func(_ landwaiter.LayerRef, i int) string { return e.Layers[i] },
		}, e.RepoTags)
	}
	return nameRest(members, stem), nil
}

// describe reads the config. Its digest is computed, whatever its name claims.
func (e dockerEntry) describe(_ context.Context, f files) (landwaiter.Image, error) {
	raw, err := readDocument(f, e.Config)
	if err != nil {
		return landwaiter.Image{}, err
	}
	im, err := source.ParseConfig(raw)
	if err != nil {
		return landwaiter.Image{}, err
	}
	if len(im.Layers) != len(e.Layers) {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.Corrupt,
			"manifest.json has %d layers but the config %d", len(e.Layers), len(im.Layers))
	}
	for i, name := range e.Layers {
		r, size, err := f.open(name)
		if err != nil {
			return landwaiter.Image{}, err
		}
		r.Close()
		im.Layers[i].Size = size
		im.Size += size
	}
	return im, nil
}
