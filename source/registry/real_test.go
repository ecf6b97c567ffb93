package registry

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/sourcetest"
)

// TestDistribution reads from Distribution's registry, which wants a password.
func TestDistribution(t *testing.T) {
	addr := realtest.Registry(t, "me", "secret")
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	for repository, im := range map[string]imagetest.Image{
		"team/app": testImage("app:1.9", "app:1.10", "app:1.10-rc1", "app:latest"),
		"team/old": testImage("old:1"),
		"lib/base": testImage("base:12", "base:12-slim"),
	} {
		copyTo(t, addr, repository, im)
	}
	base := Config{URL: "http://" + addr, Username: "me", Password: "secret", Rate: 1000}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"all", func(*Config) {}, []string{"lib/base:12", "lib/base:12-slim", "team/app:1.10", "team/app:1.10-rc1",
			"team/app:1.9", "team/app:latest", "team/old:1"}},
		{"patterns", func(c *Config) { c.Include, c.Exclude = []string{"team/**", "**:12"}, []string{"team/old", "**:*-*"} },
			[]string{"lib/base:12", "team/app:1.10", "team/app:1.9", "team/app:latest"}},
		{"only the latest", func(c *Config) { c.Newest = 1 }, []string{"lib/base:12-slim", "team/app:latest", "team/old:1"}},
		{"newest two of one", func(c *Config) {
			c.Newest, c.Repositories, c.Exclude = 2, []string{"team/app"}, []string{"**:latest"}
		}, []string{"team/app:1.10", "team/app:1.10-rc1"}},
	} {
		cfg := base
		c.change(&cfg)
		src, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = src.List(t.Context(), func(r source.Ref) error {
			got = append(got, strings.TrimPrefix(r.Locator, addr+"/"))
			im, err := src.Open(t.Context(), r.Locator)
			if err != nil {
				return err
			}
			digest, err := src.Digest(t.Context(), r.Locator)
			if err == nil && !strings.HasSuffix(im.Describe().RepoDigests[0], "@"+digest) {
				t.Errorf("%s: digest %s of %q", r.Locator, digest, im.Describe().RepoDigests)
			}
			verify(t, im)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		src.Close()
	}
	sourcetest.Run(t, func() (source.Source, error) { return New(base) })
	base.Password = "guess"
	src, err := New(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := src.List(t.Context(), func(source.Ref) error { return nil }); landwaiter.KindOf(err) != landwaiter.Denied {
		t.Errorf("wrong password: %v", err)
	}
}

// copyTo pushes an image as docker would, in several steps, which the pusher
// of test images cannot: it goes through a registry in memory.
func copyTo(t *testing.T, addr, repository string, im imagetest.Image) {
	t.Helper()
	s := server(t, nil)
	push(t, s, repository, im)
	for _, full := range im.Names {
		_, tag, _ := strings.Cut(full, ":")
		from, err := name.NewTag(host(s) + "/" + repository + ":" + tag)
		if err != nil {
			t.Fatal(err)
		}
		img, err := remote.Image(from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := name.NewTag(addr + "/" + repository + ":" + tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(to, img, remote.WithAuth(&authn.Basic{Username: "me", Password: "secret"})); err != nil {
			t.Fatal(err)
		}
	}
}
