package archive

import (
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

func dockerMembers(f files, raw []byte, stem string) ([]member, error) {
	entries, err := source.ParseDockerManifest(raw)
	if err != nil {
		return nil, err
	}
	var members []member
	for _, e := range entries {
		config, err := readDocument(f, e.Config)
		if err != nil {
			return nil, landwaiter.Errorf(landwaiter.KindOf(err), "image config: %w", err)
		}
		members = addMember(members, member{
			digest: source.Digest(config),
			describe: func(_ context.Context, f files) (landwaiter.Image, error) {
				return e.Describe(f.Open)
			},
			blob: func(_ landwaiter.LayerRef, i int) string { return e.Layers[i] },
		}, e.RepoTags)
	}
	return nameRest(members, stem), nil
}
