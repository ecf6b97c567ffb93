package packages

import (
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/rpmdb"
)

// readRPM reads an RPM database and shows each file that a package installed
// to owns. Imported public keys ("gpg-pubkey") are stored like packages but are
// none.
func readRPM(f *File, owns func(owner, path string) bool) (pkgs []landwaiter.Package, err error) {
	found, err := rpmdb.Read(f.Data, f.Size, owns)
	for _, p := range found {
		if p.Name == "gpg-pubkey" {
			continue
		}
		out := landwaiter.Package{
			Type: "rpm", Name: p.Name, Version: epochVersion(p.Epoch, p.Version+"-"+p.Release),
			Arch: p.Arch, Modularity: p.Modularity, Path: f.Path,
		}
		name, version := splitSourceRPM(p.SourceRPM)
		if version != "" {
			version = epochVersion(p.Epoch, version)
		}
		out.SourceName, out.SourceVersion = source(name, version, out)
		if plausible(out.Name) && plausible(out.Version) && plausible(out.SourceName) {
			pkgs = append(pkgs, out)
		}
	}
	return pkgs, err
}

// epochVersion writes an epoch only when it counts, as rpm does.
func epochVersion(epoch int, version string) string {
	if epoch == 0 {
		return version
	}
	return strconv.Itoa(epoch) + ":" + version
}

// splitSourceRPM splits "bash-5.1.8-6.el9.src.rpm" into "bash" and "5.1.8-6.el9".
func splitSourceRPM(file string) (name, version string) {
	file = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(file, ".rpm"), ".src"), ".nosrc")
	release := strings.LastIndexByte(file, '-')
	if release <= 0 {
		return "", ""
	}
	v := strings.LastIndexByte(file[:release], '-')
	if v <= 0 {
		return "", ""
	}
	return file[:v], file[v+1:]
}
