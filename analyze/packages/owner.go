package packages

import (
	"context"
	"errors"
	"hash/maphash"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxOwned bounds the owned paths that are remembered for a layer, of those
	// that may name packages: 500,000 take about 20 MiB. A desktop with TeX and
	// an office has 100,000.
	maxOwned = 500_000
	// maxListed bounds the paths that are looked at for a layer: the desktop has
	// 500,000.
	maxListed = 2_000_000
	// maxListedBytes bounds them together: the desktop's have 40 MiB.
	maxListedBytes = 256 << 20
	// maxPath is PATH_MAX of Linux: no file has a longer path.
	maxPath = 4096

	statusDir  = "var/lib/dpkg/status.d/"
	listSuffix = ".list"
	sumsSuffix = ".md5sums"
)

var errOwned = errors.New("the distribution's packages list too many files; " +
	"language packages in the rest count as nobody's")

// pathSeed makes the hashes of this process; none is stored.
var pathSeed = maphash.MakeSeed()

// owners remembers which distribution package installed which file of a layer.
// A database may come before or after the files in the tar, so that every path
// is kept, as a hash, until the end of the layer.
type owners struct {
	names  []string // each once for each list
	paths  map[uint64]uint32
	listed int
	bytes  int   // in them
	err    error // errOwned when there were too many
}

// add takes note of a file that the package owner installed. It returns false
// when there were too many.
func (o *owners) add(owner, file string) bool {
	o.bytes += len(file)
	if o.listed++; o.listed > maxListed || o.bytes > maxListedBytes || len(o.paths) == maxOwned {
		o.err = errOwned
		return false
	}
	file = strings.TrimPrefix(file, "/")
	if !mayNamePackages(file) {
		return true
	}
	if n := len(o.names); n == 0 || o.names[n-1] != owner {
		o.names = append(o.names, owner)
	}
	if o.paths == nil {
		o.paths = map[uint64]uint32{}
	}
	o.paths[maphash.String(pathSeed, withoutUsr(file))] = uint32(len(o.names) - 1)
	return true
}

// has reports whether a distribution package of the layer installed a file.
func (o *owners) has(file string) bool {
	_, ok := o.paths[maphash.String(pathSeed, withoutUsr(file))]
	return ok
}

// mayNamePackages reports whether a file can be of a language's format. The
// directories that hold no executables hold most of the files.
func mayNamePackages(file string) bool {
	format := FormatOf(file)
	if format == formatLookup.other {
		return !strings.HasPrefix(file, "usr/share/") && !strings.HasPrefix(file, "usr/include/") &&
			!strings.HasSuffix(file, "/")
	}
	return !format.system
}

// withoutUsr gives a file one name whether or not /bin, /sbin and /lib are
// links into /usr: packages that were made before the merge list "/bin/tar".
func withoutUsr(file string) string {
	rest, ok := strings.CutPrefix(file, "usr/")
	if ok && (strings.HasPrefix(rest, "bin/") || strings.HasPrefix(rest, "sbin/") || strings.HasPrefix(rest, "lib")) {
		return rest
	}
	return file
}

// settle sets the owner of each language package.
func (o *owners) settle(pkgs []landwaiter.Package) {
	if len(o.paths) == 0 {
		return
	}
	named := map[string]string{} // the package that a file of status.d describes
	for _, p := range pkgs {
		if strings.HasPrefix(p.Path, statusDir) {
			named[p.Path] = p.Name
		}
	}
	for i := range pkgs {
		p := &pkgs[i]
		if landwaiter.IsDistribution(p.Type) {
			continue
		}
		if n, ok := o.paths[maphash.String(pathSeed, withoutUsr(p.Path))]; ok {
			p.Owner = o.names[n]
			if name := named[p.Owner]; name != "" {
				p.Owner = name
			}
		}
	}
}

// readDpkgFiles reads the list of one package's files: NAME.list or
// NAME:ARCH.list has a path a line, NAME.md5sums of a distroless image a digest
// before it. There NAME is not always the package's, so that the owner is the
// path of the file with its status until settle.
func readDpkgFiles(ctx context.Context, in input) ([]landwaiter.Package, error) {
	own := &in.collector.own
	stem, sums := strings.CutSuffix(in.Path, sumsSuffix)
	owner, _, _ := strings.Cut(strings.TrimSuffix(path.Base(in.Path), listSuffix), ":")
	return nil, eachLine(ctx, in.reader(), func(line []byte, cut bool) error {
		file, named := string(line), owner
		if sums {
			_, file, _ = strings.Cut(file, "  ")
			file, named = strings.TrimPrefix(file, "./"), stem
		}
		if cut || file == "" || own.add(named, file) {
			return nil
		}
		return own.err
	})
}
