package docker

import (
	"context"
	"io"
	"strings"

	"github.com/containerd/errdefs"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// export is an image in the form of docker save.
type export struct {
	tar    *source.Tar
	about  landwaiter.Image
	layers []string // names of files in tar, bottom first
}

// takeExport has the container engine export an image. The caller closes the tar.
func (s *Source) takeExport(ctx context.Context, id string, want source.Platform) (*export, error) {
	// The client closes the stream when this context ends.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.client.ImageSave(ctx, []string{id})
	if errdefs.IsInternal(err) {
		// Docker says so of an image that was removed.
		if _, gone := s.client.ImageInspect(ctx, id); errdefs.IsNotFound(gone) {
			return nil, gone
		}
	}
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	return readExport(ctx, s.spool, stream, id, want)
}

// readExport spools the stream of docker save and finds an image in it.
func readExport(ctx context.Context, spool string, stream io.Reader, id string, want source.Platform) (*export, error) {
	file, err := source.Spool(ctx, spool, stream)
	if err != nil {
		return nil, err
	}
	tar, err := source.IndexTar(ctx, file)
	if err != nil {
		file.Close()
		return nil, incomplete(err, landwaiter.Corrupt)
	}
	e := &export{tar: tar}
	if err := e.find(ctx, id, want); err != nil {
		tar.Close()
		return nil, incomplete(err, landwaiter.NotFound)
	}
	return e, nil
}

// incomplete makes errors of one kind worth another try: engines that fail in
// the middle of an export end it early, with their error as text.
func incomplete(err error, kind landwaiter.ErrorKind) error {
	if landwaiter.KindOf(err) != kind {
		return err
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "the export is incomplete; look into the container engine's log: %w",
		err)
}

// find looks the image up in both forms that an export has: by its config in
// manifest.json, or by its manifest among the blobs of an OCI layout.
func (e *export) find(ctx context.Context, id string, want source.Platform) error {
	entries, err := e.entries()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		raw, err := e.document(entry.Config)
		if err != nil || source.Digest(raw) != id {
			continue // what this names need not be there with the containerd image store
		}
		e.layers = entry.Layers
		e.about, err = entry.Describe(e.tar.Open)
		return err
	}
	if _, _, err := e.tar.Open(blobName(id)); err != nil && len(entries) > 0 {
		return landwaiter.Errorf(landwaiter.Corrupt, "the container engine exports another image")
	}
	e.about, err = source.Resolve(
		ctx,
		source.Descriptor{Digest: id},
		want,
		func(_ context.Context, d source.Descriptor) (io.ReadCloser, error) {
			r, _, err := e.tar.Open(blobName(d.Digest))
			return r, err
		},
	)
	for _, l := range e.about.Layers {
		e.layers = append(e.layers, blobName(l.Digest))
	}
	return err
}

// entries reads manifest.json, which need not be there with the containerd
// image store.
func (e *export) entries() ([]source.DockerEntry, error) {
	raw, err := e.document(source.DockerManifest)
	switch {
	case landwaiter.KindOf(err) == landwaiter.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return source.ParseDockerManifest(raw)
}

func (e *export) document(name string) ([]byte, error) {
	r, _, err := e.tar.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return source.ReadDocument(r, "")
}

// check compares the export with the description that was returned.
func (e *export) check(about landwaiter.Image) error {
	if e.about.ID != about.ID || len(e.about.Layers) != len(about.Layers) {
		return landwaiter.Errorf(landwaiter.Corrupt, "the container engine exports %s with %d layers", e.about.ID,
			len(e.about.Layers))
	}
	for i, l := range e.about.Layers {
		if l.DiffID != about.Layers[i].DiffID {
			return landwaiter.Errorf(landwaiter.Corrupt, "the container engine said that layer %d is %s but exports %s", i,
				about.Layers[i].DiffID, l.DiffID)
		}
	}
	return nil
}

// blobName is the file name of a digest that source.CheckDigest accepted.
func blobName(digest string) string {
	return "blobs/" + strings.Replace(digest, ":", "/", 1)
}
