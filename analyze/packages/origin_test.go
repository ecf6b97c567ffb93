package packages

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestInstalledOrigins: the application's own package, and what was not taken from
// a registry.
func TestInstalledOrigins(t *testing.T) {
	const metadata = "Metadata-Version: 2.1\nName: app\nVersion: 1.0\n"
	const spec = "Gem::Specification.new do |s|\n  s.name = \"app\"\n  s.version = \"1.0\"\nend\n"
	const npm = `{"name":"app","version":"1.0.0"}`
	for _, c := range []struct {
		path, content, directURL, want string
	}{
		{"app/package.json", npm, "", landwaiter.OriginProject},
		{"app/packages/w/package.json", npm, "", landwaiter.OriginProject},
		{"app/node_modules/app/package.json", npm, "", ""},
		{"usr/local/lib/node_modules/@s/app/package.json", npm, "", ""},
		{"root/.bun/install/cache/app@1.0.0/package.json", npm, "", ""},
		{"app/app.gemspec", spec, "", landwaiter.OriginProject},
		{"usr/lib/ruby/gems/3.1.0/specifications/app-1.0.gemspec", spec, "", ""},
		{"usr/lib/ruby/gems/3.1.0/gems/app-1.0/app.gemspec", spec, "", ""},
		{"v/site-packages/app-1.0.dist-info/METADATA", metadata, "", ""},
		{"v/site-packages/app-1.0.dist-info/METADATA", metadata,
			`{"url":"file:///app","dir_info":{}}`, landwaiter.OriginLocal},
		{"v/site-packages/app-1.0.dist-info/METADATA", metadata,
			`{"url":"https://x.test/a.git","vcs_info":{"vcs":"git"}}`, landwaiter.OriginGit},
		{"v/site-packages/app-1.0.dist-info/METADATA", metadata,
			`{"url":"https://x.test/a.whl","archive_info":{}}`, landwaiter.OriginURL},
		{"v/site-packages/app-1.0.dist-info/METADATA", metadata,
			`{"url":"file:///a.whl","archive_info":{}}`, landwaiter.OriginLocal},
	} {
		col := NewCollector()
		if c.directURL != "" {
			f := fileOf("v/site-packages/app-1.0.dist-info/direct_url.json", c.directURL)
			if err := col.File(t.Context(), FormatOf(f.Path), f); err != nil {
				t.Fatal(err)
			}
		}
		f := fileOf(c.path, c.content)
		if err := col.File(t.Context(), FormatOf(f.Path), f); err != nil {
			t.Fatal(err)
		}
		if pkgs := col.Packages(); len(pkgs) != 1 || pkgs[0].Origin != c.want {
			t.Errorf("%s, %s: %+v, want %q", c.path, c.directURL, pkgs, c.want)
		}
	}
}
