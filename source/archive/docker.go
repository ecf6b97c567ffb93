package archive

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// dockerMembers lists the images of a manifest.json. Those whose config cannot
// be read are skipped, unless there are no others.
func (s *Source) dockerMembers(f files, p string, raw []byte) ([]member, error) {
	entries, err := source.ParseDockerManifest(raw)
	if err != nil {
		return nil, err
	}
	var images roster
	configs := configDigests{files: f, known: map[string]configDigest{}}
	var broken error // the first
	for i, e := range entries {
		digest, err := configs.of(e.Config)
		if err != nil {
			if broken == nil {
				broken = landwaiter.Errorf(landwaiter.KindOf(err), "image %d of %d: config: %w", i+1, len(entries), err)
			}
			continue
		}
		images.add(member{
			digest: digest,
			describe: func(_ context.Context, f files) (landwaiter.Image, error) {
				return e.Describe(f.Open)
			},
			blob: func(_ landwaiter.LayerRef, i int) string { return e.Layers[i] },
		}, e.RepoTags)
	}
	if broken != nil && len(images.members) == 0 {
		return nil, broken
	}
	if broken != nil {
		s.options.Skipped(p, broken)
	}
	return images.named(s.stem(p)), nil
}

// configDigests reads each config once, however many images name it.
type configDigests struct {
	files files
	known map[string]configDigest // by file name
}

type configDigest struct {
	digest string
	err    error
}

func (c configDigests) of(name string) (string, error) {
	d, known := c.known[name]
	if !known {
		raw, err := readDocument(c.files, name)
		d = configDigest{source.Digest(raw), err}
		c.known[name] = d
	}
	return d.digest, d.err
}
