package packages

import (
	"slices"
	"strings"
	"testing"
)

const storeName = "root/.local/share/pnpm/store/v3/files/ab/0123456789abcdef0123456789abcdef0123456789abcdef"

// TestHardLinks: the names of a file are all read, whichever comes first, and each
// as what its own name says.
func TestHardLinks(t *testing.T) {
	wheel := "Metadata-Version: 2.1\nName: a\nVersion: 1\n"
	for _, c := range []struct {
		name, first, link, content string
		want                       []string // as "path name version"
		told                       bool
	}{
		{"a store of digests", storeName, "app/node_modules/a/package.json", `{"name":"a","version":"1"}`,
			[]string{"app/node_modules/a/package.json a 1"}, false},
		{"OSTree", "ostree/repo/objects/ab/0123456789abcdef0123456789abcdef01234567.file", "usr/lib/a-1.dist-info/METADATA",
			wheel,
			[]string{"usr/lib/a-1.dist-info/METADATA a 1"}, false},
		{"a cache with telling names", "root/.cache/uv/archive-v0/x/a-1.dist-info/METADATA",
			"venv/site-packages/a-1.dist-info/METADATA", wheel, []string{
				"root/.cache/uv/archive-v0/x/a-1.dist-info/METADATA a 1", "venv/site-packages/a-1.dist-info/METADATA a 1",
			}, false},
		{"into the store", "app/node_modules/a/package.json", storeName, `{"name":"a","version":"1"}`,
			[]string{"app/node_modules/a/package.json a 1"}, false},
		{"a program", "bin/a", "bin/b", goBinary(t, "go1.22.1", "path\tx\n"),
			[]string{"bin/a stdlib 1.22.1", "bin/b stdlib 1.22.1"}, false},
		{"a name that tells nothing", "tmp/data", "app/package.json", `{"name":"a","version":"1"}`, nil, true},
		{"a digest of what is too large", storeName, "app/package.json", "{" + strings.Repeat(" ", maxKeptFile), nil, true},
	} {
		col := NewCollector()
		f := fileOf(c.first, c.content)
		if format := FormatOf(c.first); isDigest(c.first) {
			col.Keep(f)
		} else if err := col.File(t.Context(), format, f); err != nil {
			t.Fatal(err)
		}
		err := col.HardLink(t.Context(), c.link, c.first)
		var got []string
		for _, p := range col.Packages() {
			got = append(got, p.Path+" "+p.Name+" "+p.Version)
		}
		if !slices.Equal(got, c.want) || (err != nil) != c.told {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

// TestKeptIsBounded: what is kept for hard links has a limit, and what is beyond it
// is told when a link needs it.
func TestKeptIsBounded(t *testing.T) {
	col := NewCollector()
	content := "{" + strings.Repeat(" ", maxKeptFile-3) + "}"
	path := func(i int) string { return storeName + strings.Repeat("0", i) }
	for i := range maxKept/maxKeptFile + 8 {
		col.Keep(fileOf(path(i), content))
	}
	if total := maxKept - col.names.left; total > maxKept {
		t.Errorf("%d bytes kept", total)
	}
	if err := col.HardLink(t.Context(), "a/package.json", path(maxKept/maxKeptFile+7)); err == nil {
		t.Error("a file that was not kept is not told")
	}
}

// TestDirectoryLinks: the directory of a database may be a link, of which those are
// no news that lead to another place where the database is read.
func TestDirectoryLinks(t *testing.T) {
	for _, c := range []struct {
		at, to string
		told   bool
	}{
		{"var/lib/rpm", "../../usr/lib/sysimage/rpm", false}, {"var/lib/rpm", "/usr/share/rpm", false},
		{"lib/apk", "../usr/lib/apk", false}, {"var/lib/dpkg", "/data/dpkg", true}, {"var/lib/rpm", "/data", true},
		{"var/lib/dpkg", "dpkg", false}, {"var/lib/other", "/data", false}, {"var", "/private/var", true},
		{"lib/apk/db/installed", "/data/installed", true},
	} {
		if err := NewCollector().Link([]byte(c.at), []byte(c.to)); (err != nil) != c.told {
			t.Errorf("%s -> %s: %v", c.at, c.to, err)
		}
	}
}
