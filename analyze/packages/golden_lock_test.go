package packages

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// TestGoldenLockFiles holds each format and version of a lock file against
// what it says, development entries included.
func TestGoldenLockFiles(t *testing.T) {
	for _, c := range []struct {
		name, path, content string
		want                []string
	}{
		{"npm 1", "package-lock.json", `{"name":"app","lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0",` +
			`"dependencies":{"b":{"version":"2.0.0"}}},"c":{"version":"3.0.0","dev":true}}}`,
			[]string{"npm|npm|a|1.0.0", "npm|npm|b|2.0.0", "npm|npm|c|3.0.0||||dev"}},
		{"npm 2", "npm-shrinkwrap.json", `{"name":"app","lockfileVersion":2,"packages":{"":{"name":"app",` +
			`"version":"1.0.0"},"node_modules/a":{"version":"1.0.0"},"node_modules/a/node_modules/@s/b":{"version":"2.0.0",` +
			`"dev":true}},"dependencies":{"a":{"version":"1.0.0"}}}`,
			[]string{"npm|npm|@s/b|2.0.0||||dev", "npm|npm|a|1.0.0"}},
		{"npm 3, alias and git", "app/package-lock.json",
			`{"lockfileVersion":3,"packages":{"node_modules/x":{"name":"real","version":"1.0.0"},` +
				`"node_modules/g":{"version":"2.0.0",` +
				`"resolved":"git+ssh://git@github.com/o/g.git#0123456789012345678901234567890123456789"}}}`,
			[]string{"npm|npm|g|2.0.0", "npm|npm|real|1.0.0"}},
		{"yarn berry", "yarn.lock", "__metadata:\n  version: 8\n\n\"@s/a@npm:^1.0.0, @s/a@npm:^1.1.0\":\n" +
			"  version: 1.2.0\n  resolution: \"@s/a@npm:1.2.0\"\n  languageName: node\n",
			[]string{"npm|npm|@s/a|1.2.0"}},
		{"pnpm 5", "pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /@s/a/1.0.0:\n    dev: true\n  " +
			"/b/2.0.0_peer@1.0.0:\n    dev: false\n",
			[]string{"npm|npm|@s/a|1.0.0||||dev", "npm|npm|b|2.0.0"}},
		{"pnpm 6", "pnpm-lock.yaml", "lockfileVersion: '6.0'\npackages:\n  /@s/a@1.0.0:\n    dev: true\n  " +
			"/b@2.0.0(react@18.2.0):\n    dev: false\n",
			[]string{"npm|npm|@s/a|1.0.0||||dev", "npm|npm|b|2.0.0"}},
		{"pnpm 9", "pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0':\n    resolution: {integrity: " +
			"sha512-x}\n  b@2.0.0-rc.1:\n    resolution: {integrity: sha512-y}\n",
			[]string{"npm|npm|@s/a|1.0.0", "npm|npm|b|2.0.0-rc.1"}},
		{"bun", "bun.lock", `{"lockfileVersion":1,"packages":{"a":["a@1.0.0","",{},"sha512-x"],"@s/b":["@s/b@2.0.0","",{},` +
			`"sha512-y"],}}`,
			[]string{"npm|npm|@s/b|2.0.0", "npm|npm|a|1.0.0"}},
		{"poetry groups", "poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"main\", \"dev\"]\n\n" +
			"[[package]]\nname = \"b\"\nversion = \"2.0\"\ngroups = [\"dev\"]\n",
			[]string{"pypi|PyPI|a|1.0", "pypi|PyPI|b|2.0||||dev"}},
		{"pdm groups", "pdm.lock", "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"dev\"]\n",
			[]string{"pypi|PyPI|a|1.0||||dev"}},
		{"pylock", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"Attrs\"\nversion = \"25.1.0\"\n",
			[]string{"pypi|PyPI|attrs|25.1.0"}},
		{"requirements: pins only", "requirements-dev.txt",
			"a==1.0 ; python_version > '3'\nb>=2\nc~=3.0\n-r other.txt\ngit+https://example.test/d@v1#egg=d\n",
			[]string{"pypi|PyPI|a|1.0"}},
		{"composer", "composer.lock", `{"packages":[{"name":"a/a","version":"v1.0.0"}],"packages-dev":[{"name":"b/b",` +
			`"version":"2.0.0"}]}`,
			[]string{"composer|Packagist|a/a|v1.0.0", "composer|Packagist|b/b|2.0.0||||dev"}},
		{"gems, git and path", "gems.locked", "GIT\n  remote: https://example.test/g.git\n  revision: abc\n  specs:\n    g " +
			"(1.0)\n\nGEM\n  specs:\n    rack (2.2.3)\n      base64\n    nokogiri (1.15.0-x86_64-linux)\n\nDEPENDENCIES\n  " +
			"rack\n",
			[]string{"gem|RubyGems|g|1.0", "gem|RubyGems|nokogiri|1.15.0", "gem|RubyGems|rack|2.2.3"}},
		{"NuGet", "packages.lock.json", `{"version":1,"dependencies":{"net8.0":{"A":{"type":"Direct","resolved":"1.0.0"},` +
			`"B":{"type":"Transitive","resolved":"2.0.0"}}}}`,
			[]string{"nuget|NuGet|A|1.0.0", "nuget|NuGet|B|2.0.0"}},
		{"Hex", "mix.lock", "%{\n  \"plug\": {:hex, :plug, \"1.14.0\", \"ba4f558468f6\", [:mix], [], \"hexpm\", \"bf0\"},\n" +
			"}\n", []string{"hex|Hex|plug|1.14.0"}},
		{"Pub", "pubspec.lock", "packages:\n  http:\n    dependency: \"direct main\"\n    version: \"1.1.0\"\n  test:\n    " +
			"dependency: \"direct dev\"\n    version: \"1.24.0\"\n  flutter:\n    dependency: \"direct main\"\n    source: " +
			"sdk\n    version: \"0.0.0\"\n",
			[]string{"pub|Pub|http|1.1.0", "pub|Pub|test|1.24.0||||dev"}},
		{"Julia", "Manifest.toml", "julia_version = \"1.10.0\"\nmanifest_format = \"2.0\"\n[[deps.HTTP]]\nuuid = " +
			"\"cd3eb016-35fb-5094-929b-558a96fad6f3\"\nversion = \"1.10.1\"\n[[deps.Dates]]\nuuid = \"ade2ca70\"\n",
			[]string{"julia|Julia|HTTP|1.10.1"}},
		{"R", "renv.lock", `{"R":{"Version":"4.3.0"},"Packages":{"jsonlite":{"Package":"jsonlite","Version":"1.8.4",` +
			`"Source":"Repository","Repository":"CRAN"}}}`, []string{"cran|CRAN|jsonlite|1.8.4"}},
		{"Swift", "Package.resolved", `{"pins":[{"identity":"swift-nio",` +
			`"location":"https://github.com/apple/swift-nio.git","state":{"revision":"x","version":"2.65.0"}}],"version":2}`,
			[]string{"swift|SwiftURL|github.com/apple/swift-nio|2.65.0"}},
		{"Swift 1", "Package.resolved", `{"object":{"pins":[{"package":"Vapor",` +
			`"repositoryURL":"git@github.com:vapor/vapor.git","state":{"branch":null,"version":"4.1.0"}},{"package":"b",` +
			`"repositoryURL":"https://x.test/b","state":{"branch":"main","version":null}}]},"version":1}`,
			[]string{"swift|SwiftURL|github.com/vapor/vapor|4.1.0"}},
		{"Swift 3, registry", "Package.resolved", `{"pins":[{"identity":"mona.linkedlist","kind":"registry","location":"",` +
			`"state":{"version":"1.0.0"}}],"version":3}`, nil},
		{"Deno 5", "deno.lock", `{"version":"5","jsr":{"@std/a@1.0.0":{}},"npm":{"@s/a@1.0.0_b@2.0.0":{"integrity":"x"},` +
			`"b@2.0.0":{}}}`, []string{"npm|npm|@s/a|1.0.0", "npm|npm|b|2.0.0"}},
		{"Deno 3", "deno.lock", `{"version":"3","packages":{"specifiers":{"npm:b@2":"npm:b@2.0.0"},"npm":{"b@2.0.0":{}}}}`,
			[]string{"npm|npm|b|2.0.0"}},
		{"Deno 2", "deno.lock", `{"version":"2","npm":{"specifiers":{"b@2":"b@2.0.0"},"packages":{"b@2.0.0":{}}}}`,
			[]string{"npm|npm|b|2.0.0"}},
		{"rebar3", "rebar.lock", "{\"1.2.0\",\n[{<<\"cowboy\">>,{pkg,<<\"cowboy\">>,<<\"2.9.0\">>},0},\n " +
			"{<<\"g\">>,{git,\"https://x.test/g\",{ref,\"abc\"}},0}]}.\n[\n{pkg_hash,[\n {<<\"cowboy\">>, <<\"865D\">>}]}\n].\n",
			[]string{"hex|Hex|cowboy|2.9.0"}},
		{"Paket", "paket.lock", "NUGET\n  remote: https://api.nuget.org/v3/index.json\n    Newtonsoft.Json (13.0.1)\n    " +
			"Serilog (2.10) - restriction: >= net45\n      Newtonsoft.Json (>= 9.0)\n",
			[]string{"nuget|NuGet|Newtonsoft.Json|13.0.1", "nuget|NuGet|Serilog|2.10"}},
		{"NuGet, project.assets.json", "obj/project.assets.json",
			`{"version":3,"targets":{"net8.0":{"A/1.0.0":{"type":"package"},"Own/1.0.0":{"type":"project"}}},` +
				`"libraries":{"A/1.0.0":{"type":"package"},"Own/1.0.0":{"type":"project"}}}`, []string{"nuget|NuGet|A|1.0.0"}},
		{"NuGet, packages.config", "web/packages.config",
			`<?xml version="1.0"?><packages><package id="jQuery" version="1.9.1" targetFramework="net45" /></packages>`,
			[]string{"nuget|NuGet|jQuery|1.9.1"}},
		{"Stack", "stack.yaml.lock", "packages:\n- completed:\n    hackage: aeson-2.1.0.0@sha256:abc,1\n  original:\n    " +
			"hackage: aeson-2.1.0.0\n", []string{"hackage|Hackage|aeson|2.1.0.0"}},
		{"Cabal", "cabal.project.freeze", "constraints: any.aeson ==2.1.0.0,\n             any.base ==4.17\n",
			[]string{"hackage|Hackage|aeson|2.1.0.0", "hackage|Hackage|base|4.17"}},
		{"Conan", "conan.lock", `{"version":"0.5","requires":["zlib/1.2.11#rev%1675278126.552"],` +
			`"build_requires":["cmake/3.25#x%1.0"]}`,
			[]string{"conan|ConanCenter|cmake|3.25||||dev", "conan|ConanCenter|zlib|1.2.11"}},
		{"crates", "Cargo.lock", "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n\n[[package]]\nname = " +
			"\"serde\"\nversion = \"1.0.200\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n",
			[]string{"cargo|crates.io|app|0.1.0", "cargo|crates.io|serde|1.0.200"}},
	} {
		t.Run(c.name, func(t *testing.T) { golden(t, c.path, c.content, c.want) })
	}
}

