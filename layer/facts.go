package layer

import (
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// The functions below return the path of a fact and its identity within the
// file at that path.

func packageFact(p *landwaiter.Package) (path, key string) {
	return p.Path, join(p.Type, p.Name, p.Version, p.Arch)
}

func malwareFact(m *landwaiter.Malware) (path, key string) {
	return m.Path, join(m.Engine, m.Name, m.SHA256)
}

func riskFact(r *landwaiter.Risk) (path, key string) {
	return r.Path, join(r.Rule, strconv.Itoa(r.Line), r.Message)
}

// join returns a key made of parts. Parts with NUL bytes could give two facts
// the same key, which would do no more than merge them.
func join(parts ...string) string { return strings.Join(parts, "\x00") }

// osFile is the os-release of one layer.
type osFile struct {
	path    string
	release landwaiter.OSRelease
}

func osFacts(l *landwaiter.LayerReport) []osFile {
	if l.OSPath == "" {
		return nil
	}
	return []osFile{{path: l.OSPath, release: l.OS}}
}

// osFact has the whole content as its key, so that a changed file is a new
// fact.
func osFact(f *osFile) (path, key string) {
	r := f.release
	return f.path, join(r.ID, r.Version, r.Codename, r.Name, r.IDLike, r.VariantID)
}

// osPaths are in the order of precedence of os-release(5). Other files (a
// distribution's own release file) come last.
var osPaths = [...]string{"etc/os-release", "usr/lib/os-release"}

// visibleOS chooses among the visible files, which are in the order of layers.
func visibleOS(files []fact[osFile]) landwaiter.OSRelease {
	for _, path := range osPaths {
		for _, f := range files {
			if f.value.path == path {
				return f.value.release
			}
		}
	}
	if len(files) == 0 {
		return landwaiter.OSRelease{}
	}
	return files[len(files)-1].value.release
}
