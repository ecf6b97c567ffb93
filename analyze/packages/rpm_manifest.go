package packages

import (
	"bytes"
	"context"
	"strconv"

	"github.com/landwaiter/landwaiter"
)

// The columns of container-manifest-2 that are read, of ten.
const (
	manifestName    = 0
	manifestVersion = 1
	manifestArch    = 7
	manifestEpoch   = 8
	manifestSource  = 9
	manifestColumns = 10
)

// readRPMManifest reads what distroless images of Azure Linux and CBL-Mariner
// have in place of an RPM database: a line a package, as rpm -qa prints it with
// the format NAME, VERSION-RELEASE, INSTALLTIME, BUILDTIME, VENDOR, EPOCH, SIZE,
// ARCH, EPOCHNUM, SOURCERPM and tabs between them.
func readRPMManifest(ctx context.Context, in input) ([]landwaiter.Package, error) {
	var g found
	n := 0
	err := eachLine(ctx, in.reader(), func(line []byte, cut bool) error {
		n++
		if len(bytes.TrimSpace(line)) == 0 {
			return nil
		}
		columns := bytes.Split(line, []byte{'\t'})
		if cut || len(columns) < manifestColumns {
			g.spoiled("line %d has not the %d columns of a package", n, manifestColumns)
			return nil
		}
		epoch, err := strconv.Atoi(string(columns[manifestEpoch]))
		if err != nil && string(columns[manifestEpoch]) != "(none)" {
			g.spoiled("line %d: the epoch is no number", n)
		}
		p := landwaiter.Package{
			Type: "rpm", Name: cutField(columns[manifestName]), Arch: cutField(columns[manifestArch]), Path: in.Path,
			Version: epochVersion(epoch, cutField(columns[manifestVersion])),
		}
		name, version := splitSourceRPM(cutField(columns[manifestSource]))
		if version != "" {
			version = epochVersion(epoch, version)
		}
		p.SourceName, p.SourceVersion = source(name, version, p)
		if !plausiblePackage(&p) {
			g.spoiled("line %d has no name and version", n)
			return nil
		}
		return g.add(p)
	})
	return g.result(err)
}
