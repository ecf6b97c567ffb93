package archive

import (
	"context"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// indexFile is the entry point of an OCI layout:
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
const indexFile = "index.json"

// The annotations that name an image in a layout. containerd and Docker write
// the full name into the first and often only the tag into the second.
const (
	fullNameAnnotation = "io.containerd.image.name"
	refNameAnnotation  = "org.opencontainers.image.ref.name"
)

func layoutMembers(raw []byte, stem string, want source.Platform) ([]member, error) {
	index, err := source.ParseDocument(raw, "")
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.KindOf(err), "index.json: %w", err)
	}
	if !index.Index {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "index.json is a manifest, not an index")
	}
	// Entries of one name are the platforms of one image, if they differ.
	var names []string
	byName := map[string][]source.Descriptor{}
	for _, d := range index.Images() {
		name := layoutName(d, stem)
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], d)
	}
	var images roster
	for _, name := range names {
		entries := byName[name]
		if differInPlatform(entries) {
			one, err := (&source.Document{Manifests: entries}).Select(want)
			if err != nil {
				return nil, err
			}
			entries = []source.Descriptor{one}
		}
		for _, d := range entries {
			images.add(layoutMember(d, want), []string{name})
		}
	}
	return images.named(stem), nil
}

// layoutName returns "" for an entry without a name.
func layoutName(d source.Descriptor, stem string) string {
	if name := d.Annotations[fullNameAnnotation]; name != "" {
		return name
	}
	name := d.Annotations[refNameAnnotation]
	if name != "" && !strings.ContainsAny(name, ":/") {
		return stem + ":" + name // a tag alone
	}
	return name
}

func differInPlatform(entries []source.Descriptor) bool {
	seen := map[source.Platform]bool{}
	for _, d := range entries {
		if d.Platform == nil || seen[*d.Platform] {
			return false
		}
		seen[*d.Platform] = true
	}
	return len(entries) > 1
}

func layoutMember(d source.Descriptor, want source.Platform) member {
	return member{
		digest: d.Digest,
		describe: func(ctx context.Context, f files) (landwaiter.Image, error) {
			return source.Resolve(ctx, d, want, func(_ context.Context, d source.Descriptor) (io.ReadCloser, error) {
				r, _, err := f.Open(blobName(d.Digest))
				return r, err
			})
		},
		blob: func(l landwaiter.LayerRef, _ int) string { return blobName(l.Digest) },
	}
}

// blobName is the file of a digest that source.CheckDigest has passed.
func blobName(digest string) string {
	return "blobs/" + strings.Replace(digest, ":", "/", 1)
}
