package packages

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/osv-scalibr/extractor/filesystem/simplefileapi"
)

var representative = []string{
	"var/lib/dpkg/status", "usr/lib/opkg/status", "var/lib/dpkg/status.d/base", "var/lib/dpkg/status.d/base.md5sums",
	"var/lib/dpkg/status.d/status", "var/lib/dpkg/status.d/installed", "var/lib/dpkg/status.d/a/b", "x/var/lib/dpkg/status",
	"lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/apk/db/installed", "opt/lib/apk/db/installed",
	"a/package.json", "package.json", "a/package-lock.json", "npm-shrinkwrap.json", "node_modules/a/package-lock.json",
	"a/node_modules/b/yarn.lock", "my_node_modules/yarn.lock", "a/pnpm-lock.yaml", "yarn.lock",
	"usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "a.egg-info", "b/a.egg-info/PKG-INFO", "b/EGG-INFO/PKG-INFO",
	"b/x.EGG-INFO/PKG-INFO", "METADATA", "PKG-INFO", "a/b.egg", "a/b.whl", ".egg", ".whl",
	"requirements.txt", "a/dev-requirements.txt", "a/requirements-dev.txt", "a/requirements.in", "requirements/base.txt",
	"poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock", "Cargo.lock", "composer.lock", "Gemfile.lock", "gems.locked",
	"a.gemspec", "specifications/a-1.0.gemspec", ".gemspec", "a.deps.json", ".deps.json", "a/packages.lock.json",
	"a.jar", "a.JAR", "a.War", "a.ear", "a.jmod", "a.par", "a.sar", "a.jpi", "a.hpi", "a.lpkg", "a.nar", ".jar", "a.jar.bak",
	"var/lib/pacman/local/bash-5.2-1/desc", "usr/share/desc", "var/lib/pacman/local/bash-5.2-1/files",
	"app/bun.lock", "app/node_modules/b/bun.lock", "pylock.toml", "app/pylock.dev.toml", "app/mix.lock", "app/pubspec.lock", "app/Manifest.toml",
	"paket.lock", "obj/project.assets.json", "packages.config", "node_modules/a/packages.config",
	"renv.lock", "app/Package.resolved", "stack.yaml.lock", "cabal.project.freeze", "conan.lock",
	"usr/lib/python3/site-packages/a/requirements.txt", "gems/a-1/Gemfile.lock", "usr/share/gems/a-1/Gemfile.lock", "go/pkg/mod/a/Cargo.lock",
	"node_modules/a/test/fixtures/b/package.json", "node_modules/test/package.json",
	"usr/bin/tool", "lib/libc.so.6", "lib/a.so", "a.exe", "a.dll", "run.sh", "x.py", "a.bin", "a.txt", "a.json", "a.", "noext",
}

// TestFormatOfLosesNothing holds the prefilter against the extractors: every
// path that one of them requires has its format.
func TestFormatOfLosesNothing(t *testing.T) {
	set := newSet(t)
	for _, p := range representative {
		for _, mode := range []fs.FileMode{0o644, 0o755} {
			info := fileInfo{&File{Path: p, Mode: mode, Size: 100}}
			got := FormatOf(p)
			for format, extractors := range set.extractors {
				for _, e := range extractors {
					required := e.FileRequired(simplefileapi.New(p, info))
					if required && format != Executable && authored(format, p) {
						continue
					}
					// Executables come last: another format wins.
					if required && format != Executable && got != format && !bothPython(got, format) {
						t.Errorf("%s: %s requires it as %d, FormatOf says %d", p, e.Name(), format, got)
					}
					if required && got == None {
						t.Errorf("%s: %s requires it", p, e.Name())
					}
					if !required && got == format && format != Executable { // no needless reading either
						t.Errorf("%s: FormatOf says %d, but %s does not require it", p, got, e.Name())
					}
				}
			}
		}
	}
}

// authored: lock files and examples within installed packages are left out.
func authored(format Format, p string) bool {
	dir, _ := path.Split(p)
	return format.isLock() && isInstalled(dir) || format == NPMPackage && isTestData(dir)
}

// bothPython: one extractor serves both formats.
func bothPython(a, b Format) bool {
	return (a == PythonArchive || a == PythonMetadata) && (b == PythonArchive || b == PythonMetadata)
}

