package podimage_test

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes/podimage"
)

var hexA = strings.Repeat("a", 64)

func TestParseID(t *testing.T) {
	digest := "sha256:" + hexA
	for _, c := range []struct {
		in, repository string
		kind           landwaiter.ErrorKind
	}{
		{"docker.io/library/debian@" + digest, "docker.io/library/debian", ""},
		{"debian@" + digest, "docker.io/library/debian", ""},
		{"index.docker.io/team/app@" + digest, "docker.io/team/app", ""},
		{"docker-pullable://r.example.com:5000/a/b@" + digest, "r.example.com:5000/a/b", ""},
		{"r.example.com/a:1.2@" + digest, "r.example.com/a", ""},
		{digest, "", ""},
		{"docker://" + digest, "", ""},
		{hexA, "", ""},
		{"", "", landwaiter.Invalid},
		{"debian:12", "", landwaiter.Invalid},
		{"a/UPPER@" + digest, "", landwaiter.Invalid},
		{"debian@sha256:12", "", landwaiter.Invalid},
		{"debian@sha512:" + hexA + hexA, "docker.io/library/debian", landwaiter.Unsupported},
		{"sha256:../../etc", "", landwaiter.Corrupt},
		{strings.Repeat("a", 2000) + "@" + digest, "", landwaiter.Invalid},
	} {
		got, err := podimage.ParseID(c.in)
		if landwaiter.KindOf(err) != c.kind || (err == nil && got != podimage.ID{Repository: c.repository, Digest: digest}) {
			t.Errorf("%.100q: %+v, %v", c.in, got, err)
		}
	}
}

func TestParseName(t *testing.T) {
	for _, c := range []struct{ in, repository, name string }{
		{"debian", "docker.io/library/debian", "docker.io/library/debian:latest"},
		{"r.example.com:5000/a:1", "r.example.com:5000/a", "r.example.com:5000/a:1"},
		{"a/b:1@sha256:" + hexA, "docker.io/a/b", "docker.io/a/b:1"},
		{"a/b@sha256:" + hexA, "docker.io/a/b", ""},
		{"localhost/x", "localhost/x", "localhost/x:latest"},
		{"sha256:" + hexA, "docker.io/library/sha256", "docker.io/library/sha256:" + hexA},
		{hexA, "", ""},
		{"", "", ""},
		{"a b", "", ""},
	} {
		if repository, name := podimage.ParseName(c.in); repository != c.repository || name != c.name {
			t.Errorf("%q: %q, %q", c.in, repository, name)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("docker-pullable://debian:12@sha256:" + hexA)
	f.Add(hexA)
	f.Fuzz(func(t *testing.T, s string) {
		id, err := podimage.ParseID(s)
		if err == nil {
			if source.CheckDigest(id.Digest) != nil {
				t.Errorf("digest %q", id.Digest)
			}
			if again, err := podimage.ParseID(id.String()); err != nil || again != id {
				t.Errorf("%q is read as %q, and that as %q, %v", s, id, again, err)
			}
		}
		if repository, name := podimage.ParseName(s); name != "" && !strings.HasPrefix(name, repository+":") {
			t.Errorf("repository %q, name %q", repository, name)
		}
	})
}
