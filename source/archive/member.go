package archive

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// member is one image of an archive.
type member struct {
	digest string // tells it from others of the archive
	names  []string
	// describe reads the image's documents; names are added by the caller.
	describe func(ctx context.Context, f files) (landwaiter.Image, error)
	// blob is the name of a layer's file.
	blob func(l landwaiter.LayerRef, i int) string
}

// maxName bounds an image name: 255 bytes of repository, 128 of tag, as the
// distribution specification has them, and a registry's host name.
const maxName = 640

// members lists the images of an archive. A `docker save` of today is an OCI
// layout as well: its manifest.json wins, since it has the full names.
func (s *Source) members(f files, stem string) ([]member, error) {
	raw, err := readDocument(f, source.DockerManifest)
	if err == nil {
		return dockerMembers(f, raw, stem)
	}
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		return nil, err
	}
	raw, err = readDocument(f, indexFile)
	if err == nil {
		return layoutMembers(raw, stem, s.options.Platform)
	}
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		return nil, err
	}
	return nil, landwaiter.Errorf(landwaiter.Unsupported,
		"not an image: it has neither the manifest.json of docker save nor the index.json of an OCI layout")
}

// addMember appends m, or its names to the member with the same digest.
func addMember(members []member, m member, names []string) []member {
	i := slices.IndexFunc(members, func(o member) bool { return o.digest == m.digest })
	if i < 0 {
		members, i = append(members, m), len(members)
	}
	for _, n := range names {
		if isName(n) && !slices.Contains(members[i].names, n) {
			members[i].names = append(members[i].names, n)
		}
	}
	return members
}

// nameRest names members that have no name after the archive's file.
func nameRest(members []member, stem string) []member {
	for i := range members {
		if len(members[i].names) == 0 {
			members[i].names = []string{stem}
		}
	}
	return members
}

// isName keeps out what would only garble a terminal or a table.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) })
}

// image is an opened member.
type image struct {
	archive *openArchive
	member  member
	about   landwaiter.Image
	close   func() error // once
}

func openImage(ctx context.Context, a *openArchive, m member) (source.Image, error) {
	about, err := m.describe(ctx, a.files)
	if err != nil {
		a.release()
		return nil, landwaiter.Errorf(landwaiter.KindOf(err), "%s: %w", a.path, err)
	}
	about.Names = m.names
	return &image{archive: a, member: m, about: about, close: sync.OnceValue(a.release)}, nil
}

// Describe implements [source.Image].
func (im *image) Describe() landwaiter.Image { return im.about }

// Layer implements [source.Image].
func (im *image) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if i < 0 || i >= len(im.about.Layers) {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "layer %d of %d", i, len(im.about.Layers))
	}
	r, _, err := im.archive.files.Open(im.member.blob(im.about.Layers[i], i))
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.KindOf(err), "%s: layer %d is missing: %w", im.archive.path, i, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{source.Bound(ctx, r), r}, nil
}

// Close implements [source.Image].
func (im *image) Close() error { return im.close() }
