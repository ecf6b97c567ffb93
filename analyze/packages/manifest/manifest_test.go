package manifest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// show returns what a reader finds as "[type:]name@version[ dev]", and with "!" at
// the end when it has an error.
func show(read Reader, content string) []string {
	pkgs, err := read(context.Background(), []byte(content))
	var out []string
	for _, p := range pkgs {
		s := p.Name + "@" + p.Version
		if p.Type != "" {
			s = p.Type + ":" + s
		}
		if p.Dev {
			s += " dev"
		}
		out = append(out, s)
	}
	if err != nil {
		out = append(out, "!")
	}
	return out
}

// TestReaders has what is particular to formats: beside it there are the golden
// files of package packages.
func TestReaders(t *testing.T) {
	for _, c := range []struct {
		name    string
		read    Reader
		content string
		want    string
	}{
		{"alias of npm 1", NPMLock,
			`{"dependencies":{"x":{"version":"npm:@s/real@1.0.0"},"y":{"version":"npm:y"},"z":{` +
				`"version":"1.0.0"}}}`,
			"@s/real@1.0.0, z@1.0.0, !"},
		{"places for versions", NPMLock, `{"dependencies":{"f":{"version":"file:../f"},"g":{` +
			`"version":"git+ssh://git@x.test/g.git#0123456"},"h":{"version":"o/r#1"}}}`, ""},
		{"development and not", NPMLock,
			`{"dependencies":{"a":{"version":"1","dev":true,"dependencies":{"b":{` +
				`"version":"1"}}},"b":{"version":"1","dev":true},"c":{"version":"1","dev":true,` +
				`"optional":true}}}`,
			"b@1, a@1 dev, c@1"},
		{"links and the project", NPMLock,
			`{"packages":{"":{"name":"app","version":"1"},"lib":{"name":"lib","version":"2"},` +
				`"node_modules/lib":{"resolved":"lib","link":true},"node_modules/a":{"version":"1",` +
				`"devOptional":true}}}`,
			"lib@2, a@1"},
		{"dependencies before packages", NPMLock,
			`{"dependencies":{"a":{"version":"1"}},"packages":{"node_modules/b":{"version":"2"}}}`, "b@2"},
		{"no packages", NPMLock, `{"packages":null,"dependencies":{"a":{"version":"1"}}}`, "a@1"},
		{"no object", NPMLock, `[1]`, "!"},
		{"cut off", NPMLock, `{"packages":{"node_modules/a":{"version":"1"},"node_modules/b":{"ver`, "a@1, !"},
		{"escapes", NPMLock, `{"packages":{"node_modules\/\u0061":{"version":"1.\u0030"}}}`, "a@1.0"},

		{"alias of Yarn 1", YarnLock,
			"\"x@npm:@s/real@^1.0.0\":\n  version \"1.0.0\"\n\n\"y@npm:real2\":\n" +
				"  version \"2.0.0\"\n", "@s/real@1.0.0, real2@2.0.0"},
		{"Yarn 4", YarnLock, "__metadata:\n  version: 8\n\n\"a@npm:next\":\n  version: 1.0.0-rc.1\n" +
			"\n\"b@npm:@s/c@2\":\n  version: 2.0.0\n\n\"app@workspace:.\":\n" +
			"  version: 0.0.0-use.local\n",
			"a@1.0.0-rc.1, @s/c@2.0.0"},
		{"deeper versions", YarnLock, "a@1:\n  dependencies:\n    version \"9\"\n  version \"1.0.0\"\n", "a@1.0.0"},
		{"fields before an entry", YarnLock, "  version \"9\"\na@1:\n  version \"1\"\n", "a@1, !"},

		{"peers with slashes", PNPMLock,
			"lockfileVersion: '6.0'\npackages:\n  /@s/a@1.0.0(@types/node@18.0.0):\n" +
				"    dev: true\n  /b/2.0.0_c@1:\n    dev: false\n", "@s/a@1.0.0 dev, b@2.0.0"},
		{"other registries and files", PNPMLock,
			"lockfileVersion: 5.4\npackages:\n  registry.test/a/1.0.0:\n" +
				"    x: y\n  file:b:\n    name: b\n    version: 2.0.0\n" +
				"  github.test/o/r/0123:\n    name: r\n    version: 3.0.0\n",
			"a@1.0.0, b@2.0.0, r@3.0.0"},
		{"long keys", PNPMLock, "lockfileVersion: '6.0'\npackages:\n  ? /a@1.0.0(b@2)\n" +
			"  : resolution: {integrity: x}\n    dev: true\n  /c@3.0.0: {dev: true}\n",
			"a@1.0.0 dev, c@3.0.0 dev"},
		{"two documents", PNPMLock, "---\nlockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n" +
			"    x: y\n---\nlockfileVersion: '9.0'\npackages:\n\n" +
			"  b@2.0.0:\n    x: y\nsnapshots:\n  c@3.0.0: {}\n", "a@1.0.0, b@2.0.0"},
		{"flow", PNPMLock, "{lockfileVersion: '9.0', packages: {a@1.0.0: {}}}\n", "!"},
		{"fields deeper", PNPMLock, "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    engines:\n" +
			"      version: 7\n    deprecated: >-\n      version: 8\n", "a@1.0.0"},

		{"a member that is no array", BunLock,
			`{"packages":{"a":["a@1.0.0"],"b":{},"c":["c@git+ssh://x#y"],"d":["d@workspace:d"],` +
				`"e":["e@file:e"]}}`, "a@1.0.0, !"},
		{"a null", ComposerLock,
			`{"packages":[{"name":"A/b","version":"v1","dist":null}],"packages-dev":null}`, "a/b@v1"},
		{"another program's file", NuGetDeps, `["wp-element"]`, ""},
		{"no libraries", NuGetDeps, `{"a":1}`, "!"},
		{"the application and its runtime", NuGetDeps,
			`{"libraries":{"App/1":{"type":"project"},"runtimepack.R/8.0.1":{"type":"runtimepack"},"A/1":{"type":"package"}}}`,
			"R@8.0.1, A@1"},
		{"byte order mark", NuGetDeps, "\ufeff{\"libraries\":{\"A/1\":{}}}", "A@1"},
		{"what depends", ProjectAssets,
			`{"targets":{"n":{"A/1":{"type":"package","dependencies":{"B":"2"}},"P/1":{` +
				`"type":"project"}}},"libraries":{"A/1":{"type":"package"}}}`, "B@2, A@1"},
		{"empty", PipfileLock, " \n", ""},
		{"unpinned", PipfileLock,
			`{"default":{"a":{"version":">=1"},"b":{"git":"x"},"c":{"version":"==1"}},"develop":{` +
				`"c":{"version":"==1"},"d":{"version":"==2"}}}`, "c@1, d@2 dev"},
		{"Conan before 0.5", ConanLock,
			`{"graph_lock":{"nodes":{"0":{"path":"conanfile.txt","ref":"app/1"},"1":{` +
				`"pref":"zlib/1.2.11#rev:pkg#prev"},"2":{"ref":"bzip2/1.0@u/c"}}}}`, "zlib@1.2.11, bzip2@1.0"},

		{"sub-tables", CargoLock, "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.metadata]\n" +
			"name = \"no\"\nversion = \"9\"\n[metadata]\nname = \"no\"\n", "a@1"},
		{"no name", CargoLock, "[[package]]\nversion = \"1\"\n[[package]]\nname = \"b\"\nversion = \"2\"\n", "b@2, !"},
		{"named twice", CargoLock, "[[package]]\nname = \"a\"\nname = \"b\"\nversion = \"1\"\n", "a@1, !"},
		{"an array that is not closed", CargoLock,
			"[[package]]\nname = \"a\"\nversion = \"1\"\nd = [\n" +
				" \"x\",\n[[package]]\nname = \"b\"\nversion = \"2\"\n", "a@1, b@2, !"},
		{"text that is not closed", CargoLock, "[[package]]\nname = \"a\"\nversion = \"1\"\nd = '''\n" +
			"[[package]]\nname = \"b\"\nversion = \"2\"\n", "a@1, b@2, !"},
		{"optional", PoetryLock, "[[package]]\nname = \"a\"\nversion = \"1\"\noptional = true\n" +
			"groups = [\"dev\"]\n[package.dependencies]\nversion = \"9\"\n", "a@1"},
		{"default and dev", PDMLock,
			"[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"default\", \"dev\"]\n", "a@1"},
		{"groups of uv", UVLock,
			"[[package]]\nname = \"app\"\nversion = \"1\"\nsource = { virtual = \".\" }\n" +
				"[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]]\n" +
				"name = \"b\"\nversion = \"1\"\n[package.optional-dependencies]\n" +
				"dev = [{ name = \"a\" }, { name = \"b\" }]\nall = [{ name = \"b\" }]\n",
			"a@1 dev, b@1"},
		{"nested keys of Julia", JuliaManifest,
			"[[deps.A]]\nversion = \"1\"\n[deps.A.deps]\nversion = \"9\"\n[[deps.B]]\n", "A@1"},

		{"pins and ranges", Requirements,
			"six==1.16.0,<2\nb>=1,==2.0\nc==3.*\nd~=4\ne[x,y] == 5.0 ; python_version > '3'\n" +
				"f===6+local # g==7\n${h}==8\ni==9 --hash=sha256:x\n" +
				"./j==10\nk @ https://x.test/k==1\n",
			"six@1.16.0, b@2.0, e@5.0, f@6+local, i@9"},
		{"lines that go on", Requirements, "a==\\\n1.0\nb==2.0 \\\n  --hash=x \\\n  --hash=y\nc==3\\",
			"a@1.0, b@2.0, c@3"},
		{"five million lines that go on", Requirements, strings.Repeat("a\\\n", 5_000_000) + "\nb==2.0\n",
			"b@2.0, !"},

		{"a constant", Gemspec,
			"VERSION = '1.2'\nGem::Specification.new do |s|\n  s.name = \"a\".freeze\n" +
				"  s.version = A::VERSION\nend\n", "a@1.2"},
		{"a constant of another file", Gemspec,
			"require_relative 'x'\nGem::Specification.new do |s|\n" +
				"  s.name = 'a'\n  s.version = A::VERSION\nend\n", "!"},
		{"marshalled", Gemspec, "\x04\x08garbage", ""},
		{"Git and platforms", GemfileLock,
			"GIT\n  revision: x\n  specs:\n    g (1.0)!\nGEM\n  specs:\n" +
				"    n (1.15.0-x86_64-linux)\n      d (>= 1)\nDEPENDENCIES\n" +
				"    no (9)\n", "g@1.0, n@1.15.0"},
		{"Git", MixLock, "%{\n  \"a\": {:git, \"https://x.test/a\", \"abc\", []},\n}\n", ""},
		{"other groups", PaketLock, "HTTP\n  remote: x\n    file (1)\nGROUP Build\nNUGET\n" +
			"  remote: y\n    A (1.0) - restriction: x\n", "A@1.0"},
		{"tags of GitHub", PaketLock,
			"GITHUB\n  remote: o/r\n    o/r (1.0)\n    f.fs (2.0)\n    o/r ( )\n", "github:o/r@1.0"},
		{"entities", PackagesConfig,
			`<?xml version="1.0" encoding="utf-8"?><packages><!-- c --><package id="A&amp;B" ` +
				`version="1"/><x><package id="no" version="9"/></x></packages>`, "A&B@1"},
		{"no XML", PackagesConfig, "garbage", "!"},
		{"a long element", PackagesConfig, "<packages><package " + strings.Repeat(`a="" `, 20_000) + "/></packages>",
			"!"},

		{"contributors as text", PackageJSON,
			`{"name":"a","version":"1","contributors":"x","maintainers":[null],"engines":[` +
				`"node"]}`, "a@1"},
		{"an error behind", PackageJSON, `{"name":"a","version":"1","x":[}`, "a@1, !"},
		{"Unity", PackageJSON, `{"name":"a","version":"1","unity":"2020.1"}`, ""},
		{"an extension", PackageJSON,
			`{"name":"a","version":"1","publisher":"p","engines":{"vscode":"1"}}`, "vscode-extension:p.a@1"},
		{"wrong types", PackageJSON, `{"name":7,"version":"1"}`, ""},
		{"Bioconductor", RDescription, "Package: a\nVersion:\n 1\nBuilt: R\nbiocViews: x\n", "bioconductor:a@1"},
	} {
		if d := cmp.Diff(c.want, strings.Join(show(c.read, c.content), ", ")); d != "" {
			_, err := c.read(context.Background(), []byte(c.content))
			t.Errorf("%s: %s%v", c.name, d, err)
		}
	}
}

// TestLimits: a line and a number of packages that no honest file has are told, and
// what is within the limits is kept.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for name, got := range map[string][]string{
		"yarn":     show(YarnLock, "a@1:\n  version \"1\"\n\n"+long+"\n\nb@1:\n  version \"1\"\n"),
		"pnpm":     show(PNPMLock, "lockfileVersion: '9.0'\npackages:\n  a@1:\n    x: y\n  "+long+":\n  b@1:\n    x: y\n"),
		"gems":     show(GemfileLock, "GEM\n    a (1)\n    "+long+"\n    b (1)\n"),
		"requires": show(Requirements, "a==1\n"+long+"\nb==1\n"),
	} {
		if d := cmp.Diff([]string{"a@1", "b@1", "!"}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	var b strings.Builder
	for i := range maxEntries + 3 {
		fmt.Fprintf(&b, "a%d==1\n", i)
	}
	pkgs, err := Requirements(context.Background(), []byte(b.String()))
	if len(pkgs) != maxEntries || !strings.Contains(fmt.Sprint(err), "3 of them were left out") {
		t.Errorf("%d packages, %v", len(pkgs), err)
	}
}
