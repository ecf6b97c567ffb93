package packages

import (
	"bytes"
	"strings"
)

// Format is the format of a file that names packages. The zero value is None.
type Format uint8

// The formats, each read by one extractor.
const (
	None Format = iota
	OSRelease
	Dpkg
	DpkgFiles // the paths that one package installed
	Apk
	RPM
	RPMLog
	Pacman
	Chisel
	NPMPackage
	NPMLock
	YarnLock
	PNPMLock
	BunLock
	PythonMetadata
	PythonArchive
	Requirements
	PoetryLock
	PipfileLock
	UVLock
	PDMLock
	PyLock
	Conda
	JavaArchive
	Gemspec
	GemfileLock
	CargoLock
	ComposerLock
	ComposerInstalled
	NuGetDeps
	NuGetLock
	MixLock
	PubLock
	JuliaManifest
	RLock
	RDescription
	SwiftResolved
	StackLock
	CabalFreeze
	ConanLock
	// Executable is every other file: the first bytes decide.
	Executable
)

const (
	// maxManifest bounds files that a parser holds in memory as a tree, about
	// ten times their size. The largest lock files in the wild are 5 MiB.
	maxManifest = 16 << 20
	// maxDatabase bounds databases read record by record. The dpkg status of a
	// desktop is 6 MiB, the rpmdb of a full Fedora about 300 MiB.
	maxDatabase = 512 << 20
	// maxBinary bounds archives and executables, read by random access.
	maxBinary = 1 << 30
)

// MinExecutable is the size of the smallest file that is looked at as an
// executable: a 64-bit ELF header, without which there is nothing to read.
const MinExecutable = 64

// Limit is the largest size, in bytes, that is read of a file of the format.
func (f Format) Limit() int64 {
	switch f {
	case RPM, Dpkg, DpkgFiles, Apk:
		return maxDatabase
	case JavaArchive, PythonArchive, Executable:
		return maxBinary
	}
	return maxManifest
}

// Accepts reports whether a file that starts with head can be of the format.
// Only executables and zip archives have a signature; others are accepted.
func (f Format) Accepts(head []byte) bool {
	switch f {
	case Executable:
		return executableMagic(head)
	case JavaArchive:
		// A jar may be preceded by a shell script that starts it.
		return len(head) > 0
	case PythonArchive:
		return bytes.HasPrefix(head, []byte("PK"))
	}
	return true
}

// executableMagic knows ELF, PE and thin Mach-O in both byte orders. Fat Mach-O
// has the signature of Java class files and is left out.
func executableMagic(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch string(head[:4]) {
	case "\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe":
		return true
	}
	return string(head[:2]) == "MZ"
}

// FormatOf returns the format of the regular file at path, which must be clean
// and without a leading slash. It accepts every path that the FileRequired
// methods of the extractors accept, except lock files and examples within
// installed packages: they describe their author's machine, not this image.
func FormatOf(path string) Format {
	slash := strings.LastIndexByte(path, '/')
	dir, base := path[:slash+1], path[slash+1:]
	if f, ok := byName[base]; ok && f.acceptsDir(dir) {
		return f
	}
	if strings.HasPrefix(dir, "var/lib/dpkg/status.d/") {
		if strings.HasSuffix(base, sumsSuffix) {
			return DpkgFiles
		}
		return Dpkg
	}
	if (dir == "var/lib/dpkg/info/" || dir == "usr/lib/opkg/info/") && strings.HasSuffix(base, listSuffix) {
		return DpkgFiles
	}
	if strings.HasPrefix(base, "os-release") && (dir == "etc/" || strings.HasPrefix(dir, "usr/lib/")) {
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
}

// isLock reports whether a file says what is wanted, not what is there.
func (f Format) isLock() bool {
	switch f {
	case NPMLock, YarnLock, PNPMLock, BunLock, Requirements, PoetryLock, PipfileLock, UVLock, PDMLock, PyLock, GemfileLock, CargoLock, ComposerLock,
		NuGetLock, MixLock, PubLock, JuliaManifest, RLock, SwiftResolved, StackLock, CabalFreeze, ConanLock:
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
	}
	return !f.isLock() || !isInstalled(dir)
}

func byExtension(dir, base string) Format {
	dot := strings.LastIndexByte(base, '.')
	if dot < 0 {
		return Executable
	}
	switch ext := base[dot:]; ext {
	case ".gemspec":
		return Gemspec
	case ".egg-info":
		return PythonMetadata
	case ".egg", ".whl":
		return PythonArchive
	case ".txt":
		if strings.Contains(base, "requirements") && !isInstalled(dir) {
			return Requirements
		}
	case ".json":
		if strings.HasSuffix(base, ".deps.json") {
			return NuGetDeps
		}
		if strings.HasSuffix(dir, "conda-meta/") {
			return Conda
		}
	case ".toml":
		if strings.HasPrefix(base, "pylock.") && !isInstalled(dir) {
			return PyLock
		}
	default:
		if isJavaExtension(ext) {
			return JavaArchive
		}
	}
	return Executable
}

// isJavaExtension compares in any case, as the extractor does.
func isJavaExtension(ext string) bool {
	if len(ext) != 4 && len(ext) != 5 {
		return false
	}
	for _, known := range [...]string{".jar", ".war", ".ear", ".jmod", ".par", ".sar", ".jpi", ".hpi", ".lpkg", ".nar"} {
		if strings.EqualFold(ext, known) {
			return true
		}
	}
	return false
}
