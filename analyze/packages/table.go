package packages

import (
	"github.com/google/osv-scalibr/extractor/filesystem/language/cpp/conanlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dart/pubspec"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/depsjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packagesconfig"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/packageslockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/paketlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/dotnet/projectassetsjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/elixir/mixlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	"github.com/google/osv-scalibr/extractor/filesystem/language/haskell/cabal"
	"github.com/google/osv-scalibr/extractor/filesystem/language/haskell/stacklock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/bunlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagejson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/packagelockjson"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/pnpmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/javascript/yarnlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/julia/manifesttoml"
	"github.com/google/osv-scalibr/extractor/filesystem/language/php/composerlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pdmlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pipfilelock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/poetrylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/pylock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/requirements"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/uvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/wheelegg"
	"github.com/google/osv-scalibr/extractor/filesystem/language/r/renvlock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/ruby/gemfilelock"
	"github.com/google/osv-scalibr/extractor/filesystem/language/ruby/gemspec"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargoauditable"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargolock"
	"github.com/google/osv-scalibr/extractor/filesystem/os/apk"
	"github.com/google/osv-scalibr/extractor/filesystem/os/dpkg"
	"github.com/google/osv-scalibr/extractor/filesystem/os/pacman"
)

// makers is short for a list of extractors.
type makers = []newExtractor

