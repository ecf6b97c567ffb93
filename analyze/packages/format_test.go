package packages

import (
	"path"
	"slices"
	"strings"
	"testing"
)

var representative = []string{
	"var/lib/dpkg/status", "usr/lib/opkg/status", "var/lib/dpkg/status.d/base",
	"var/lib/dpkg/status.d/base.md5sums", "var/lib/dpkg/status.d/status", "var/lib/dpkg/status.d/installed",
	"var/lib/dpkg/status.d/a/b", "x/var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed",
	"var/lib/apk/db/installed", "opt/lib/apk/db/installed", "a/package.json", "package.json",
	"a/package-lock.json", "npm-shrinkwrap.json", "node_modules/a/package-lock.json",
	"a/node_modules/b/yarn.lock", "my_node_modules/yarn.lock", "a/pnpm-lock.yaml", "yarn.lock",
	"usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "a.egg-info", "b/a.egg-info/PKG-INFO",
	"b/EGG-INFO/PKG-INFO", "b/x.EGG-INFO/PKG-INFO", "METADATA", "PKG-INFO", "a/b.egg", "a/b.whl", ".egg",
	".whl", "requirements.txt", "a/dev-requirements.txt", "a/requirements-dev.txt", "a/requirements.in",
	"requirements/base.txt", "poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock", "Cargo.lock",
	"composer.lock", "Gemfile.lock", "gems.locked", "a.gemspec", "specifications/a-1.0.gemspec", ".gemspec",
	"a.deps.json", ".deps.json", "a/packages.lock.json", "a.jar", "a.JAR", "a.War", "a.ear", "a.jmod",
	"a.par", "a.sar", "a.jpi", "a.hpi", "a.lpkg", "a.nar", ".jar", "a.jar.bak",
	"var/lib/pacman/local/bash-5.2-1/desc", "usr/share/desc", "var/lib/pacman/local/bash-5.2-1/files",
	"app/bun.lock", "app/node_modules/b/bun.lock", "pylock.toml", "app/pylock.dev.toml", "app/mix.lock",
	"app/pubspec.lock", "app/Manifest.toml", "paket.lock", "obj/project.assets.json", "packages.config",
	"node_modules/a/packages.config", "renv.lock", "app/Package.resolved", "stack.yaml.lock",
	"cabal.project.freeze", "conan.lock", "usr/lib/python3/site-packages/a/requirements.txt",
	"gems/a-1/Gemfile.lock", "usr/share/gems/a-1/Gemfile.lock", "go/pkg/mod/a/Cargo.lock",
	"node_modules/a/test/fixtures/b/package.json", "node_modules/test/package.json", "usr/bin/tool",
	"lib/libc.so.6", "lib/a.so", "a.exe", "a.dll", "run.sh", "x.py", "a.bin", "a.txt", "a.json", "a.",
	"noext",
}

// TestTable: each entry has what it needs, and a name of its own.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range slices.Concat(formats, unreadFormats) {
		if f.name == "" || seen[f.name] {
			t.Errorf("the name %q is missing or taken", f.name)
		}
		seen[f.name] = true
		ways := 0
		for _, has := range []bool{f.read != nil, f.byPath != nil, f.unread != ""} {
			if has {
				ways++
			}
		}
		if len(f.paths) == 0 || ways != 1 {
			t.Errorf("%s: no paths, or not exactly one of read, byPath and unread", f)
		}
	}
	if formatLookup.other == nil {
		t.Error("nothing reads the other files")
	}
}

// TestPatterns: what stars stand for, and what they do not.
func TestPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, yes, no string }{
		{"a.lock", "a.lock b/a.lock b/c/a.lock", "A.lock xa.lock a.lock/b"},
		{"etc/a*", "etc/a etc/ab", "a b/etc/a etc/b/a etcb/a etc/ba"},
		{"a/**/b", "a/b a/x/b a/x/y/b", "b xa/b a/bb x/a/b"},
		{"**/a/*.b", "a/.b x/a/c.b a/a/c.b", "xa/c.b a/x/c.b c.b a/c.bb"},
		{"**/*.a/b", "x.a/b .a/b y/x.a/b", "x.a/y/b a/b"},
		{"**/*a/**/b", "a/b xa/b x/a/y/b xa/y/z/b", "b ab/b a/y/bb"},
		{"*a*b.c", "ab.c xaxb.c y/aab.c", "b.c ba.c ab.cc"},
		{"a.*.c", "a.b.c a..c", "a.c a.b.cc"},
	} {
		p := compile(&Format{}, c.pattern)
		for _, path := range strings.Fields(c.yes + " - " + c.no) {
			slash := strings.LastIndexByte(path, '/') + 1
			want := !strings.Contains(" "+c.no+" - ", " "+path+" ")
			if got := matches(&p, path[:slash], path[slash:]); got != want && path != "-" {
				t.Errorf("%s: %s: %v", c.pattern, path, got)
			}
		}
	}
	for _, bad := range []string{"a*/b", "**/a/**/b", "a/**/b/c", "*a/b"} {
		if !panics(func() { compile(&Format{}, bad) }) {
			t.Errorf("%s is understood", bad)
		}
	}
	for _, bad := range []string{"*a", "**/a/b*"} {
		if !panics(func() { (&lookup{}).add(&Format{}, bad) }) {
			t.Errorf("%s is found by nothing, and that is not told", bad)
		}
	}
}

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