// TestGoldenInstalled is the same for what is installed and read by our own.
func TestGoldenInstalled(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	wall := z.EncodeAll([]byte(`{"jsonwall":"1.0","schema":"1.0","count":3}
{"kind":"content","slice":"libc6_libs","path":"/usr/lib/x86_64-linux-gnu/libc.so.6"}
{"kind":"package","name":"libc6","version":"2.39-0ubuntu8.4","digest":"x","arch":"amd64"}
{"kind":"package","name":"openssl","version":"3.0.13-0ubuntu3.5","digest":"y","arch":"amd64"}
`), nil)
	for _, c := range []struct {
		name, path, content string
		want                []string
	}{
		{"conda", "opt/conda/conda-meta/openssl-3.0.8-h7f8727e_0.json",
			`{"build":"h7f8727e_0","name":"openssl","version":"3.0.8","channel":"x"}`, []string{"conda||openssl|3.0.8"}},
		{"conda environment", "opt/conda/envs/a/conda-meta/requests-2.31.json", `{"name":"requests","version":"2.31"}`,
			[]string{"conda||requests|2.31"}},
		{"conda, nothing", "opt/conda/conda-meta/state.json", `{"env_vars":{}}`, nil},
		{"composer 2", "app/vendor/composer/installed.json",
			`{"packages":[{"name":"Twig/twig","version":"v3.0.0"},{"name":"phpunit/phpunit","version":"9.6.0"}],"dev":true,` +
				`"dev-package-names":["phpunit/phpunit"]}`,
			[]string{"composer|Packagist|phpunit/phpunit|9.6.0||||dev", "composer|Packagist|twig/twig|v3.0.0"}},
		{"composer 1", "vendor/composer/installed.json", `[{"name":"twig/twig","version":"v1.0.0"}]`,
			[]string{"composer|Packagist|twig/twig|v1.0.0"}},
		{"R", "usr/local/lib/R/site-library/jsonlite/DESCRIPTION",
			"Package: jsonlite\nVersion: 1.8.4\nDescription: A parser\n  Version: not this one\nBuilt: R 4.3.0; " +
				"x86_64-pc-linux-gnu\n", []string{"cran|CRAN|jsonlite|1.8.4"}},
		{"R, sources", "src/library/a/DESCRIPTION", "Package: a\nVersion: 1.0\n", nil},
		{"R, part of R", "usr/lib/R/library/stats/DESCRIPTION",
			"Package: stats\nVersion: 4.3.0\nPriority: base\nBuilt: R 4.3.0\n", nil},
		{"R, Bioconductor", "library/Biobase/DESCRIPTION",
			"Package: Biobase\nVersion: 2.60\nbiocViews: Infrastructure\nBuilt: R 4.3.0\n",
			[]string{"bioconductor|Bioconductor|Biobase|2.60"}},
		{"Elixir release", "app/lib/phoenix-1.7.10/ebin/phoenix.app",
			"{application,phoenix,\n  [{config_mtime,1},\n   {description,\"a \\\"framework\\\", vsn\"},\n   " +
				"{env,[{vsn,\"9.9\"},{x,$\"}]},\n   {vsn,\"1.7.10\"}]}.\n", []string{"hex|Hex|phoenix|1.7.10"}},
		{"Erlang, comments and quotes", "deps/x/ebin/x.app",
			"%% {application, no, [{vsn, \"0\"}]}.\n{application, 'x_y', [\n {modules, [a, <<\"b\">>]}, % {vsn, \"1\"}\n" +
				" {vsn, \"2.0-rc.1\"}]}.", []string{"hex|Hex|x_y|2.0-rc.1"}},
		{"part of Erlang", "usr/lib/erlang/lib/ssl-11.1/ebin/ssl.app", "{application, ssl, [{vsn, \"11.1\"}]}.",
			[]string{"otp||ssl|11.1"}},
		{"Erlang, no version", "x/ebin/x.app", "{application, x, [{vsn, git}, {mod, {x, []}}]}.", nil},
		{"Go", "usr/local/go/VERSION", "go1.22.1\ntime 2024-03-01T20:38:22Z\n", []string{"golang|Go|toolchain|1.22.1"}},
		{"Go, candidate", "root/sdk/go1.23rc1/VERSION", "go1.23rc1", []string{"golang|Go|toolchain|1.23rc1"}},
		{"no Go", "app/VERSION", "1.2.3\n", nil},
		{"no Go, like it", "app/VERSION", "go1.2.3-of-others\n", nil},
		{"Bitnami", "opt/bitnami/nginx/.spdx-nginx.spdx",
			`{"spdxVersion":"SPDX-2.3","packages":[{"name":"nginx","versionInfo":"1.25.3",` +
				`"externalRefs":[{"referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a"},{"referenceType":"purl",` +
				`"referenceLocator":"pkg:bitnami/nginx@1.25.3-2?arch=amd64&distro=debian-12"}]},{"name":"x",` +
				`"externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:golang/x@1"}]}]}`,
			[]string{"bitnami|Bitnami|nginx|1.25.3-2"}},
		{"GHC", "root/.cabal/store/ghc-9.4.7/package.db/package.conf.d/aeson-2.1.conf",
			"name:                 aeson\nversion:              2.1.0.0\nvisibility: public\n",
			[]string{"hackage|Hackage|aeson|2.1.0.0"}},
		{"GHC, values below", "usr/lib/ghc/package.conf.d/text-2.0.conf",
			"name:\n    text\nversion:\n    2.0.2\ndescription:\n    name: no\n",
			[]string{"hackage|Hackage|text|2.0.2"}},
		{"opam", "root/.opam/4.14/.opam-switch/switch-state",
			"opam-version: \"2.0\"\ncompiler: [\"ocaml-base-compiler.4.14.1\"]\ninstalled: [\n  \"dune.3.7.2\"\n" +
				"  \"cohttp.5.0.0~beta\"\n]\npinned: \"x.1\"\n",
			[]string{"opam|opam|cohttp|5.0.0~beta", "opam|opam|dune|3.7.2"}},
		{"Visual Studio Code", "root/.vscode-server/extensions/ms-python.python-2024.1/package.json",
			`{"name":"python","publisher":"ms-python","version":"2024.1.0","engines":{"vscode":"^1.82.0"},"contributes":{}}`,
			[]string{"vscode-extension|VSCode|ms-python.python|2024.1.0"}},
		{"Visual Studio Code, sources", "src/package.json",
			`{"name":"python","publisher":"ms-python","version":"2024.1.0","engines":{"vscode":"^1.82.0"}}`,
			nil},
		{"chisel", "var/lib/chisel/manifest.wall",
			string(wall),
			[]string{"deb||libc6|2.39-0ubuntu8.4|amd64", "deb||openssl|3.0.13-0ubuntu3.5|amd64"}},
		{"pacman", "var/lib/pacman/local/bash-5.2.026-2/desc",
			"%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%ARCH%\nx86_64\n",
			[]string{"alpm||bash|5.2.026-2"}},
	} {
		t.Run(c.name, func(t *testing.T) { golden(t, c.path, c.content, c.want) })
	}
}

