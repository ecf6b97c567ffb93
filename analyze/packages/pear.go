package packages

import (
	"regexp"

	"github.com/landwaiter/landwaiter"
)

// In the registry of PEAR and PECL, a package is what PHP's serialize makes of
// its package.xml: the name is the first of all names, before those of people.
var (
	pearName    = regexp.MustCompile(`"(?:name|package)";s:\d{1,4}:"([^"]{1,256})"`)
	pearRelease = regexp.MustCompile(`"release";s:\d{1,4}:"([^"]{1,256})"`)
	pearVersion = regexp.MustCompile(`"version";s:\d{1,4}:"([^"]{1,256})"`) // of package.xml 1.0
)

// maxPEAR bounds an entry, in bytes. It has a list of the package's files; those of
// the largest packages have 300 KiB.
const maxPEAR = 1 << 20

// readPEAR reads the entry of one package in the registry of PHP's installer.
func readPEAR(f *File) ([]landwaiter.Package, error) {
	data, err := f.readUpTo(maxPEAR)
	if err != nil {
		return nil, err
	}
	name, version := pearName.FindSubmatch(data), pearRelease.FindSubmatch(data)
	if version == nil {
		version = pearVersion.FindSubmatch(data)
	}
	if name == nil || version == nil {
		return nil, errNoName
	}
	return onePackage("pear", string(name[1]), string(version[1]), f), nil
}
