package docker

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// descriptorVersion is the first API version in which each image of the containerd
// image store has a descriptor.
const descriptorVersion = "1.48"

// open describes an image by its inspection and history if they have the digest
// of its config, else by its export.
func (s *Source) open(ctx context.Context, id string) (*opened, error) {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := s.client.ImageInspect(short, id)
	about := answer.InspectResponse
	switch {
	case err != nil:
		return nil, unreadable(err)
	case fullID(about.ID) != id:
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "the container engine returned another image, %.80q", about.ID)
	}
	byManifest, err := s.namesManifests(short, about)
	if err != nil {
		return nil, err
	}
	im := newOpened(s, id)
	im.platform = source.Platform{OS: about.Os, Architecture: about.Architecture, Variant: about.Variant}
	if byManifest {
		err = im.describeExport(ctx)
	} else {
		im.about, err = s.describe(short, about)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	im.about.Names, im.about.RepoDigests = names(about.RepoTags), names(about.RepoDigests)
	return im, nil
}

// namesManifests reports whether the image's ID is the digest of a manifest
// or index, as in Docker's containerd image store, instead of its config.
func (s *Source) namesManifests(ctx context.Context, about image.InspectResponse) (bool, error) {
	if about.Descriptor != nil {
		return true, nil
	}
	if versions.GreaterThanOrEqualTo(s.client.ClientVersion(), descriptorVersion) {
		return false, nil
	}
	info, err := s.client.Info(ctx, client.InfoOptions{})
	if err != nil {
		return false, err
	}
	return slices.Contains(info.Info.DriverStatus, [2]string{"driver-type", "io.containerd.snapshotter.v1"}), nil
}

// describe makes an image of its inspection and history. Its ID is what the
// engine calls it; an export is checked against it. Stored sizes of single
// layers are not known.
func (s *Source) describe(ctx context.Context, about image.InspectResponse) (landwaiter.Image, error) {
	var steps []step
	var err error
	if s.transport.podman.Load() {
		steps, err = s.inspectPodman(ctx, &about)
	} else {
		steps, err = s.history(ctx, about.ID, len(about.RootFS.Layers))
	}
	if err != nil {
		return landwaiter.Image{}, err
	}
	// A config file passes the usual checks.
	raw, err := json.Marshal(map[string]any{
		"created": about.Created, "author": about.Author,
		"os": about.Os, "architecture": about.Architecture, "variant": about.Variant,
		"config":  about.Config,
		"rootfs":  map[string]any{"diff_ids": about.RootFS.Layers},
		"history": steps,
	})
	if err != nil {
		return landwaiter.Image{}, err
	}
	im, err := source.ParseConfig(raw)
	if err != nil {
		return landwaiter.Image{}, err
	}
	im.ID, im.Size = fullID(about.ID), max(about.Size, 0)
	return im, nil
}
