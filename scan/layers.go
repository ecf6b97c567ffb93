package scan

import (
	"context"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// readLayer makes sure that the facts of a layer are stored. If it read the layer
// itself, with all wanted analysers, it returns them as fresh; otherwise fresh is
// nil and they are in the store. Known reports whether nothing had to be read.
func (s *Scanner) readLayer(
	ctx context.Context, r *reader, img source.Image, i int, ref landwaiter.LayerRef, want []landwaiter.Analyser,
) (fresh *landwaiter.LayerReport, known bool, err error) {
	for {
		at, leader := s.flights.join(ref)
		if leader {
			defer s.flights.land(ref, at)
			return s.lead(ctx, r, img, i, ref, want, at)
		}
		landed, err := at.wait(ctx)
		if err != nil {
			return nil, false, err
		}
		if !landed {
			return s.lead(ctx, r, img, i, ref, want, newFlight()) // overtake it
		}
		// Another scan has just read the layer, or failed to.
		names, err := s.missing(ctx, ref, want)
		if err != nil || len(names) == 0 {
			return nil, err == nil, err
		}
	}
}

// lead reads a layer. It looks again first: the reader before may have ended
// since.
func (s *Scanner) lead(
	ctx context.Context, r *reader, img source.Image, i int, ref landwaiter.LayerRef, want []landwaiter.Analyser,
	at *flight,
) (fresh *landwaiter.LayerReport, known bool, err error) {
	names, err := s.missing(ctx, ref, want)
	if err != nil || len(names) == 0 {
		return nil, err == nil, err
	}
	fresh, err = s.analyseLayer(ctx, r, img, i, ref, names, want, at)
	if err == nil && fresh.Cut != "" && len(names) < len(want) {
		// Its facts are not stored, so those of the others are needed, too.
		fresh, err = s.analyseLayer(ctx, r, img, i, ref, namesOf(want), want, at)
	}
	if err != nil || fresh.Cut == "" && len(names) < len(want) {
		return nil, false, err
	}
	return fresh, false, nil
}

func namesOf(analysers []landwaiter.Analyser) []string {
	names := make([]string, len(analysers))
	for i, a := range analysers {
		names[i] = a.Name
	}
	return names
}

// missing names the analysers that have not seen a layer yet.
func (s *Scanner) missing(ctx context.Context, ref landwaiter.LayerRef, want []landwaiter.Analyser) ([]string, error) {
	missing, err := s.Store.Layers.Missing(ctx, []string{ref.DiffID}, want)
	return missing[ref.DiffID], err
}

// analyseLayer reads a layer, and stores what the named analysers found in it,
// unless the layer was cut: facts that were not verified against the diffID are
// those of this image alone.
func (s *Scanner) analyseLayer(
	ctx context.Context, r *reader, img source.Image, i int, ref landwaiter.LayerRef, names []string,
	want []landwaiter.Analyser, at *flight,
) (*landwaiter.LayerReport, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	began := time.Now()
	rep, err := r.layer(ctx, func(ctx context.Context) (io.ReadCloser, error) { return at.open(ctx, img, i) }, names)
	if err != nil {
		return nil, err
	}
	rep.Took = time.Since(began)
	if err := verify(rep, ref); err != nil {
		return nil, err
	}
	if rep.Cut != "" {
		adopt(rep, ref)
		return rep, nil
	}
	versions := map[string]string{}
	for _, a := range want {
		versions[a.Name] = a.Version
	}
	return rep, s.Store.Layers.Save(ctx, rep, versions)
}

// adopt makes the facts of a layer that was cut those of the layer that this
// image claims to have, and says in the coverage how much of that was verified.
func adopt(rep *landwaiter.LayerReport, ref landwaiter.LayerRef) {
	// The blob of an uncompressed layer is its content.
	verified := rep.Digest != "" && (rep.Digest == ref.Digest || rep.Digest == ref.DiffID)
	rep.DiffID = ref.DiffID
	for i := range rep.Coverage {
		c := &rep.Coverage[i]
		c.Layer = ref.DiffID
		if c.State != landwaiter.Partial && c.State != landwaiter.Failed { // the report may be one of a child
			c.State, c.Reason = landwaiter.Partial, rep.Cut
		}
		if !verified {
			c.Reason += "; and no digest could be verified"
		}
	}
}

// verify compares the digests of what was read with those that the image names.
// Images share facts by diffID, so nothing may be stored under a wrong one.
func verify(rep *landwaiter.LayerReport, ref landwaiter.LayerRef) error {
	if rep.Cut == "" && rep.DiffID != ref.DiffID {
		return landwaiter.Errorf(landwaiter.Corrupt,
			"layer content is %s, the image config says %s: the image is damaged or forged; pull or push it again",
			rep.DiffID, ref.DiffID)
	}
	if ref.Digest != "" && rep.Digest != "" && rep.Digest != ref.Digest {
		return landwaiter.Errorf(landwaiter.Corrupt,
			"layer blob is %s, the manifest says %s: the image is damaged or forged; pull or push it again", rep.Digest,
			ref.Digest)
	}
	return nil
}
