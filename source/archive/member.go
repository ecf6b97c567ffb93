package archive

import (
	"context"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// member is one image of an archive.
type member struct {
	digest string // unique in the archive
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
func (s *Source) members(f files, p string) ([]member, error) {
	raw, err := readDocument(f, source.DockerManifest)
	if err == nil {
		return s.dockerMembers(f, p, raw)
	}
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		return nil, err
	}
	raw, err = readDocument(f, indexFile)
	if err == nil {
		return layoutMembers(raw, s.stem(p), s.options.Platform)
	}
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		return nil, err
	}
	return nil, landwaiter.Errorf(landwaiter.Unsupported,
		"not an image: it has neither the manifest.json of docker save nor the index.json of an OCI layout")
}

// maxNames bounds the names of one image: one for each image that an archive
// may hold.
const maxNames = 10_000

// roster collects the images of an archive, each once.
type roster struct {
	members []member
	known   map[string]int             // by digest: the place in members
	names   map[string]map[string]bool // by digest
}

// add appends m, or its names to the member with the same digest. Names beyond
// maxNames are left out.
func (r *roster) add(m member, names []string) {
	if r.known == nil {
		r.known, r.names = map[string]int{}, map[string]map[string]bool{}
	}
	i, known := r.known[m.digest]
	if !known {
		i = len(r.members)
		r.members = append(r.members, m)
		r.known[m.digest], r.names[m.digest] = i, map[string]bool{}
	}
	seen := r.names[m.digest]
	for _, n := range names {
		if isName(n) && !seen[n] && len(seen) < maxNames {
			seen[n] = true
			r.members[i].names = append(r.members[i].names, n)
		}
	}
}

// named returns the images; those without a name have that of the archive's file.
func (r *roster) named(stem string) []member {
	for i := range r.members {
		if len(r.members[i].names) == 0 {
			r.members[i].names = []string{stem}
		}
	}
	return r.members
}

// isName reports whether a name is safe to print in a terminal or a table.
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
	return source.Sized(source.Blob(ctx, r), im.about.Layers[i].Size), nil
}

// Close implements [source.Image].
func (im *image) Close() error { return im.close() }
