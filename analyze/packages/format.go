package packages

import "bytes"

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
	OTPApp
	RebarLock
	GoVersion
	Bitnami
	GHCPackage
	OpamState
	DenoLock
	PaketLock
	ProjectAssets
	PackagesConfig
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
