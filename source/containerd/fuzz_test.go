package containerd

import (
	"strings"
	"testing"

	"github.com/containerd/containerd/api/services/containers/v1"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

var digest = "sha256:" + strings.Repeat("0", 64)

// FuzzLocator: what is accepted is what was made, and safe in a header.
func FuzzLocator(f *testing.F) {
	f.Add("k8s.io@" + digest)
	f.Add("@" + digest)
	f.Add("a@b@" + digest)
	f.Add("a\r\nb@" + digest)
	f.Fuzz(func(t *testing.T, locator string) {
		namespace, digest, err := parseLocator(locator)
		if err != nil {
			if kind := landwaiter.KindOf(err); kind == landwaiter.Internal {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		if makeLocator(namespace, digest) != locator || strings.ContainsAny(namespace, "\r\n /:@") ||
			source.CheckDigest(digest) != nil {
			t.Errorf("%q is %q and %q", locator, namespace, digest)
		}
	})
}

// FuzzNames: a name is a tag, a digest of a repository, or the image's own
// digest.
func FuzzNames(f *testing.F) {
	for _, n := range []string{"", "a:1", "host:5000/a", "host:5000/a:1@" + digest, "a@" + digest, digest, "@", ":@:"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, name string) {
		var e entry
		e.add(name)
		e.add(name)
		switch {
		case name == digest, len(e.names) == 2 && e.names[0] == name && len(e.repoDigests) == 0:
		case len(e.repoDigests) == 1 && len(e.names) == 0:
			repository, rest, _ := strings.Cut(e.repoDigests[0], "@")
			if !strings.HasPrefix(name, repository) || !strings.HasSuffix(name, "@"+rest) {
				t.Errorf("%q is %+v", name, e)
			}
		case source.CheckDigest(name) != nil:
			t.Errorf("%q is %+v", name, e)
		}
	})
}

// FuzzNote: Kubernetes' note finds an image of the catalog, or none.
func FuzzNote(f *testing.F) {
	f.Add([]byte(`{"Version":"v1","Metadata":{"ImageRef":"` + digest + `"}}`))
	f.Add([]byte(`{"Version":"v1","Metadata":{"ImageDigest":"` + digest + `"}}`))
	f.Add([]byte(`{"Version":"v1","Metadata":[]}`))
	f.Add([]byte(`null`))
	only := &entry{digest: digest}
	m := matcher{catalog: &catalog{byName: map[string]*entry{digest: only}, byTarget: map[string]*entry{digest: only}}}
	f.Fuzz(func(t *testing.T, note []byte) {
		got := m.noted(&containers.Container{Extensions: map[string]*anypb.Any{criMetadata: {Value: note}}})
		if got != nil && got != only {
			t.Errorf("%s names %+v", note, got)
		}
	})
}
