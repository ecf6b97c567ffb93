package registry

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
)

func TestPatterns(t *testing.T) {
	tags := []string{"team/app:1.0", "team/app:latest", "team/sub/app:v1.2", "app:1.0", "team:1.0"}
	for pattern, want := range map[string][]string{
		"team/app":         {"team/app:1.0", "team/app:latest"},
		"team/*":           {"team/app:1.0", "team/app:latest"},
		"team/**":          {"team/app:1.0", "team/app:latest", "team/sub/app:v1.2", "team:1.0"},
		"**":               tags,
		"**:*":             tags,
		"*":                {"app:1.0", "team:1.0"},
		"**/app:1.*":       {"team/app:1.0", "app:1.0"},
		"**/app:**":        {"team/app:1.0", "team/app:latest", "team/sub/app:v1.2", "app:1.0"},
		"**:latest":        {"team/app:latest"},
		"team/**/app:v[1]": nil,
		"t?am/**/a*:v*":    {"team/sub/app:v1.2"},
		"**/sub/**":        {"team/sub/app:v1.2"},
		"TEAM/**":          nil,
	} {
		included, excluded := chosen(t, Config{Include: []string{pattern}}, tags), chosen(t,
			Config{Exclude: []string{pattern}}, tags)
		if d := cmp.Diff(want, included); d != "" {
			t.Errorf("include %s (-want +got):\n%s", pattern, d)
		}
		rest := slices.DeleteFunc(slices.Clone(tags), func(s string) bool { return slices.Contains(want, s) })
		if len(rest) == 0 {
			rest = nil
		}
		if d := cmp.Diff(rest, excluded); d != "" {
			t.Errorf("exclude %s (-want +got):\n%s", pattern, d)
		}
	}
	both := Config{Include: []string{"team/**:*", "app"}, Exclude: []string{"**:latest", "**/sub/**"}}
	if d := cmp.Diff([]string{"team/app:1.0", "app:1.0", "team:1.0"}, chosen(t, both, tags)); d != "" {
		t.Errorf("both (-want +got):\n%s", d)
	}
}

// chosen returns the selected ones of "repository:tag".
func chosen(t *testing.T, c Config, tags []string) []string {
	t.Helper()
	s, err := c.selection()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, full := range tags {
		repository, tag, _ := strings.Cut(full, ":")
		got := s.choose(repository, []string{tag})
		if len(got) > 0 && !s.wants(repository) {
			t.Errorf("%s is chosen of a repository that is not wanted", full)
		}
		if len(got) > 0 {
			out = append(out, full)
		}
	}
	return out
}

func TestConfigErrors(t *testing.T) {
	for text, c := range map[string]Config{
		`pattern "":`:        {Include: []string{""}},
		`pattern ":latest"`:  {Include: []string{":latest"}},
		`pattern "app:"`:     {Include: []string{"app:"}},
		`pattern "a[b"`:      {Exclude: []string{"a[b"}},
		`pattern "a\\"`:      {Exclude: []string{`a\`}},
		`pattern "a//b"`:     {Exclude: []string{"a//b"}},
		`pattern "team/a**"`: {Exclude: []string{"team/a**"}},
		"include: pattern":   {Include: []string{"ok", "["}},
		"exclude: pattern":   {Exclude: []string{"ok", "["}},
		"rate -1":            {Rate: -1},
		"rate 1e+06":         {Rate: 1e6},
		"parallel -1":        {Parallel: -1},
		"parallel 65":        {Parallel: 65},
		"newest -3":          {Newest: -3},
	} {
		c.URL = registryHost
		if _, err := New(c); landwaiter.KindOf(err) != landwaiter.Invalid || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: error %v, want %s", c, err, text)
		}
	}
}

func TestNewest(t *testing.T) {
	newestFirst := []string{
		"latest",
		"20261124", "2024-11-02", "2024-11-01",
		"v10.0", "9.2", "2.0.1", "2.0-bookworm", "2.0-alpine3.20", "2.0-alpine3.9", "2.0", "2.0-rc2", "v2.0-rc1", "2.0-beta",
		"2.0-alpha.10", "2.0-alpha.9",
		"1.10", "1.9", "01.8", "1", "0.9",
		"stable", "main", "git-0f3c", "edge",
	}
	tags := slices.Clone(newestFirst)
	for range 20 {
		rand.Shuffle(len(tags), func(i, j int) { tags[i], tags[j] = tags[j], tags[i] })
		if d := cmp.Diff(newestFirst, selection{newest: 100}.choose("app", tags)); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	}
	for n, want := range map[int][]string{1: {"latest"}, 2: {"latest", "20261124"}} {
		if d := cmp.Diff(want, selection{newest: n}.choose("app", append(tags, tags...))); d != "" {
			t.Errorf("newest %d (-want +got):\n%s", n, d)
		}
	}
	s, err := Config{Newest: 1, Include: []string{"app:2.*"}, Exclude: []string{"**:*-*"}}.selection()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"2.0.1"}, s.choose("app", tags)); d != "" {
		t.Errorf("newest of the selected (-want +got):\n%s", d)
	}
}

func TestNewestIsTotalOrder(t *testing.T) {
	tag := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"v", "1", "01", "10", "2", "rc", "alpine", "a", ".", "-", "_",
			"latest"}), 1, 6).
			Draw(t, "parts")
		return strings.Join(parts, "")
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := tag.Draw(t, "a"), tag.Draw(t, "b"), tag.Draw(t, "c")
		ab, bc, ac := newestFirst(a, b), newestFirst(b, c), newestFirst(a, c)
		if newestFirst(b, a) != -ab || (ab == 0) != (a == b) {
			t.Errorf("%q and %q: %d and %d", a, b, ab, newestFirst(b, a))
		}
		if ab <= 0 && bc <= 0 && ac > 0 {
			t.Errorf("%q, %q, %q go round", a, b, c)
		}
	})
}

// TestAnyDepth compares with the obvious way, which takes exponential time.
func TestAnyDepth(t *testing.T) {
	var naive func(pattern, elements []string) bool
	naive = func(pattern, elements []string) bool {
		switch {
		case len(pattern) == 0:
			return len(elements) == 0
		case pattern[0] == anyDepth:
			return naive(pattern[1:], elements) || (len(elements) > 0 && naive(pattern, elements[1:]))
		}
		if len(elements) == 0 {
			return false
		}
		ok, _ := path.Match(pattern[0], elements[0])
		return ok && naive(pattern[1:], elements[1:])
	}
	elements := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab"}), 1, 6)
	patterns := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*", "a*", "**"}), 1, 6)
	rapid.Check(t, func(t *rapid.T) {
		p, e := patterns.Draw(t, "pattern"), elements.Draw(t, "repository")
		if got, want := (pattern{elements: p}).matchesRepository(strings.Join(e, "/")), naive(p, e); got != want {
			t.Errorf("%q and %q: %t, want %t", p, e, got, want)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("team/**/a[a-c]*:v?", "team/x/app", "v1")
	f.Add("**/**:*", "", "")
	f.Fuzz(func(t *testing.T, text, repository, tag string) {
		p, err := parsePattern(text)
		if err != nil {
			if landwaiter.KindOf(err) != landwaiter.Invalid {
				t.Fatal(err)
			}
			return
		}
		s := selection{include: []pattern{p}, newest: 1}
		if len(s.choose(repository, []string{tag})) > 0 && !s.wants(repository) {
			t.Errorf("%q chooses %q:%q but does not want it", text, repository, tag)
		}
	})
}