// formats has one entry for each format, and no other place knows of one. The
// first entry whose pattern matches a path wins among those of the same kind;
// see FormatOf.
var formats = []*Format{
	// What distributions install.
	{name: "os-release", system: true, read: readOSRelease, link: linkOSRelease, paths: []string{
		"etc/os-release*", "usr/lib/**/os-release*",
		"etc/alpine-release", "etc/debian_version", "etc/redhat-release", "etc/centos-release",
	}},
	{name: "dpkg-files", system: true, max: maxDatabase, read: readDpkgFiles, paths: []string{
		"var/lib/dpkg/info/*.list", "usr/lib/opkg/info/*.list", "var/lib/dpkg/status.d/**/*.md5sums",
	}},
	{name: "dpkg", system: true, max: maxDatabase, scalibr: makers{dpkg.New}, link: linkDatabase, paths: []string{
		"var/lib/dpkg/status", "usr/lib/opkg/status", "var/lib/dpkg/status.d/**/*",
	}},
	{name: "apk", system: true, max: maxDatabase, scalibr: makers{apk.New}, read: readApk, link: linkDatabase,
		paths: []string{"lib/apk/db/installed", "var/lib/apk/db/installed", "usr/lib/apk/db/installed"}},
	{name: "rpm", system: true, max: maxDatabase, read: readRPM, link: linkDatabase, paths: []string{
		"var/lib/rpm/Packages", "var/lib/rpm/Packages.db", "var/lib/rpm/rpmdb.sqlite",
		"usr/lib/sysimage/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db", "usr/lib/sysimage/rpm/rpmdb.sqlite",
		"usr/share/rpm/Packages", "usr/share/rpm/Packages.db", "usr/share/rpm/rpmdb.sqlite",
	}},
	{name: "rpm-log", system: true, read: own(readRPMLog), paths: []string{
		"var/lib/rpm/rpmdb.sqlite-wal", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "usr/share/rpm/rpmdb.sqlite-wal",
	}},
	{name: "pacman", scalibr: makers{pacman.New}, paths: []string{"var/lib/pacman/local/**/desc"}},
	{name: "chisel", read: own(readChisel), paths: []string{"var/lib/chisel/manifest.wall"}},
	{name: "bitnami", read: own(readBitnami), paths: []string{"opt/bitnami/**/.spdx-*.spdx"}},

	// JavaScript.
	{name: "package.json", scalibr: makers{packagejson.New}, read: readNPM, except: isTestData,
		paths: []string{"package.json"}},
	{name: "package-lock.json", scalibr: makers{packagelockjson.New}, except: isInstalled,
		paths: []string{"package-lock.json", "npm-shrinkwrap.json"}},
	{name: "yarn.lock", scalibr: makers{yarnlock.New}, except: isInstalled, paths: []string{"yarn.lock"}},
	{name: "pnpm-lock", scalibr: makers{pnpmlock.New}, except: isInstalled, paths: []string{"pnpm-lock.yaml"}},
	{name: "bun.lock", scalibr: makers{bunlock.New}, except: isInstalled, paths: []string{"bun.lock"}},
	{name: "deno.lock", read: own(readDenoLock), except: isInstalled, paths: []string{"deno.lock"}},

	// Python.
	{name: "python-metadata", scalibr: makers{wheelegg.New}, paths: []string{
		"**/*.dist-info/METADATA", "**/*.egg-info/METADATA", "**/*EGG-INFO/METADATA",
		"**/*.dist-info/PKG-INFO", "**/*.egg-info/PKG-INFO", "**/*EGG-INFO/PKG-INFO", "*.egg-info",
	}},
	{name: "python-archive", scalibr: makers{wheelegg.New}, read: readPythonArchive, max: maxBinary, accepts: zipMagic,
		paths: []string{"*.egg", "*.whl"}},
	{name: "requirements", scalibr: makers{requirements.New}, except: isInstalled, paths: []string{"*requirements*.txt"}},
	{name: "poetry.lock", scalibr: makers{poetrylock.New}, except: isInstalled, paths: []string{"poetry.lock"}},
	{name: "Pipfile.lock", scalibr: makers{pipfilelock.New}, except: isInstalled, paths: []string{"Pipfile.lock"}},
	{name: "uv.lock", scalibr: makers{uvlock.New}, except: isInstalled, paths: []string{"uv.lock"}},
	{name: "pdm.lock", scalibr: makers{pdmlock.New}, except: isInstalled, paths: []string{"pdm.lock"}},
	{name: "pylock", scalibr: makers{pylock.New}, except: isInstalled, paths: []string{"pylock.toml", "pylock.*.toml"}},
	{name: "conda", read: own(readConda), paths: []string{"**/conda-meta/*.json"}},

	// Java. A shell script that starts the jar may precede it.
	{name: "java-archive", scalibr: makers{newJava}, read: readJava, max: maxBinary, min: 1,
		paths: javaArchives, anyCase: true},

	// Ruby, Rust, PHP.
	{name: "gemspec", scalibr: makers{gemspec.New}, paths: []string{"*.gemspec"}},
	{name: "Gemfile.lock", scalibr: makers{gemfilelock.New}, except: isInstalled,
		paths: []string{"Gemfile.lock", "gems.locked"}},
	{name: "Cargo.lock", scalibr: makers{cargolock.New}, except: isInstalled, paths: []string{"Cargo.lock"}},
	{name: "composer.lock", scalibr: makers{composerlock.New}, except: isInstalled, paths: []string{"composer.lock"}},
	{name: "composer-installed", read: own(readComposerInstalled), paths: []string{"**/*composer/installed.json"}},

	// .NET.
	{name: "deps.json", scalibr: makers{depsjson.New}, paths: []string{"*.deps.json"}},
	{name: "packages.lock.json", scalibr: makers{packageslockjson.New}, except: isInstalled,
		paths: []string{"packages.lock.json"}},
	{name: "paket.lock", scalibr: makers{paketlock.New}, except: isInstalled, paths: []string{"paket.lock"}},
	{name: "project.assets.json", scalibr: makers{projectassetsjson.New}, except: isInstalled,
		paths: []string{"project.assets.json"}},
	{name: "packages.config", scalibr: makers{packagesconfig.New}, except: isInstalled,
		paths: []string{"packages.config"}},

	// Other languages.
	{name: "mix.lock", scalibr: makers{mixlock.New}, except: isInstalled, paths: []string{"mix.lock"}},
	{name: "rebar.lock", read: own(readRebarLock), except: isInstalled, paths: []string{"rebar.lock"}},
	{name: "otp-app", read: own(readOTPApp), paths: []string{"**/ebin/*.app"}},
	{name: "pubspec.lock", scalibr: makers{pubspec.New}, except: isInstalled, paths: []string{"pubspec.lock"}},
	{name: "julia-manifest", scalibr: makers{manifesttoml.New}, except: isInstalled, paths: []string{"Manifest.toml"}},
	{name: "renv.lock", scalibr: makers{renvlock.New}, except: isInstalled, paths: []string{"renv.lock"}},
	{name: "r-description", read: own(readRDescription), paths: []string{"**/*library/**/DESCRIPTION"}},
	{name: "swift-resolved", read: own(readSwiftResolved), except: isInstalled, paths: []string{"Package.resolved"}},
	{name: "stack.yaml.lock", scalibr: makers{stacklock.New}, except: isInstalled, paths: []string{"stack.yaml.lock"}},
	{name: "cabal-freeze", scalibr: makers{cabal.New}, except: isInstalled, paths: []string{"cabal.project.freeze"}},
	{name: "ghc-package", read: own(readGHCPackage), paths: []string{"**/package.conf.d/*.conf"}},
	{name: "conan.lock", scalibr: makers{conanlock.New}, except: isInstalled, paths: []string{"conan.lock"}},
	{name: "opam", read: own(readOpamState), paths: []string{"**/.opam-switch/switch-state"}},
	{name: "go-version", read: own(readGoVersion), paths: []string{"VERSION"}},

	// Every other file may be an executable; its first bytes decide.
	{name: "executable", scalibr: makers{gobinary.New, cargoauditable.New}, read: readExecutable,
		min: minExecutable, max: maxBinary, accepts: executableMagic, paths: []string{"*"}},
}
