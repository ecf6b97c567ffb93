// Package sourcetest checks that a source keeps the contracts of package source: those of every source, and those of
// the capabilities that it has.
package sourcetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
)

// Run checks the source that open returns. It must hold at least one image and must not change, and its images must be
// complete. Run calls open several times and closes the sources.
func Run(t *testing.T, open func() (source.Source, error)) {
	t.Helper()
	src, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	refs := list(t, src)
	if len(refs) == 0 {
		t.Fatal("the source lists no image")
	}
	checkList(t, src, refs)
	checkOpen(t, src, refs)
	checkUnknown(t, src)
	checkCapabilities(t, src, refs)
	checkClosed(t, open, refs[0])
}

func list(t *testing.T, src source.Source) []source.Ref {
	t.Helper()
	var refs []source.Ref
	err := src.List(t.Context(), func(r source.Ref) error {
		if r.Locator == "" {
			t.Error("an image has no locator")
		}
		refs = append(refs, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

// checkList: the same images at the same locators each time, and an end when yield or the caller says so.
func checkList(t *testing.T, src source.Source, refs []source.Ref) {
	t.Helper()
	locators := func(list []source.Ref) []string {
		var out []string
		for _, r := range list {
			out = append(out, r.Locator)
		}
		slices.Sort(out)
		return out
	}
	if first, again := locators(refs), locators(list(t, src)); !slices.Equal(first, again) {
		t.Errorf("listed %q, then %q", first, again)
	}
	stop := errors.New("stop")
	calls := 0
	err := src.List(t.Context(), func(source.Ref) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("an error of yield: %v after %d calls", err, calls)
	}
}

// checkOpen: every image can be opened and read by many at once, and is the same each time.
func checkOpen(t *testing.T, src source.Source, refs []source.Ref) {
	t.Helper()
	var wg sync.WaitGroup
	for _, r := range refs {
		for range 2 {
			wg.Go(func() {
				im, err := src.Open(t.Context(), r.Locator)
				if err != nil {
					t.Errorf("%s: %v", r.Locator, err)
					return
				}
				defer im.Close()
				checkImage(t, r.Locator, im)
			})
		}
	}
	wg.Wait()
}

// checkImage: a layer's bytes are those that the description promises; a layer that is not there is Invalid.
func checkImage(t *testing.T, locator string, im source.Image) {
	t.Helper()
	about := im.Describe()
	if err := source.CheckDigest(about.ID); err != nil {
		t.Errorf("%s: ID: %v", locator, err)
	}
	for _, i := range []int{-1, len(about.Layers)} {
		if blob, err := im.Layer(t.Context(), i); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("%s: layer %d of %d: %v, %v", locator, i, len(about.Layers), blob, err)
		}
	}
	for i, l := range about.Layers {
		if err := checkLayer(t.Context(), im, i, l); err != nil {
			t.Errorf("%s: layer %d: %v", locator, i, err)
		}
	}
}

func checkLayer(ctx context.Context, im source.Image, i int, want landwaiter.LayerRef) error {
	blob, err := im.Layer(ctx, i)
	if err != nil {
		return err
	}
	defer blob.Close()
	r, err := layer.NewReader(blob, layer.Limits{})
	if err != nil {
		return err
	}
	defer r.Close()
	sum, err := r.Finish()
	if err != nil {
		return err
	}
	if sum.DiffID != want.DiffID || (want.Digest != "" && sum.Digest != want.Digest) {
		return landwaiter.Errorf(landwaiter.Corrupt, "is %s (%s), described as %s (%s)",
			sum.DiffID, sum.Digest, want.DiffID, want.Digest)
	}
	return nil
}

// checkUnknown: what is no locator of the source is an error of a kind that nobody tries again.
func checkUnknown(t *testing.T, src source.Source) {
	t.Helper()
	long := strings.Repeat("x/", 10_000)
	for _, locator := range []string{"", "nothing", "../../etc/passwd", long, "a@sha256:0", "\x00"} {
		im, err := src.Open(t.Context(), locator)
		if err == nil {
			im.Close()
		}
		if !landwaiter.Permanent(err) {
			t.Errorf("open of %.30q: %v (%s)", locator, err, landwaiter.KindOf(err))
		}
	}
}

func checkCapabilities(t *testing.T, src source.Source, refs []source.Ref) {
	t.Helper()
	if p, ok := src.(source.Pinner); ok {
		for _, r := range refs {
			digest := r.Locator[strings.LastIndexByte(r.Locator, '@')+1:]
			if p.Pinned(r.Locator) && source.CheckDigest(digest) != nil {
				t.Errorf("%s is pinned, but to no digest", r.Locator)
			}
		}
	}
	if d, ok := src.(source.Digester); ok {
		checkDigests(t, d, refs)
	}
	if r, ok := src.(source.Runner); ok {
		checkRuntime(t, r, refs)
	}
}

// checkDigests: the digest of a locator is the one that an image opened by it has.
func checkDigests(t *testing.T, src source.Digester, refs []source.Ref) {
	t.Helper()
	for _, r := range refs {
		digest, err := src.Digest(t.Context(), r.Locator)
		if err != nil {
			t.Errorf("digest of %s: %v", r.Locator, err)
			continue
		}
		im, err := src.Open(t.Context(), r.Locator)
		if err != nil {
			t.Errorf("%s: %v", r.Locator, err)
			continue
		}
		if got := im.Describe().RepoDigests; len(got) == 0 || !strings.HasSuffix(got[0], "@"+digest) {
			t.Errorf("%s has the digest %s, and opened %q", r.Locator, digest, got)
		}
		im.Close()
	}
	if _, err := src.Digest(t.Context(), "nothing at all"); err == nil {
		t.Error("what is no locator has a digest")
	}
}

// checkRuntime: containers are of known hosts and images.
func checkRuntime(t *testing.T, src source.Runner, refs []source.Ref) {
	t.Helper()
	rt, err := src.Runtime(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rt.Cluster.ID == "" && len(rt.Hosts) != 1 {
		t.Errorf("an engine with %d hosts", len(rt.Hosts))
	}
	hosts, images, ids := map[string]bool{"": true}, map[string]bool{"": true}, map[string]bool{}
	for _, h := range rt.Hosts {
		if hosts[h.ID] && h.ID != "" {
			t.Errorf("two hosts have the ID %s", h.ID)
		}
		hosts[h.ID] = true
	}
	for _, r := range refs {
		images[r.Locator] = true
	}
	for _, c := range rt.Containers {
		if c.ID == "" || ids[c.ID] || !hosts[c.HostID] || !images[c.Image] {
			t.Errorf("container without an ID of its own, a known host or a known image: %+v", c)
		}
		ids[c.ID] = true
	}
}

// checkClosed: an image outlives its source.
func checkClosed(t *testing.T, open func() (source.Source, error), r source.Ref) {
	t.Helper()
	src, err := open()
	if err != nil {
		t.Fatal(err)
	}
	im, err := src.Open(t.Context(), r.Locator)
	if closeErr := src.Close(); closeErr != nil {
		t.Errorf("close: %v", closeErr)
	}
	if err != nil {
		t.Fatalf("%s without a List before: %v", r.Locator, err)
	}
	defer im.Close()
	checkImage(t, r.Locator+" of a source that was closed", im)
}
