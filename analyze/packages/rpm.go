package packages

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/rpmdb"
)

// readRPM reads an RPM database and tells the owners each file that a package
// installed. Imported public keys ("gpg-pubkey") are stored like packages but are
// none.
func readRPM(ctx context.Context, in input) (pkgs []landwaiter.Package, err error) {
	owners := &in.collector.own
	found, err := rpmdb.Read(ctx, in.Data, in.Size, owners.add)
	for _, p := range found {
		if p.Name == "gpg-pubkey" {
			continue
		}
		out := landwaiter.Package{
			Type: "rpm", Name: p.Name, Version: epochVersion(p.Epoch, p.Version+"-"+p.Release),
			Arch: p.Arch, Modularity: p.Modularity, Path: in.Path, Vendor: vendor(p.Vendor),
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
	return pkgs, cmp.Or(err, owners.err)
}

// readRPMLog does not read the log of writes that are not in the database yet,
// which only a database in use has.
func readRPMLog(f *File) ([]landwaiter.Package, error) {
	if f.Size == 0 {
		return nil, nil
	}
	return nil, errors.New("the write-ahead log of the RPM database was not read; packages changed last may be missing")
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
