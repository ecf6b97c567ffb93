package packages

import "strings"

// text is a path as it comes: the bytes of a tar header, or a string. None of
// the functions below makes a string of the bytes.
type text interface{ string | []byte }

func hasPrefix[T text](s T, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

func hasSuffix[T text](s T, suffix string) bool {
	return len(s) >= len(suffix) && string(s[len(s)-len(suffix):]) == suffix
}

func contains[T text](s T, part string) bool {
	for ; len(s) >= len(part); s = s[1:] {
		if hasPrefix(s, part) {
			return true
		}
	}
	return false
}

// lastByte returns the index of the last c in s, or -1.
func lastByte[T text](s T, c byte) int {
	i := len(s) - 1
	for i >= 0 && s[i] != c {
		i--
	}
	return i
}

// FormatOf returns the format of the regular file at path, which must be clean
// and without a leading slash. It accepts every path that the FileRequired
// methods of the extractors accept, except lock files and examples within
// installed packages: they describe their author's machine, not this image.
//
// It is asked for each file of a layer, by the bytes of its header: a string is
// made of them only for a base name that some format has.
func FormatOf[P text](path P) Format {
	slash := lastByte(path, '/')
	dir, base := path[:slash+1], path[slash+1:]
	if f, ok := byName[string(base)]; ok && f.acceptsDir(string(dir)) {
		return f
	}
	if hasPrefix(dir, statusDir) {
		if hasSuffix(base, sumsSuffix) {
			return DpkgFiles
		}
		return Dpkg
	}
	if hasSuffix(base, listSuffix) && (string(dir) == "var/lib/dpkg/info/" || string(dir) == "usr/lib/opkg/info/") {
		return DpkgFiles
	}
	if hasPrefix(base, "os-release") && (string(dir) == "etc/" || hasPrefix(dir, "usr/lib/")) {
		return OSRelease
	}
	return byExtension(dir, base)
}

// byName maps base names to formats; acceptsDir narrows some of them.
var byName = map[string]Format{
	"alpine-release": OSRelease, "debian_version": OSRelease, "redhat-release": OSRelease, "centos-release": OSRelease,
	"status": Dpkg, "installed": Apk, "desc": Pacman, "manifest.wall": Chisel,
	"Packages": RPM, "Packages.db": RPM, "rpmdb.sqlite": RPM, "rpmdb.sqlite-wal": RPMLog,
	"package.json": NPMPackage, "package-lock.json": NPMLock, "npm-shrinkwrap.json": NPMLock,
	"yarn.lock": YarnLock, "pnpm-lock.yaml": PNPMLock, "bun.lock": BunLock,
	"METADATA": PythonMetadata, "PKG-INFO": PythonMetadata,
	"poetry.lock": PoetryLock, "Pipfile.lock": PipfileLock, "uv.lock": UVLock, "pdm.lock": PDMLock, "pylock.toml": PyLock,
	"Gemfile.lock": GemfileLock, "gems.locked": GemfileLock,
	"Cargo.lock": CargoLock, "composer.lock": ComposerLock, "installed.json": ComposerInstalled, "packages.lock.json": NuGetLock,
	"mix.lock": MixLock, "pubspec.lock": PubLock, "Manifest.toml": JuliaManifest, "renv.lock": RLock, "DESCRIPTION": RDescription,
	"Package.resolved": SwiftResolved, "stack.yaml.lock": StackLock, "cabal.project.freeze": CabalFreeze, "conan.lock": ConanLock,
	"rebar.lock": RebarLock, "VERSION": GoVersion, "switch-state": OpamState, "deno.lock": DenoLock, "paket.lock": PaketLock,
	"project.assets.json": ProjectAssets, "packages.config": PackagesConfig,
}

// isLock reports whether a file says what is wanted, not what is there.
func (f Format) isLock() bool {
	switch f {
	case NPMLock, YarnLock, PNPMLock, BunLock, Requirements, PoetryLock, PipfileLock, UVLock, PDMLock, PyLock, GemfileLock, CargoLock, ComposerLock,
		NuGetLock, MixLock, PubLock, JuliaManifest, RLock, SwiftResolved, StackLock, CabalFreeze, ConanLock,
		RebarLock, DenoLock, PaketLock, ProjectAssets, PackagesConfig:
		return true
	}
	return false
}

func (f Format) acceptsDir(dir string) bool {
	switch f {
	case OSRelease:
		return dir == "etc/"
	case Dpkg:
		return dir == "var/lib/dpkg/" || dir == "usr/lib/opkg/"
	case Apk:
		return dir == "lib/apk/db/" || dir == "var/lib/apk/db/" || dir == "usr/lib/apk/db/"
	case RPM, RPMLog:
		return dir == "var/lib/rpm/" || dir == "usr/lib/sysimage/rpm/" || dir == "usr/share/rpm/"
	case Pacman:
		return strings.HasPrefix(dir, "var/lib/pacman/local/")
	case Chisel:
		return dir == "var/lib/chisel/"
	case PythonMetadata:
		return strings.HasSuffix(dir, ".dist-info/") || strings.HasSuffix(dir, ".egg-info/") || strings.HasSuffix(dir, "EGG-INFO/")
	case NPMPackage:
		return !isTestData(dir)
	case ComposerInstalled:
		return strings.HasSuffix(dir, "composer/")
	case RDescription:
		return strings.Contains(dir, "library/")
	case OpamState:
		return strings.HasSuffix(dir, "/.opam-switch/")
	}
	return !f.isLock() || !isInstalled(dir)
}

func byExtension[P text](dir, base P) Format {
	dot := lastByte(base, '.')
	if dot < 0 {
		return Executable
	}
	switch ext := base[dot:]; string(ext) {
	case ".gemspec":
		return Gemspec
	case ".egg-info":
		return PythonMetadata
	case ".egg", ".whl":
		return PythonArchive
	case ".txt":
		if contains(base, "requirements") && !isInstalled(string(dir)) {
			return Requirements
		}
	case ".json":
		if hasSuffix(base, ".deps.json") {
			return NuGetDeps
		}
		if hasSuffix(dir, "conda-meta/") {
			return Conda
		}
	case ".toml":
		if hasPrefix(base, "pylock.") && !isInstalled(string(dir)) {
			return PyLock
		}
	case ".app", ".conf", ".spdx":
		return byPlace(dir, base)
	default:
		if len(ext) <= maxJavaExtension && isJavaExtension(string(ext)) {
			return JavaArchive
		}
	}
	return Executable
}

// byPlace tells what has one of three common extensions by its directory.
func byPlace[P text](dir, base P) Format {
	switch {
	case hasSuffix(dir, "/ebin/") && hasSuffix(base, ".app"):
		return OTPApp
	case hasSuffix(dir, "package.conf.d/") && hasSuffix(base, ".conf"):
		return GHCPackage
	case hasPrefix(dir, "opt/bitnami/") && hasPrefix(base, ".spdx-"):
		return Bitnami
	}
	return Executable
}

// maxJavaExtension is the length of the longest, ".lpkg".
const maxJavaExtension = 5

// isJavaExtension compares in any case, as the extractor does.
func isJavaExtension(ext string) bool {
	for _, known := range [...]string{".jar", ".war", ".ear", ".jmod", ".par", ".sar", ".jpi", ".hpi", ".lpkg", ".nar"} {
		if strings.EqualFold(ext, known) {
			return true
		}
	}
	return false
}
