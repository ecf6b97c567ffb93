package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
)

// product is a package version.
type product struct{ name, version string }

// findings are the packages and findings of one program for an image.
type findings struct {
	ecosystems map[product]string // of all packages
	flaws      map[product][]flaw
	malicious  map[string]bool // IDs of malicious packages, which osv-scanner reports as flaws
}

// flaw is one finding with all its IDs.
type flaw struct {
	id  string
	ids map[string]bool
}

func newFindings() findings {
	return findings{map[product]string{}, map[product][]flaw{}, map[string]bool{}}
}

func (f findings) addPackage(p product, ecosystem string) { f.ecosystems[p] = ecosystem }

// add adds a finding, once for each package version however often the image has
// it.
func (f findings) add(p product, id string, others []string) {
	if slices.ContainsFunc(f.flaws[p], func(known flaw) bool { return known.id == id }) {
		return
	}
	ids := map[string]bool{id: true}
	for _, other := range others {
		ids[other] = true
	}
	f.flaws[p] = append(f.flaws[p], flaw{id, ids})
}

// lacks returns the findings that the other program does not have under any ID.
func (f findings) lacks(other findings) (lines []line) {
	for p, flaws := range f.flaws {
		_, known := other.ecosystems[p]
		for _, x := range flaws {
			if !slices.ContainsFunc(other.flaws[p], x.is) && !(flaw{ids: other.malicious}).is(x) {
				lines = append(lines, line{f.ecosystems[p], p, x.id, known})
			}
		}
	}
	for id := range f.malicious {
		if !other.names(id) {
			lines = append(lines, line{ecosystem: "malicious", id: id, known: true})
		}
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.ecosystem, b.ecosystem), cmp.Compare(a.name, b.name),
			cmp.Compare(a.version, b.version), cmp.Compare(a.id, b.id))
	})
	return lines
}

// names reports whether any finding has the ID.
func (f findings) names(id string) bool {
	for _, flaws := range f.flaws {
		if slices.ContainsFunc(flaws, func(x flaw) bool { return x.ids[id] }) {
			return true
		}
	}
	return false
}

// is reports whether two findings share an ID.
func (x flaw) is(other flaw) bool {
	for id := range x.ids {
		if other.ids[id] {
			return true
		}
	}
	return false
}

// line is a finding that the other program does not have.
type line struct {
	ecosystem string
	product
	id    string
	known bool // the other program has the package
}

func (l line) String() string {
	text := l.ecosystem + " " + l.id
	if l.name != "" {
		text = l.ecosystem + " " + l.name + " " + l.version + " " + l.id
	}
	if !l.known {
		text += " (no such package)"
	}
	return text
}

type difference struct {
	common         int // findings that both programs have
	ours, theirs   []line
	packages       int // found by landwaiter
	theirPackages  int
	commonPackages int
}

func compare(ours, theirs findings) difference {
	d := difference{ours: ours.lacks(theirs), theirs: theirs.lacks(ours), packages: len(ours.ecosystems),
		theirPackages: len(theirs.ecosystems)}
	d.common = len(ours.malicious) - len(d.ours)
	for _, flaws := range ours.flaws {
		d.common += len(flaws)
	}
	for p := range ours.ecosystems {
		if _, ok := theirs.ecosystems[p]; ok {
			d.commonPackages++
		}
	}
	return d
}

func (d difference) print(out io.Writer, image string) {
	fmt.Fprintf(out, "%s: %d findings common, %d only here, %d only osv-scanner's; of packages %d, %d and %d\n",
		image, d.common, len(d.ours), len(d.theirs), d.commonPackages, d.packages-d.commonPackages,
		d.theirPackages-d.commonPackages)
	for _, side := range []struct {
		mark  string
		lines []line
	}{{"+", d.ours}, {"-", d.theirs}} {
		counts := map[string]int{}
		for _, l := range side.lines {
			fmt.Fprintln(out, side.mark, l)
			counts[l.ecosystem]++
		}
		for _, ecosystem := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(out, "%s%s: %d\n", side.mark, ecosystem, counts[ecosystem])
		}
	}
}
