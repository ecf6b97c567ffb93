package layer

import "github.com/landwaiter/landwaiter"

// settleOwners decides which visible language packages belong to a
// distribution package.
//
// A layer names the owner of a file when the file and the database that lists
// it are both in the layer, as they are when a package is installed. A file
// that was copied up unchanged (chmod, chown) keeps the owner it had. One that
// was put there after its owner was installed has none: the databases of apk
// and rpm are written whole in each layer and still list what was replaced.
func settleOwners(facts []fact[landwaiter.Package], layers []*landwaiter.LayerReport) []fact[landwaiter.Package] {
	installed := map[string]int{} // by name: the layer of the newest version
	for _, f := range facts {
		if landwaiter.IsDistribution(f.value.Type) {
			installed[f.value.Name] = max(installed[f.value.Name], f.layer)
		}
	}
	first := statedOwners(layers)
	for i := range facts {
		f := &facts[i]
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
	return facts
}

// statement is one fact as one layer states it.
type statement struct {
	layer     int
	path, key string
}

func statementOf(layer int, p *landwaiter.Package) statement {
	path, key := packageFact(p)
	return statement{layer: layer, path: path, key: key}
}

func statedOwners(layers []*landwaiter.LayerReport) map[statement]string {
	out := map[statement]string{}
	for i, l := range layers {
		for j := range l.Packages {
			if p := &l.Packages[j]; p.Owner != "" {
				out[statementOf(i, p)] = p.Owner
			}
		}
	}
	return out
}
