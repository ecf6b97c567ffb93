package podimage_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/source/kubernetes/podimage"
)

func TestLogins(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("u:p:w"))
	got, err := podimage.ParseDockerConfigJSON(fmt.Appendf(nil, `{"auths": {
		"https://index.docker.io/v1/": {"username": "hub", "password": "1"},
		"*.example.com": {"auth": "%s"},
		"r.example.com:5000/team/a/": {"username": "team", "password": "3", "email": "x"},
		"http://r.example.com/v2/team": {"username": "other", "password": "4"},
		"broken.example.com": {"auth": "%%%%"}, "empty.example.com": {}, "": {"username": "x"}
	}, "credsStore": "evil", "credHelpers": {"r": "evil"}}`, auth))
	want := []podimage.Login{
		{"r.example.com:5000", "team/a", "team", "3"},
		{"r.example.com", "team", "other", "4"},
		{"index.docker.io", "", "hub", "1"},
		{"*.example.com", "", "u", "p:w"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
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
		if got := (podimage.Login{Host: c.host, Path: c.path}).Fits(c.repository); got != c.want {
			t.Errorf("%s/%s fits %s: %v", c.host, c.path, c.repository, got)
		}
	}
}

func FuzzParseDockerConfig(f *testing.F) {
	f.Add([]byte(`{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"*.example.com/a":{"username":"u"}}}`),
		"docker.io/library/debian")
	f.Add([]byte(`{"r:5000":{"password":"p"}}`), "r:5000/a")
	f.Fuzz(func(t *testing.T, raw []byte, repository string) {
		one, _ := podimage.ParseDockerConfigJSON(raw)
		other, _ := podimage.ParseDockerConfig(raw)
		for _, l := range slices.Concat(one, other) {
			if l.Host == "" || l.Username+l.Password == "" {
				t.Errorf("login %+v", l)
			}
			host, _, _ := strings.Cut(repository, "/")
			if l.Fits(repository) && host != "docker.io" && strings.Count(host, ".") != strings.Count(l.Host, ".") {
				t.Errorf("a login of %q goes to %q", l.Host, host)
			}
		}
	})
}
