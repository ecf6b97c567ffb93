package layer

import "github.com/landwaiter/landwaiter"

// settleOwners decides which visible language packages belong to a
// distribution package.
//
// A layer report names the owner of a file if both the file and the package
// database that lists it are in the layer, as when a package is installed. A
// file that was copied up unchanged (chmod, chown) keeps its owner. A file that
// was written after its owner was installed has none: apk and rpm write the
// whole database in each layer, which still lists files that were replaced.
func settleOwners(facts []fact[landwaiter.Package], layers []*landwaiter.LayerReport, s *steps) {
	installed := map[string]int{} // the layer of the newest version, by name
	for _, f := range facts {
		if !s.take(1) {
			return
		}
		if landwaiter.IsDistribution(f.value.Type) {
			installed[f.value.Name] = max(installed[f.value.Name], f.layer)
		}
	}
	first := statedOwners(layers, s)
	for i := range facts {
		f := &facts[i]
		if !s.take(1) {
			return
		}
		if landwaiter.IsDistribution(f.value.Type) {
			continue
		}
		if f.value.Owner == "" {
			f.value.Owner = first[statementOf(f.layer, &f.value)]
		}
		if at, ok := installed[f.value.Owner]; !ok || at < f.layer {
			f.value.Owner = ""
		}
	}
}

// statement is a fact in the report of one layer.
type statement struct {
	layer     int
	path, key string
}

func statementOf(layer int, p *landwaiter.Package) statement {
	path, key := packageFact(p)
	return statement{layer: layer, path: path, key: key}
}

func statedOwners(layers []*landwaiter.LayerReport, s *steps) map[statement]string {
	out := map[statement]string{}
	for i, l := range layers {
		for j := range l.Packages {
			if !s.take(1) {
				return out
			}
			if p := &l.Packages[j]; p.Owner != "" {
				out[statementOf(i, p)] = p.Owner
			}
		}
	}
	return out
}