func TestFormatOfOwn(t *testing.T) {
	for p, want := range map[string]Format{
		"var/lib/rpm/Packages": RPM, "usr/lib/sysimage/rpm/rpmdb.sqlite": RPM, "usr/share/rpm/Packages.db": RPM,
		"srv/Packages": Executable, "usr/lib/sysimage/rpm/rpmdb.sqlite-wal": RPMLog,
		"etc/os-release": OSRelease, "usr/lib/os-release": OSRelease, "usr/lib/os.release.d/os-release-container": OSRelease,
		"var/lib/dpkg/info/a:amd64.list": DpkgFiles, "var/lib/dpkg/info/a.md5sums": Executable, "var/lib/dpkg/status.d/a.md5sums": DpkgFiles,
		"usr/lib/opkg/info/a.list": DpkgFiles, "srv/a.list": Executable, "var/lib/chisel/manifest.wall": Chisel, "manifest.wall": Executable,
		"opt/conda/conda-meta/openssl-3.json": Conda, "conda-meta/a.json": Conda, "opt/conda/a.json": Executable,
		"app/vendor/composer/installed.json": ComposerInstalled, "app/installed.json": Executable,
		"usr/lib/R/site-library/jsonlite/DESCRIPTION": RDescription, "src/jsonlite/DESCRIPTION": Executable,
		"usr/lib/python3/site-packages/a/requirements.txt": Executable, "usr/lib/ruby/gems/3.1.0/gems/a-1/Gemfile.lock": Executable, "app/gems/Gemfile.lock": GemfileLock, "gems/my-app/Gemfile.lock": GemfileLock,
		"app/node_modules/a/test/b/package.json": Executable, "app/node_modules/test/package.json": NPMPackage, "app/test/package.json": NPMPackage,
		"app/node_modules/@s/fixtures/package.json": NPMPackage, "app/node_modules/a/node_modules/b/package.json": NPMPackage,
		"app/lib/a-1/ebin/a.app": OTPApp, "Applications/a.app": Executable, "app/rebar.lock": RebarLock, "usr/local/go/VERSION": GoVersion,
		"opt/bitnami/nginx/.spdx-nginx.spdx": Bitnami, "srv/.spdx-a.spdx": Executable, "usr/lib/ghc/package.conf.d/a.conf": GHCPackage, "etc/a.conf": Executable,
		"root/.opam/4.14/.opam-switch/switch-state": OpamState, "srv/switch-state": Executable, "app/deno.lock": DenoLock, "site-packages/a/deno.lock": Executable,
		"usr/local/go/src/cmd/vendor/github.com/google/pprof/package-lock.json": Executable, "srv/my-vendor/package-lock.json": NPMLock,
		"etc/alpine-release": OSRelease, "etc/redhat-release": OSRelease, "usr/share/redhat-release": Executable, "opt/os-release": Executable,
	} {
		if got := FormatOf(p); got != want {
			t.Errorf("%s: format %d, want %d", p, got, want)
		}
	}
}

// TestFormatOfBytes: bytes are of the same format as their string, and without
// a base name that some format has they cost no allocation.
func TestFormatOfBytes(t *testing.T) {
	for _, p := range representative {
		raw := []byte(p)
		if got, want := FormatOf(raw), FormatOf(p); got != want {
			t.Errorf("%s: format %d, as a string %d", p, got, want)
		}
		if _, named := byName[path.Base(p)]; named || strings.Contains(p, "requirements") {
			continue
		}
		if n := testing.AllocsPerRun(10, func() { FormatOf(raw) }); n != 0 {
			t.Errorf("%s: %v allocations", p, n)
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		f    Format
		head string
		want bool
	}{
		{Executable, "\x7fELF\x02", true}, {Executable, "MZ\x90\x00", true}, {Executable, "\xcf\xfa\xed\xfe", true},
		{Executable, "#!/bin/sh", false}, {Executable, "\xca\xfe\xba\xbe", false}, {Executable, "\x7f", false},
		{PythonArchive, "PK\x03\x04", true}, {PythonArchive, "<html>", false},
		{JavaArchive, "#!/bin/sh", true}, {NPMPackage, "x", true},
	} {
		if got := c.f.Accepts([]byte(c.head)); got != c.want {
			t.Errorf("%d %q: %v", c.f, c.head, got)
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
