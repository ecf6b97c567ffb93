package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOrigins: what is not from the public registry says so, as name=origin.
func TestOrigins(t *testing.T) {
	for _, c := range []struct {
		name    string
		read    Reader
		content string
		want    string
	}{
		{"npm 3", NPMLock, `{"packages":{"":{"name":"app","version":"1"},
			"packages/w":{"name":"w","version":"1"},
			"node_modules/w":{"resolved":"packages/w","link":true},
			"node_modules/a":{"version":"1","resolved":"https://registry.npmjs.org/a/-/a-1.tgz"},
			"node_modules/b":{"version":"1","resolved":"https://npm.corp.test/b/-/b-1.tgz"},
			"node_modules/c":{"version":"1","resolved":"git+ssh://git@github.com/o/c.git#0123"},
			"node_modules/d":{"version":"1","resolved":"file:../d.tgz"},
			"node_modules/e":{"version":"1"},
			"packages/w/node_modules/f":{"version":"1","resolved":"https://registry.npmjs.org/f/-/f-1.tgz"}}}`,
			"w=project a= b=private c=git d=local e= f="},
		{"npm 1", NPMLock, `{"dependencies":{"a":{"version":"1","resolved":"https://registry.npmjs.org/a/-/a-1.tgz"},
			"b":{"version":"1","resolved":"https://npm.corp.test/b/-/b-1.tgz"}}}`, "a= b=private"},
		{"one of the registry and one of git", NPMLock, `{"packages":{
			"node_modules/a":{"version":"1","resolved":"git+https://x.test/a.git"},
			"node_modules/b/node_modules/a":{"version":"1",
				"resolved":"https://registry.npmjs.org/a/-/a-1.tgz"}}}`, "a="},
		{"yarn 1", YarnLock, "a@1:\n  version \"1\"\n  resolved \"https://registry.yarnpkg.com/a/-/a-1.tgz#0\"\n\n" +
			"b@1:\n  version \"1\"\n  resolved \"https://npm.corp.test/b/-/b-1.tgz#0\"\n\n" +
			"\"c@git+https://x.test/c.git\":\n  version \"1\"\n  resolved \"git+https://x.test/c.git#0\"\n\n" +
			"d@o/d:\n  version \"1\"\n  resolved \"https://codeload.github.com/o/d/tar.gz/0\"\n\n" +
			"\"e@file:../e\":\n  version \"1\"\n", "a= b=private c=git d=git e=local"},
		{"yarn 4", YarnLock, "__metadata:\n  version: 8\n\n\"a@npm:^1\":\n  version: 1.0.0\n" +
			"  resolution: \"a@npm:1.0.0\"\n\n" +
			"\"w@workspace:packages/w\":\n  version: 1.0.0\n  resolution: \"w@workspace:packages/w\"\n\n" +
			"\"c@https://github.com/o/c.git\":\n  version: 1.0.0\n" +
			"  resolution: \"c@https://github.com/o/c.git#commit=0\"\n\n" +
			"\"d@portal:../d\":\n  version: 1.0.0\n" +
			"  resolution: \"d@portal:../d::locator=x\"\n", "a= w=project c=git d=local"},
		{"pnpm 6", PNPMLock, "lockfileVersion: '6.0'\npackages:\n  /a@1.0.0:\n    x: y\n" +
			"  npm.corp.test/b/1.0.0:\n    x: y\n  file:c:\n    name: c\n    version: 1.0.0\n" +
			"  github.com/o/d/0:\n    name: d\n    version: 1.0.0\n", "a= b=private c=local d=git"},
		{"pnpm 9", PNPMLock, "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    x: y\n" +
			"  c@file:c:\n    version: 1.0.0\n  d@https://codeload.github.com/o/d/tar.gz/0:\n    version: 1.0.0\n",
			"a= c=local d=git"},
		{"bun", BunLock, `{"packages":{"a":["a@1.0.0","",{}],
			"b":["b@1.0.0","https://npm.corp.test/b/-/b.tgz",{}]}}`, "a= b=private"},
		{"cargo", CargoLock, "[[package]]\nname = \"app\"\nversion = \"1\"\n" +
			"[[package]]\nname = \"a\"\nversion = \"1\"\n" +
			"source = \"registry+https://github.com/rust-lang/crates.io-index\"\n" +
			"[[package]]\nname = \"b\"\nversion = \"1\"\nsource = \"sparse+https://index.crates.io/\"\n" +
			"[[package]]\nname = \"c\"\nversion = \"1\"\nsource = \"registry+https://crates.corp.test/index\"\n" +
			"[[package]]\nname = \"d\"\nversion = \"1\"\nsource = \"git+https://x.test/d?branch=x#0\"\n",
			"app=project a= b= c=private d=git"},
		{"poetry", PoetryLock, "[[package]]\nname = \"a\"\nversion = \"1\"\n" +
			"[[package]]\nname = \"b\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\n" +
			"url = \"https://x.test/b.git\"\n" +
			"[[package]]\nname = \"c\"\nversion = \"1\"\n[package.source]\ntype = \"legacy\"\n" +
			"url = \"https://py.corp.test/simple\"\n" +
			"[[package]]\nname = \"d\"\nversion = \"1\"\n[package.source]\ntype = \"directory\"\nurl = \"../d\"\n",
			"a= b=git c=private d=local"},
		{"uv", UVLock, "[[package]]\nname = \"a\"\nversion = \"1\"\n" +
			"source = { registry = \"https://pypi.org/simple\" }\n" +
			"[[package]]\nname = \"b\"\nversion = \"1\"\nsource = { registry = \"https://py.corp.test/simple\" }\n" +
			"[[package]]\nname = \"c\"\nversion = \"1\"\nsource = { git = \"https://x.test/c\" }\n" +
			"[[package]]\nname = \"d\"\nversion = \"1\"\nsource = { editable = \"packages/d\" }\n",
			"a= b=private c=git d=project"},
		{"pdm", PDMLock, "[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]]\nname = \"b\"\n" +
			"version = \"1\"\ngit = \"https://x.test/b\"\n" +
			"[[package]]\nname = \"c\"\nversion = \"1\"\npath = \"./c\"\n", "a= b=git c=local"},
		{"pylock", PyLock, "[[packages]]\nname = \"a\"\nversion = \"1\"\nindex = \"https://pypi.org/simple\"\n" +
			"[[packages]]\nname = \"b\"\nversion = \"1\"\n[packages.vcs]\ntype = \"git\"\n" +
			"[[packages]]\nname = \"c\"\nversion = \"1\"\ndirectory = { path = \"c\" }\n", "a= b=git c=local"},
		{"bundler", GemfileLock, "GIT\n  remote: https://github.com/o/a\n  specs:\n    a (1)\n\nPATH\n" +
			"  remote: .\n  specs:\n    b (1)\n\n" +
			"GEM\n  remote: https://rubygems.org/\n  specs:\n    c (1)\n\nGEM\n" +
			"  remote: https://gems.corp.test/\n  specs:\n    d (1)\n",
			"a=git b=local c= d=private"},
		{"composer", ComposerLock, `{"packages":[{"name":"o/a","version":"1",
			"dist":{"type":"zip","url":"https://api.github.com/repos/o/a/zipball/0"}},
			{"name":"o/b","version":"1","dist":{"type":"path","url":"packages/b"}}]}`, "o/a= o/b=local"},
	} {
		pkgs, err := c.read(t.Context(), []byte(c.content))
		var got []string
		for _, p := range pkgs {
			got = append(got, p.Name+"="+p.Origin)
		}
		if d := cmp.Diff(c.want, strings.Join(got, " ")); d != "" || err != nil {
			t.Errorf("%s: %v %s", c.name, err, d)
		}
	}
}

// FuzzOrigin: places are the bytes of a foreign lock file.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{
		"git+ssh://git@x/y.git#0", "https://u@registry.npmjs.org/a", "file:x", "https://", "o/r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, place string) {
		if strings.HasPrefix(place, "git+") && originOf(place) != "git" {
			t.Fatal(place)
		}
		_ = pnpmOrigin("a"+place, 6)
	})
}
