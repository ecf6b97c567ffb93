package packages

import (
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// sample makes files of a text format. Tests of a class of faults go over all.
type sample struct {
	path string
	// A file is head, entries with their number for %[1]d and sep between, and tail.
	head, entry, sep, tail string
	// bad is an entry that is none, which must be told and cost itself only; ""
	// where the format has no entries of its own, or nothing can be told from text.
	bad string
	// deep is the start of a file, and what is repeated to nest it; where the
	// format has no nesting it is "".
	deep, open string
	// one is set for formats of one package a file: entries are other fields.
	one bool
	// pack wraps the text in what the format is packed in.
	pack func(testing.TB, string) string
}

func (s sample) file(t testing.TB, n int) string {
	return s.join(t, s.entries(n))
}

func (s sample) entries(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(s.entry, i+1)
	}
	return out
}

func (s sample) join(t testing.TB, entries []string) string {
	text := s.head + strings.Join(entries, s.sep) + s.tail
	if s.pack != nil {
		return s.pack(t, text)
	}
	return text
}

const tomlPackage = "[[package]]\nname = \"a%[1]d\"\nversion = \"1.0.%[1]d\"\ndependencies = [\n \"b\",\n]\n"

// samples have one or more for each text format of the table.
var samples = []sample{
	{path: "package-lock.json", head: `{"lockfileVersion":3,"packages":{"":{"name":"app"},`, sep: ",", tail: "}}",
		entry: `"node_modules/a%[1]d":{"version":"1.0.%[1]d"}`, bad: `"node_modules/x":{"version":{}}`,
		deep: `{"packages":{"node_modules/a":{"version":"1"},"b":`, open: "["},
	{path: "npm-shrinkwrap.json", head: `{"lockfileVersion":1,"dependencies":{`, sep: ",", tail: "}}",
		entry: `"a%[1]d":{"version":"1.0.%[1]d","dependencies":{"b%[1]d":{"version":"2.0.%[1]d"}}}`,
		bad:   `"x":{"version":"npm:x"}`, deep: `{`, open: `"dependencies":{"a":{"version":"1",`},
	{path: "yarn.lock", head: "# yarn lockfile v1\n",
		entry: "a%[1]d@^1.0.0:\n  version \"1.0.%[1]d\"\n  resolved \"x\"\n\n",
		bad:   "garbage\n\n"},
	{path: "app/yarn.lock", head: "__metadata:\n  version: 8\n\n", bad: "\"x@npm:1\":\n  version: [\n\n",
		entry: "\"a%[1]d@npm:^1.0.0\":\n  version: 1.0.%[1]d\n  resolution: \"a%[1]d@npm:1\"\n\n"},
	{path: "pnpm-lock.yaml", head: "lockfileVersion: '6.0'\npackages:\n",
		entry: "  /a%[1]d@1.0.%[1]d:\n    dev: false\n",
		bad:   "  garbage\n", deep: "a: ", open: "{b: "},
	{path: "app/pnpm-lock.yaml", head: "lockfileVersion: '9.0'\npackages:\n", bad: "  'x': *y\n",
		entry: "  'a%[1]d@1.0.%[1]d':\n    resolution: {integrity: sha512-x}\n", deep: "packages:\n",
		open: "  a:\n  "},
	{path: "bun.lock", head: "{\"packages\":{ // all\n", sep: ",", tail: ",}}",
		entry: `"a%[1]d":["a%[1]d@1.0.%[1]d","",{}]`,
		bad:   `"x":[7]`, deep: `{"packages":{"a":["a@1"],"b":`, open: "["},
	{path: "deno.lock", head: `{"version":"5","npm":{`, sep: ",", tail: "}}",
		entry: `"a%[1]d@1.0.%[1]d":{"integrity":"x"}`,
		deep:  `{"npm":{"a@1":{},"b@1":`, open: "["},
	{path: "a/package.json", head: `{"name":"a","version":"1.0.0","dependencies":{`, sep: ",",
		tail: "}}", entry: `"b%[1]d":"^1"`, one: true,
		deep: `{"name":"a","version":"1","contributors":"x","x":`, open: "["},

	{path: "requirements.txt", entry: "a%[1]d==1.0.%[1]d\n", bad: "==1.0\n"},
	{path: "poetry.lock", entry: tomlPackage, bad: "[[package]]\nname = 7\n", deep: "a = ", open: "["},
	{path: "uv.lock", head: "version = 1\n", entry: tomlPackage, bad: "[[package]\n", deep: "a = ", open: "{b = ["},
	{path: "pdm.lock", entry: tomlPackage, bad: "[[package]]\nname = \"x\"\nversion = [\n",
		deep: "a = ", open: "[{b = "},
	{path: "pylock.toml", entry: "[[packages]]\nname = 'a%[1]d'\nversion = '1.0.%[1]d'\n",
		bad: "[[packages]]\nname = x y\n", deep: "[a", open: ".a"},
	{path: "Pipfile.lock", head: `{"default":{`, sep: ",", tail: "}}",
		entry: `"a%[1]d":{"version":"==1.0.%[1]d"}`, bad: `"x":[]`,
		deep: `{"default":{"a":{"version":"==1"},"b":`, open: "["},
	{path: "opt/conda/conda-meta/a.json", head: `{"name":"a","version":"1","files":[`, sep: ",",
		tail: "]}", entry: `"f%[1]d"`, one: true,
		deep: `{"name":"a","version":"1","x":`, open: "["},

	{path: "a.gemspec", head: "Gem::Specification.new do |s|\n",
		entry: "  require_relative \"x%[1]d\"\n  X%[1]d = 'y'\n",
		tail:  "  s.name = 'a'\n  s.version = '1'\nend\n", one: true},
	{path: "Gemfile.lock", head: "GEM\n  remote: x\n  specs:\n",
		entry: "    a%[1]d (1.0.%[1]d)\n      b (>= 1)\n", bad: "    garbage\n"},
	{path: "Cargo.lock", head: "version = 4\n", entry: tomlPackage,
		bad: "[[package]]\nname = \"x\nversion = \"1\"\n", deep: "a=", open: "["},
	{path: "composer.lock", head: `{"packages":[`, sep: ",", tail: "]}",
		entry: `{"name":"a/a%[1]d","version":"1.0.%[1]d"}`,
		bad:   `{"name":7,"version":"1"}`, deep: `{"packages":[{"name":"a/a","version":"1"},`, open: "["},
	{path: "vendor/composer/installed.json", head: `{"packages":[`, sep: ",",
		tail: `],"dev-package-names":["a/a1"]}`, bad: "[]",
		entry: `{"name":"a/a%[1]d","version":"1.0.%[1]d"}`, deep: `[{"name":"a/a","version":"1"},`, open: `{"x":`},

	{path: "root/buildinfo/content_manifests/a.json", head: `{"content_sets":[`, sep: ",", tail: "]}",
		entry: `"rhel-%[1]d-rpms"`, bad: "7", deep: `{"content_sets":["a1"],"x":`, open: "["},

	{path: "a.deps.json", head: `{"libraries":{`, sep: ",", tail: "}}",
		entry: `"A%[1]d/1.0.%[1]d":{"type":"package"}`,
		deep:  `{"libraries":{"A/1":{}},"a":`, open: "["},
	{path: "packages.lock.json", head: `{"dependencies":{"net8.0":{`, sep: ",", tail: "}}}",
		entry: `"A%[1]d":{"resolved":"1.0.%[1]d"}`,
		bad:   `"x":{"resolved":1}`, deep: `{"dependencies":{"n":{"A":{"resolved":"1"},"B":`, open: "["},
	{path: "paket.lock", head: "NUGET\n  remote: x\n",
		entry: "    A%[1]d (1.0.%[1]d)\n      B (>= 1)\n", bad: "    garbage\n"},
	{path: "obj/project.assets.json", head: `{"libraries":{`, sep: ",", tail: "}}",
		entry: `"A%[1]d/1.0.%[1]d":{"type":"package"}`,
		deep:  `{"libraries":{"A/1":{"type":"package"}},"a":`, open: "["},
	{path: "packages.config", head: "<packages>", entry: `<package id="A%[1]d" version="1.0.%[1]d"/>`,
		tail: "</packages>",
		bad:  `<package id="x"/>`, deep: `<packages><package id="A" version="1"/>`, open: "<a>"},

	{path: "mix.lock", head: "%%{\n",
		entry: "  \"a%[1]d\": {:hex, :a%[1]d, \"1.0.%[1]d\", \"ba\", [:mix], []},\n", tail: "}\n",
		bad: "  \"x\": {garbage},\n"},
	{path: "rebar.lock", head: "{\"1.2.0\",\n[", sep: ",\n", tail: "]}.\n",
		entry: "{<<\"a%[1]d\">>,{pkg,<<\"a%[1]d\">>,\n <<\"1.0.%[1]d\">>},0}"},
	{path: "a/ebin/a.app", head: "{application, a, [{modules, [", sep: ",",
		tail: "]}, {vsn, \"1.0\"}]}.", entry: "m%[1]d", one: true},
	{path: "pubspec.lock", head: "packages:\n",
		entry: "  a%[1]d:\n    dependency: \"direct main\"\n    version: \"1.0.%[1]d\"\n",
		bad:   "  x: 7\n", deep: "packages:\n  a:\n    version: \"1\"\n  b: ", open: "["},
	{path: "Manifest.toml", head: "manifest_format = \"2.0\"\n",
		entry: "[[deps.A%[1]d]]\nversion = \"1.0.%[1]d\"\n",
		bad:   "[[deps.X]]\nversion = 7\n", deep: "a = ", open: "{b = "},
	{path: "renv.lock", head: `{"Packages":{`, sep: ",", tail: "}}", bad: `"x":7`,
		entry: `"a%[1]d":{"Package":"a%[1]d","Version":"1.0.%[1]d","Repository":"CRAN"}`,
		deep:  `{"Packages":{"a":{"Package":"a","Version":"1","Repository":"CRAN"},"b":`, open: "["},
	{path: "R/library/a/DESCRIPTION", head: "Package: a\nVersion: 1\n", entry: "X%[1]d: y\n",
		tail: "Built: R\n", one: true},
	{path: "Package.resolved", head: `{"pins":[`, sep: ",", tail: "]}",
		bad:   `{"location":"https://x.test/x","state":7}`,
		entry: `{"location":"https://x.test/a%[1]d.git","state":{"version":"1.0.%[1]d"}}`,
		deep:  `{"pins":[{"location":"https://x.test/a","state":{"version":"1"}},`, open: "["},
	{path: "stack.yaml.lock", head: "packages:\n",
		entry: "- completed:\n    hackage: a%[1]d-1.0.%[1]d@sha256:x,1\n"},
	{path: "cabal.project.freeze", head: "constraints: ", entry: "any.a%[1]d ==1.0.%[1]d,\n"},
	{path: "package.conf.d/a.conf", head: "name: a\n", entry: "x%[1]d: y\n", tail: "version: 1\n", one: true},
	{path: "conan.lock", head: `{"requires":[`, sep: ",", tail: "]}", entry: `"a%[1]d/1.0.%[1]d#x%%1"`, bad: "7",
		deep: `{"requires":["a/1",`, open: "["},
	{path: "a/.opam-switch/switch-state", head: "installed: [\n", entry: "  \"a%[1]d.1.0.%[1]d\"\n",
		tail: "]\n", bad: "  garbage\n"},
	{path: "VERSION", head: "go1.22.1\n", entry: "x%[1]d\n", one: true},
	{path: "var/lib/chisel/manifest.wall", pack: zstdOf,
		entry: `{"kind":"package","name":"a%[1]d","version":"1.0.%[1]d","arch":"amd64"}` + "\n",
		bad:   "garbage\n", deep: `{"kind":"package","name":"a","version":"1"}` + "\n" + `{"x":`, open: "["},
	{path: "app/gradle.lockfile", head: "# Gradle\n", entry: "g:a%[1]d:1.0.%[1]d=runtimeClasspath,testX\n",
		tail: "empty=\n", bad: "garbage=x\n"},
	{path: "app/Podfile.lock", head: "PODS:\n", entry: "  - a%[1]d (1.0.%[1]d):\n    - b (= 1)\n",
		tail: "\nDEPENDENCIES:\n  - c (7)\n", bad: "  - garbage\n"},
	{path: "x/.meta/a-1/MYMETA.json", head: `{"name":"a","version":"v1","x":[`, sep: ",", tail: "]}", entry: `"f%[1]d"`,
		one: true, deep: `{"name":"a","version":"1","x":`, open: "["},
	{path: "snap/a/1/meta/snap.yaml", head: "name: a\n", entry: "x%[1]d: y\n", tail: "version: '1'\n", one: true},
	{path: "usr/share/php/.registry/a.reg", head: `a:2:{s:4:"name";s:1:"a";s:4:"lead";a:9:{`,
		entry: `s:4:"name";s:1:"%[1]d";`,
		tail:  `}s:7:"version";a:1:{s:7:"release";s:3:"1.0";}}`, one: true},
	{path: "app/META-INF/maven/g/a/pom.properties", head: "groupId=g\nartifactId=a\n", entry: "#%[1]d\n",
		tail: "version=1\n", one: true},
	{path: "var/lib/rpmmanifest/container-manifest-2", bad: "garbage\n",
		entry: "a%[1]d\t1-1\t1\t1\tx\t(none)\t1\tx86_64\t0\tb-1-1.src.rpm\n"},
	{path: "var/db/pkg/c/a-1.0/PF", head: "a-1.0\n", entry: "x%[1]d\n", one: true},
	{path: "opt/java/release", head: "JAVA_VERSION=\"21.0.4\"\n", entry: "X%[1]d=\"y\"\n", one: true},
	{path: "erlang/releases/26/OTP_VERSION", head: "26.2.1\n", entry: "x%[1]d\n", one: true},
	{path: "www/wp-includes/version.php", head: "<?php\n$wp_version = '6.4.1';\n", entry: "// %[1]d\n", one: true},
	{path: "www/wp-content/plugins/a/a.php", head: "<?php\n/*\n * Plugin Name: A\n * Version: 5.3\n",
		entry: " * x%[1]d\n", tail: " */\n", one: true},
	{path: "www/wp-content/themes/a/style.css", head: "/*\nTheme Name: A\nVersion: 5.3\n", entry: "x%[1]d\n",
		tail: "*/\n", one: true},
	{path: "opt/tomcat/RELEASE-NOTES", head: "   Apache Tomcat Version 9.0.83\n", entry: "x%[1]d\n", one: true},
	{path: "opt/bitnami/a/.spdx-a.spdx", head: `{"packages":[`, sep: ",", tail: "]}", bad: `{"externalRefs":[7]}`,
		entry: `{"externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:bitnami/a%[1]d@1.0.%[1]d"}]}`,
		deep: `{"packages":[{"externalRefs":[{"referenceType":"purl",` +
			`"referenceLocator":"pkg:bitnami/a@1"}]},`, open: "["},
}

func zstdOf(t testing.TB, s string) string {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}
