package packages

import (
	"bytes"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// addByPath adds a package that a path tells.
func (c *Collector) addByPath(purlType, name, version, at string) error {
	if !plausible(name) || !plausible(version) {
		return nil
	}
	p := landwaiter.Package{Type: purlType, Name: name, Version: version, Path: at}
	if c.all.add(p) != nil {
		return errPackages
	}
	return nil
}

// splitNameVersion splits "openssl-3.0.12" at the first dash before a digit.
func splitNameVersion(s string) (name, version string) {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == '-' && s[i+1] >= '0' && s[i+1] <= '9' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// nixHash is the length of the digest that begins the name of a store path.
const nixHash = 32

// nixPath takes the package of a path in the store of Nix or Guix:
// nix/store/DIGEST-NAME-VERSION/... Its outputs (openssl-3.0.12-dev) are packages
// of the same version.
func nixPath(c *Collector, at []byte) error {
	store := bytes.Index(at, []byte("/store/")) + len("/store/")
	end := bytes.IndexByte(at[store:], '/')
	if end < nixHash+1 || at[store+nixHash] != '-' {
		return nil
	}
	root := at[:store+end]
	if bytes.Equal(root, c.lastRoot) {
		return nil
	}
	c.lastRoot = append(c.lastRoot[:0], root...)
	name, version := splitNameVersion(string(root[store+nixHash+1:]))
	for _, output := range [...]string{"-bin", "-dev", "-lib", "-man", "-doc", "-out", "-debug", "-info", "-static",
		"-devdoc"} {
		version = strings.TrimSuffix(version, output)
	}
	if version == "" || strings.HasSuffix(version, ".drv") {
		return nil
	}
	kind, _, _ := strings.Cut(string(root[:store-len("/store/")]), "/")
	if kind == "gnu" {
		kind = "guix"
	}
	return c.addByPath(kind, name, version, string(root))
}

// kernelPath takes the release of a kernel from the name of its file, or from the
// directory of its modules.
func kernelPath(c *Collector, at []byte) error {
	dir, base := path.Split(string(at))
	release, ok := strings.CutPrefix(base, "vmlinuz-")
	if !ok {
		release = path.Base(dir)
	}
	version, _, _ := strings.Cut(release, "-")
	if strings.Trim(version, "0123456789.") != "" || version == "" {
		return nil
	}
	return c.addByPath(genericType, "linux-kernel", release, string(at))
}

// rockPath takes a package of LuaRocks from where it is installed:
// rocks-5.1/NAME/VERSION-REVISION/NAME-VERSION-REVISION.rockspec.
func rockPath(c *Collector, at []byte) error {
	dir := path.Dir(string(at))
	version, name := path.Base(dir), path.Base(path.Dir(dir))
	if path.Base(string(at)) != name+"-"+version+".rockspec" {
		return nil // of the sources
	}
	return c.addByPath("luarocks", name, version, string(at))
}

// brewPath takes a package of Homebrew: Cellar/NAME/VERSION/INSTALL_RECEIPT.json.
func brewPath(c *Collector, at []byte) error {
	dir := path.Dir(string(at))
	name := path.Dir(dir)
	if path.Base(path.Dir(name)) != "Cellar" {
		return nil
	}
	return c.addByPath("brew", path.Base(name), path.Base(dir), string(at))
}

// readEbuild reads the file PF of a package that Gentoo's Portage installed:
// NAME-VERSION, in var/db/pkg/CATEGORY/NAME-VERSION
// (https://projects.gentoo.org/pms/8/pms.html).
func readEbuild(f *File) ([]landwaiter.Package, error) {
	data, err := f.start()
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	name, version := splitNameVersion(strings.TrimSpace(first))
	category := path.Base(path.Dir(path.Dir(f.Path)))
	return onePackage("ebuild", category+"/"+name, version, f), nil
}
