package packages

import (
	"github.com/landwaiter/landwaiter/analyze/packages/manifest"
)

// Version is the version of the analyser: it changes whenever the same bytes
// would give other packages.
const Version = "6"

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
	{name: "dpkg", system: true, max: maxDatabase, read: readDpkg, link: linkDatabase, paths: []string{
		"var/lib/dpkg/status", "usr/lib/opkg/status", "var/lib/dpkg/status.d/**/*",
	}},
	{name: "apk", system: true, max: maxDatabase, read: readApk, link: linkDatabase,
		paths: []string{"lib/apk/db/installed", "var/lib/apk/db/installed", "usr/lib/apk/db/installed"}},
	{name: "rpm", system: true, max: maxDatabase, read: readRPM, link: linkDatabase, paths: []string{
		"var/lib/rpm/Packages", "var/lib/rpm/Packages.db", "var/lib/rpm/rpmdb.sqlite",
		"usr/lib/sysimage/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db", "usr/lib/sysimage/rpm/rpmdb.sqlite",
		"usr/share/rpm/Packages", "usr/share/rpm/Packages.db", "usr/share/rpm/rpmdb.sqlite",
	}},
	{name: "rpm-log", system: true, read: own(readRPMLog), paths: []string{
		"var/lib/rpm/rpmdb.sqlite-wal", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "usr/share/rpm/rpmdb.sqlite-wal",
	}},
	{name: "rpm-manifest", system: true, read: readRPMManifest, link: linkDatabase,
		paths: []string{"var/lib/rpmmanifest/container-manifest-2"}},
	{name: "pacman", read: readPacman, paths: []string{"var/lib/pacman/local/**/desc"}},
	{name: "chisel", read: readChisel, paths: []string{"var/lib/chisel/manifest.wall"}},
	{name: "content-sets", system: true, read: readContentSets, paths: []string{
		"root/buildinfo/content_manifests/*.json", "usr/share/buildinfo/content_manifests/*.json",
		"usr/share/buildinfo/content-sets.json", "root/buildinfo/content-sets.json",
	}},
	{name: "ebuild", read: own(readEbuild), paths: []string{"var/db/pkg/**/PF"}},
	{name: "nix", byPath: nixPath, paths: []string{"nix/store/**/*", "gnu/store/**/*"}},
	{name: "kernel", byPath: kernelPath, paths: []string{
		"lib/modules/**/modules.builtin", "usr/lib/modules/**/modules.builtin", "boot/vmlinuz-*",
		"lib/modules/**/vmlinuz", "usr/lib/modules/**/vmlinuz",
	}},
	{name: "bitnami", read: fromText("bitnami", manifest.Bitnami), paths: []string{"opt/bitnami/**/.spdx-*.spdx"}},

	// JavaScript.
	{name: "package.json", read: readPackageJSON, except: isTestData,
		paths: []string{"package.json"}},
	{name: "package-lock.json", read: fromText("npm", manifest.NPMLock), except: isInstalled,
		paths: []string{"package-lock.json", "npm-shrinkwrap.json"}},
	{name: "yarn.lock", read: fromText("npm", manifest.YarnLock), except: isInstalled,
		paths: []string{"yarn.lock"}},
	{name: "pnpm-lock", read: fromText("npm", manifest.PNPMLock), except: isInstalled,
		paths: []string{"pnpm-lock.yaml"}},
	{name: "bun.lock", read: fromText("npm", manifest.BunLock), except: isInstalled, paths: []string{"bun.lock"}},
	{name: "deno.lock", read: fromText("npm", manifest.DenoLock), except: isInstalled,
		paths: []string{"deno.lock"}},

	{name: "yarn-cache", read: readYarnCache, max: maxBinary, accepts: zipMagic,
		paths: []string{"**/.yarn/cache/*.zip", "**/berry/cache/*.zip"}},

	// Python.
	{name: "python-metadata", read: readPythonMetadata, paths: []string{
		"**/*.dist-info/METADATA", "**/*.egg-info/METADATA", "**/*EGG-INFO/METADATA",
		"**/*.dist-info/PKG-INFO", "**/*.egg-info/PKG-INFO", "**/*EGG-INFO/PKG-INFO", "*.egg-info",
	}},
	{name: "python-origin", read: readDirectURL, max: maxDirectURL, paths: []string{"**/*.dist-info/direct_url.json"}},
	{name: "python-archive", read: readWheel, max: maxBinary,
		accepts: zipMagic,
		paths:   []string{"*.egg", "*.whl"}},
	{name: "zipapp", read: readWheel, max: maxBinary, accepts: scriptOrZip, paths: []string{"*.pyz", "*.pyzw", "*.pex"}},
	{name: "requirements", read: fromText("pypi", manifest.Requirements), except: isInstalled,
		paths: []string{"*requirements*.txt"}},
	{name: "poetry.lock", read: fromText("pypi", manifest.PoetryLock), except: isInstalled,
		paths: []string{"poetry.lock"}},
	{name: "Pipfile.lock", read: fromText("pypi", manifest.PipfileLock), except: isInstalled,
		paths: []string{"Pipfile.lock"}},
	{name: "uv.lock", read: fromText("pypi", manifest.UVLock), except: isInstalled, paths: []string{"uv.lock"}},
	{name: "pdm.lock", read: fromText("pypi", manifest.PDMLock), except: isInstalled, paths: []string{"pdm.lock"}},
	{name: "pylock", read: fromText("pypi", manifest.PyLock), except: isInstalled,
		paths: []string{"pylock.toml", "pylock.*.toml"}},
	{name: "conda", read: fromText("conda", manifest.Conda), paths: []string{"**/conda-meta/*.json"}},

	// Java. A shell script that starts the jar may precede it.
	{name: "java-archive", read: readJava, max: maxBinary, min: minArchive,
		paths: javaArchives, anyCase: true},

	{name: "unpacked-jar", read: readUnpackedJar, max: maxPOM,
		paths: []string{"**/*META-INF/maven/**/pom.properties"}},
	{name: "gradle.lockfile", read: fromText("maven", manifest.GradleLock), except: isInstalled,
		paths: []string{"gradle.lockfile", "buildscript-gradle.lockfile", "**/dependency-locks/*.lockfile"}},

	// Ruby, Rust, PHP.
	{name: "gemspec", read: readGemspec, paths: []string{"*.gemspec"}},
	{name: "Gemfile.lock", read: fromText("gem", manifest.GemfileLock), except: isInstalled,
		paths: []string{"Gemfile.lock", "gems.locked"}},
	{name: "Cargo.lock", read: fromText("cargo", manifest.CargoLock), except: isInstalled,
		paths: []string{"Cargo.lock"}},
	{name: "composer.lock", read: fromText("composer", manifest.ComposerLock), except: isInstalled,
		paths: []string{"composer.lock"}},
	{name: "composer-installed", read: fromText("composer", manifest.ComposerInstalled),
		paths: []string{"**/*composer/installed.json"}},

	{name: "pear", read: own(readPEAR), max: maxPEAR, paths: []string{"**/*.registry/**/*.reg"}},

	// .NET.
	{name: "deps.json", read: fromText("nuget", manifest.NuGetDeps), paths: []string{"*.deps.json"}},
	{name: "packages.lock.json", read: fromText("nuget", manifest.NuGetLock), except: isInstalled,
		paths: []string{"packages.lock.json"}},
	{name: "paket.lock", read: fromText("nuget", manifest.PaketLock), except: isInstalled,
		paths: []string{"paket.lock"}},
	{name: "project.assets.json", read: fromText("nuget", manifest.ProjectAssets), except: isInstalled,
		paths: []string{"project.assets.json"}},
	{name: "packages.config", read: fromText("nuget", manifest.PackagesConfig), except: isInstalled,
		paths: []string{"packages.config"}},

	// Other languages.
	{name: "mix.lock", read: fromText("hex", manifest.MixLock), except: isInstalled, paths: []string{"mix.lock"}},
	{name: "rebar.lock", read: fromText("hex", manifest.RebarLock), except: isInstalled,
		paths: []string{"rebar.lock"}},
	{name: "otp-app", read: own(readOTPApp), paths: []string{"**/ebin/*.app"}},
	{name: "pubspec.lock", read: fromText("pub", manifest.PubLock), except: isInstalled,
		paths: []string{"pubspec.lock"}},
	{name: "julia-manifest", read: fromText("julia", manifest.JuliaManifest), except: isInstalled,
		paths: []string{"Manifest.toml"}},
	{name: "renv.lock", read: fromText("cran", manifest.RLock), except: isInstalled, paths: []string{"renv.lock"}},
	{name: "r-description", read: fromText("cran", manifest.RDescription),
		paths: []string{"**/*library/**/DESCRIPTION"}},
	{name: "swift-resolved", read: fromText("swift", manifest.SwiftResolved), except: isInstalled,
		paths: []string{"Package.resolved"}},
	{name: "stack.yaml.lock", read: fromText("hackage", manifest.StackLock), except: isInstalled,
		paths: []string{"stack.yaml.lock"}},
	{name: "cabal-freeze", read: fromText("hackage", manifest.CabalFreeze), except: isInstalled,
		paths: []string{"cabal.project.freeze"}},
	{name: "ghc-package", read: fromText("hackage", manifest.GHCPackage),
		paths: []string{"**/package.conf.d/*.conf"}},
	{name: "conan.lock", read: fromText("conan", manifest.ConanLock), except: isInstalled,
		paths: []string{"conan.lock"}},
	{name: "opam", read: fromText("opam", manifest.OpamState), paths: []string{"**/.opam-switch/switch-state"}},
	{name: "luarocks", byPath: rockPath, paths: []string{"*.rockspec"}},
	{name: "cpan", read: fromText("cpan", manifest.CPANMeta), paths: []string{"**/*.meta/**/MYMETA.json"}},
	{name: "Podfile.lock", read: fromText("cocoapods", manifest.PodLock), except: isInstalled,
		paths: []string{"Podfile.lock"}},
	{name: "brew", byPath: brewPath, paths: []string{"**/*Cellar/**/INSTALL_RECEIPT.json"}},
	{name: "snap", read: fromText("snap", manifest.SnapYAML), paths: []string{"**/meta/snap.yaml"}},
	{name: "go-version", read: own(readGoVersion), paths: []string{"VERSION"}},

	// Runtimes and applications whose files tell their version.
	{name: "java-release", read: readJavaRelease, max: maxBinary, accepts: javaReleaseHead, paths: []string{"release"}},
	{name: "otp-version", read: own(readOTPVersion), max: 4096, paths: []string{"OTP_VERSION"}},
	{name: "wordpress", read: own(readWordPress), paths: []string{"**/wp-includes/version.php"}},
	{name: "wordpress-plugin", read: own(readWordPressPlugin), except: isBelowPlugin, accepts: pluginHead,
		paths: []string{"**/*wp-content/plugins/**/*.php"}},
	{name: "wordpress-theme", read: own(readWordPressTheme), except: isBelowPlugin,
		paths: []string{"**/*wp-content/themes/**/style.css"}},
	{name: "tomcat", read: own(readTomcat), accepts: tomcatHead, paths: []string{"RELEASE-NOTES"}},

	// Every other file may be an executable; its first bytes decide.
	{name: "executable", read: readProgram,
		min: minExecutable, max: maxBinary, accepts: executableMagic, paths: []string{"*"}},
}
