package containerd

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/containerd/containerd/api/services/containers/v1"
	"github.com/containerd/containerd/api/services/snapshots/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// matcher finds the images of the containers of a namespace.
type matcher struct {
	*Source
	namespace string
	catalog   *catalog
	chains    map[*entry]string // chain IDs that were computed
}

// locator returns the locator of a container's image, "" if it is not known.
//
// A container names its image, but a tag may have moved to another image
// since. Kubernetes also records the digest. For other containers, the snapshot
// under their file system identifies the layers.
func (m *matcher) locator(ctx context.Context, r *containers.Container) (string, error) {
	if e := m.noted(r); e != nil {
		return e.locator, nil
	}
	named := m.catalog.byName[r.GetImage()]
	chain, err := m.snapshotChain(ctx, r)
	if err != nil {
		return "", err
	}
	candidates := m.catalog.entries
	switch {
	case chain == "" && named == nil:
		return "", nil
	case chain == "":
		return named.locator, nil
	case named != nil:
		candidates = append([]*entry{named}, candidates...)
	}
	for _, e := range candidates {
		got, err := m.chain(ctx, e)
		if err != nil {
			return "", err
		}
		if got == chain {
			return e.locator, nil
		}
	}
	return "", nil
}

// criMetadata is the label in which the CRI plugin keeps its metadata as JSON.
const criMetadata = "io.cri-containerd.container.metadata"

// noted finds the image by the digests that the CRI plugin recorded:
// ImageDigest (since containerd 2.4) is that of the image's target, ImageRef
// that of its config, under which Kubernetes names the image, too.
func (m *matcher) noted(r *containers.Container) *entry {
	var note struct {
		Version  string
		Metadata struct{ ImageRef, ImageDigest string }
	}
	err := json.Unmarshal(r.GetExtensions()[criMetadata].GetValue(), &note)
	if err != nil || note.Version != "v1" {
		return nil
	}
	if e := m.catalog.byTarget[note.Metadata.ImageDigest]; e != nil {
		return e
	}
	return m.catalog.byName[note.Metadata.ImageRef]
}

// snapshotChain returns the chain ID of the layers under a container's file
// system, "" if it is not on a snapshot.
func (m *matcher) snapshotChain(ctx context.Context, r *containers.Container) (string, error) {
	if r.GetSnapshotKey() == "" {
		return "", nil
	}
	answer, err := snapshots.NewSnapshotsClient(m.client).Stat(in(ctx, m.namespace),
		&snapshots.StatSnapshotRequest{Snapshotter: r.GetSnapshotter(), Key: r.GetSnapshotKey()})
	switch status.Code(err) {
	case codes.OK:
	case codes.NotFound, codes.InvalidArgument: // the snapshot or its snapshotter is gone
		return "", nil
	default:
		return "", err
	}
	// With a user namespace, it is on a copy: "CHAINID-UID-GID".
	chain, _, _ := strings.Cut(answer.GetInfo().GetParent(), "-")
	return chain, nil
}

// chain returns the chain ID of an image's layers, "" if it cannot be read.
func (m *matcher) chain(ctx context.Context, e *entry) (string, error) {
	if id, ok := m.chains[e]; ok {
		return id, nil
	}
	about, err := m.describe(ctx, m.namespace, e.digest)
	if err != nil && !landwaiter.Permanent(err) {
		return "", err
	}
	if m.chains == nil {
		m.chains = map[*entry]string{}
	}
	m.chains[e] = chainID(about.Layers)
	return m.chains[e], nil
}

// chainID identifies a stack of layers, "" one of none:
// https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
func chainID(layers []landwaiter.LayerRef) string {
	id := ""
	for i, l := range layers {
		if i == 0 {
			id = l.DiffID
		} else {
			id = source.Digest([]byte(id + " " + l.DiffID))
		}
	}
	return id
}
