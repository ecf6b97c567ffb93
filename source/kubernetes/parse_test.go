package kubernetes

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

var hexA = strings.Repeat("a", 64)

func TestParseImageID(t *testing.T) {
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
		got, err := parseImageID(c.in)
		if landwaiter.KindOf(err) != c.kind || (err == nil && got != imageID{c.repository, digest}) {
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
		if repository, name := parseName(c.in); repository != c.repository || name != c.name {
			t.Errorf("%q: %q, %q", c.in, repository, name)
		}
	}
}

func TestLogins(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("u:p:w"))
	got, err := parseDockerConfigJSON(fmt.Appendf(nil, `{"auths": {
		"https://index.docker.io/v1/": {"username": "hub", "password": "1"},
		"*.example.com": {"auth": "%s"},
		"r.example.com:5000/team/a/": {"username": "team", "password": "3", "email": "x"},
		"http://r.example.com/v2/team": {"username": "other", "password": "4"},
		"broken.example.com": {"auth": "%%%%"}, "empty.example.com": {}, "": {"username": "x"}
	}, "credsStore": "evil", "credHelpers": {"r": "evil"}}`, auth))
	want := []login{
		{"r.example.com:5000", "team/a", "team", "3"},
		{"r.example.com", "team", "other", "4"},
		{"index.docker.io", "", "hub", "1"},
		{"*.example.com", "", "u", "p:w"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(login{})); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, c := range []struct {
		host, path, repository string
		want                   bool
	}{
		{"index.docker.io", "", "docker.io/library/debian", true},
		{"docker.io", "", "docker.io/library/debian", true},
		{"*.docker.io", "", "docker.io/library/debian", true},
		{"index.docker.io", "team", "docker.io/library/debian", false},
		{"r.example.com", "", "r.example.com/a/b", true},
		{"r.example.com", "a", "r.example.com/a/b", true},
		{"r.example.com", "a/b", "r.example.com/a/b", true},
		{"r.example.com", "a", "r.example.com/ab", false},
		{"r.example.com", "", "R.Example.com/a", true},
		{"r.example.com", "", "r.example.com:5000/a", false},
		{"r.example.com:5000", "", "r.example.com:5000/a", true},
		{"*.example.com:5000", "", "r.example.com:5000/a", true},
		{"*.example.com", "", "example.com/a", false},
		{"*.example.com", "", "a.b.example.com/a", false},
		{"example.com", "", "example.com.evil.org/a", false},
		{"*", "", "r.example.com/a", false},
		{"[", "", "[/a", false},
	} {
		if got := (login{host: c.host, path: c.path}).fits(c.repository); got != c.want {
			t.Errorf("%s/%s fits %s: %v", c.host, c.path, c.repository, got)
		}
	}
}

func TestDecodeList(t *testing.T) {
	for _, c := range []struct {
		in, next string
		items    int
		kind     landwaiter.ErrorKind
	}{
		{`{"kind":"PodList","metadata":{"continue":"x"},"items":[{},{"a":1}]}`, "x", 2, ""},
		{`{"items":null,"metadata":{}}`, "", 0, ""},
		{`{"items":{}}`, "", 0, landwaiter.Corrupt},
		{`{"items":[1]}`, "", 0, landwaiter.Corrupt},
		{`{"metadata":[]}`, "", 0, landwaiter.Corrupt},
		{`[]`, "", 0, landwaiter.Corrupt},
		{`{"metadata":{"continue":"` + strings.Repeat("x", maxObject) + `"}}`, "", 0, landwaiter.TooLarge},
		{`{"items":[{"a":"` + strings.Repeat("x", maxObject) + `"}]}`, "", 0, landwaiter.TooLarge},
		{`{"items":[{}`, "", 1, landwaiter.Internal}, // the connection broke
		{``, "", 0, landwaiter.Internal},
	} {
		n := 0
		next, err := decodeList(strings.NewReader(c.in), func(json.RawMessage) error { n++; return nil })
		if (err == nil && next != c.next) || n != c.items || landwaiter.KindOf(err) != c.kind {
			t.Errorf("%.60s: %q, %d items, %v (%s)", c.in, next, n, err, landwaiter.KindOf(err))
		}
	}
}

func FuzzParseImageID(f *testing.F) {
	f.Add("docker-pullable://debian:12@sha256:" + hexA)
	f.Add(hexA)
	f.Fuzz(func(t *testing.T, s string) {
		id, err := parseImageID(s)
		if err == nil {
			if source.CheckDigest(id.digest) != nil {
				t.Errorf("digest %q", id.digest)
			}
			if again, err := parseImageID(id.String()); err != nil || again != id {
				t.Errorf("%q is read as %q, and that as %q, %v", s, id, again, err)
			}
		}
		if repository, name := parseName(s); name != "" && !strings.HasPrefix(name, repository+":") {
			t.Errorf("repository %q, name %q", repository, name)
		}
	})
}

func FuzzParseDockerConfig(f *testing.F) {
	f.Add([]byte(`{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"*.example.com/a":{"username":"u"}}}`), "docker.io/library/debian")
	f.Add([]byte(`{"r:5000":{"password":"p"}}`), "r:5000/a")
	f.Fuzz(func(t *testing.T, raw []byte, repository string) {
		one, _ := parseDockerConfigJSON(raw)
		other, _ := parseDockerConfig(raw)
		for _, l := range slices.Concat(one, other) {
			if l.host == "" || l.username+l.password == "" {
				t.Errorf("login %+v", l)
			}
			host, _, _ := strings.Cut(repository, "/")
			if l.fits(repository) && host != "docker.io" && strings.Count(host, ".") != strings.Count(l.host, ".") {
				t.Errorf("a login of %q goes to %q", l.host, host)
			}
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(`{"metadata":{"continue":"x"},"items":[{"metadata":{"name":"p","ownerReferences":[{}]},"status":{"containerStatuses":[{"imageID":"sha256:` + hexA + `"}]}},null]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		x := &index{images: map[string]*usage{}}
		_, err := decodeList(bytes.NewReader(raw), func(raw json.RawMessage) error {
			var p pod
			if err := parse(raw, &p); err != nil {
				return err
			}
			for _, c := range p.containers() {
				if of, err := p.container(c); err == nil && len(of.Image) > maxReference+100 {
					t.Errorf("image of %d bytes", len(of.Image))
				}
			}
			p.workload()
			return x.add(&p)
		})
		if err == nil && !json.Valid(raw) && !validPrefix(raw) {
			t.Error("accepted what is no JSON")
		}
	})
}

// validPrefix reports whether raw starts with a JSON value: a stream ends
// where its list ends.
func validPrefix(raw []byte) bool {
	var v any
	return json.NewDecoder(bytes.NewReader(raw)).Decode(&v) == nil
}