func TestFormatOfOwn(t *testing.T) {
	for p, want := range map[string]string{
		"var/lib/rpm/Packages":                             "rpm",
		"usr/lib/sysimage/rpm/rpmdb.sqlite":                "rpm",
		"usr/share/rpm/Packages.db":                        "rpm",
		"srv/Packages":                                     "executable",
		"usr/lib/sysimage/rpm/rpmdb.sqlite-wal":            "rpm-log",
		"etc/os-release":                                   "os-release",
		"usr/lib/os-release":                               "os-release",
		"usr/lib/os.release.d/os-release-container":        "os-release",
		"var/lib/dpkg/info/a:amd64.list":                   "dpkg-files",
		"var/lib/dpkg/info/a.md5sums":                      "executable",
		"var/lib/dpkg/status.d/a.md5sums":                  "dpkg-files",
		"usr/lib/opkg/info/a.list":                         "dpkg-files",
		"srv/a.list":                                       "executable",
		"var/lib/chisel/manifest.wall":                     "chisel",
		"manifest.wall":                                    "executable",
		"opt/conda/conda-meta/openssl-3.json":              "conda",
		"conda-meta/a.json":                                "conda",
		"opt/conda/a.json":                                 "executable",
		"app/vendor/composer/installed.json":               "composer-installed",
		"app/installed.json":                               "executable",
		"usr/lib/R/site-library/jsonlite/DESCRIPTION":      "r-description",
		"src/jsonlite/DESCRIPTION":                         "executable",
		"usr/lib/python3/site-packages/a/requirements.txt": "executable",
		"usr/lib/ruby/gems/3.1.0/gems/a-1/Gemfile.lock":    "executable",
		"app/gems/Gemfile.lock":                            "Gemfile.lock",
		"gems/my-app/Gemfile.lock":                         "Gemfile.lock",
		"app/node_modules/a/test/b/package.json":           "executable",
		"app/node_modules/test/package.json":               "package.json",
		"app/test/package.json":                            "package.json",
		"app/node_modules/@s/fixtures/package.json":        "package.json",
		"app/node_modules/a/node_modules/b/package.json":   "package.json",
		"app/lib/a-1/ebin/a.app":                           "otp-app",
		"Applications/a.app":                               "executable",
		"app/rebar.lock":                                   "rebar.lock",
		"usr/local/go/VERSION":                             "go-version",
		"opt/bitnami/nginx/.spdx-nginx.spdx":               "bitnami",
		"srv/.spdx-a.spdx":                                 "sbom",
		"usr/lib/ghc/package.conf.d/a.conf":                "ghc-package",
		"etc/a.conf":                                       "executable",
		"root/.opam/4.14/.opam-switch/switch-state":        "opam",
		"srv/switch-state":                                 "executable",
		"app/deno.lock":                                    "deno.lock",
		"site-packages/a/deno.lock":                        "executable",
		"usr/local/go/src/cmd/vendor/github.com/google/pprof/package-lock.json": "executable",
		"srv/my-vendor/package-lock.json":                                       "package-lock.json",
		"etc/alpine-release":                                                    "os-release",
		"etc/redhat-release":                                                    "os-release",
		"usr/share/redhat-release":                                              "executable",
		"opt/os-release":                                                        "executable",
	} {
		if got := FormatOf(p).String(); got != want {
			t.Errorf("%s: format %s, want %s", p, got, want)
		}
	}
}

// TestFormatOfBytes: bytes are of the same format as their string, and unless
// their format has exceptions they cost no allocation.
func TestFormatOfBytes(t *testing.T) {
	for _, p := range representative {
		raw := []byte(p)
		if got, want := FormatOf(raw), FormatOf(p); got != want {
			t.Errorf("%s: format %s, as a string %s", p, got, want)
		}
		if FormatOf(path.Base(p)).except != nil {
			continue
		}
		if n := testing.AllocsPerRun(10, func() { FormatOf(raw) }); n != 0 {
			t.Errorf("%s: %v allocations", p, n)
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		f    string
		head string
		want bool
	}{
		{"executable", "\x7fELF\x02", true}, {"executable", "MZ\x90\x00", true}, {"executable", "\xcf\xfa\xed\xfe", true},
		{"executable", "#!/bin/sh", false}, {"executable", "\x7f", false},
		{"executable", "\xca\xfe\xba\xbe\x00\x00\x00\x41", false}, {"executable", "\xca\xfe\xba\xbe\x00\x00\x00\x02", true},
		{"python-archive", "PK\x03\x04", true}, {"python-archive", "<html>", false},
		{"java-archive", "#!/bin/sh", true}, {"package.json", "x", true},
	} {
		at := slices.IndexFunc(formats, func(f *Format) bool { return f.name == c.f })
		if got := formats[at].Accepts([]byte(c.head)); got != c.want {
			t.Errorf("%s %q: %v", c.f, c.head, got)
		}
	}
}

func BenchmarkFormatOf(b *testing.B) {
	b.ReportAllocs()
	path := []byte("usr/share/doc/" + strings.Repeat("long/", 10) + "changelog.Debian.gz")
	for b.Loop() {
		FormatOf(path)
	}
}