func golden(t *testing.T, path, content string, want []string) {
	t.Helper()
	col := NewCollector()
	if err := col.File(context.Background(), FormatOf(path), fileOf(path, content)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, lines(col.Packages())); d != "" {
		t.Error(d)
	}
}

// FuzzInstalled: whatever the bytes, our own readers return, and packages have
// plausible names.
func FuzzInstalled(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","version":"1"}`, `{"packages":[{"name":"a/a","version":"1"}],"dev-package-names":["a/a"]}`,
		"Package: a\nVersion: 1\nBuilt: R\n", "\x28\xb5\x2f\xfd\x04\x00",
		"{application, 'a', [{env, [{x, $\"}]}, {vsn, \"1\"}]}. % c", "{pkg,<<\"a\">>,<<\"1\">>}", "go1.22.1\n",
		`{"packages":[{"externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:bitnami/a@1"}]}]}`,
		"name:\n  a\nversion: 1\n", "installed: [\"a.1\"]", `{"npm":{"packages":{"@s/a@1_b@2":{}}}}`,
		`{"object":{"pins":[{"repositoryURL":"git@x:a.git","state":{"version":"1"}}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, format := range formats {
			if format.read == nil {
				continue
			}
			pkgs, _ := NewCollector().read(t.Context(), format, fileOf("a/b", string(b)))
			for _, p := range pkgs {
				if !plausible(p.Name) || !plausible(p.Version) || p.Path != "a/b" {
					t.Errorf("format %s: %+v", format, p)
				}
			}
		}
	})
}
