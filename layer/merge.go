package layer

import (
	"context"

	"github.com/landwaiter/landwaiter"
)

// Merged is the merged report of an image's layers. Each fact has the diffID
// of the layer that introduced it.
type Merged struct {
	OS             landwaiter.OSRelease // zero when no visible os-release is known
	Packages       []landwaiter.ImagePackage
	HiddenPackages []landwaiter.ImagePackage // of files that a higher layer deletes or replaces
	Malware        []landwaiter.Malware      // State set; present and hidden
	Risks          []landwaiter.Risk         // State set; present and hidden
}

// Merge merges the reports of an image's layers, bottom layer first.
//
// A fact is what an analyser found in the file at a path. A higher layer hides
// the fact if it has anything at that path, or if it has an opaque mark, a
// whiteout or anything but a directory at one of the path's parents. Whiteouts
// affect lower layers only. (The path of a file inside an archive is the
// archive's path, a slash and the path inside.)
//
// If a layer replaces a file and reports the same fact for it, as for each new
// version of a package database, the fact remains that of the lowest layer
// since which all versions of the file had it. A deletion in between ends this.
//
// OS is from the visible etc/os-release, else from usr/lib/os-release, the
// order of os-release(5). Merge does not change the Ecosystem and PURL of
// packages: the caller sets them when it knows the OS. A package keeps its
// Owner if the owner is in the image and was installed no earlier than the
// file, since the owner does not contain files that were added later. Within a
// state, facts are in the order of their layers and reports.
//
// The work is linear in the sizes of the indexes, the number of facts and the
// lengths of their paths, whatever the number of layers. Merge returns the
// error of ctx soon after ctx ends.
func Merge(ctx context.Context, layers []*landwaiter.LayerReport) (Merged, error) {
	return mergeIn(&steps{ctx: ctx}, layers)
}

func mergeIn(s *steps, layers []*landwaiter.LayerReport) (Merged, error) {
	hashes := newHashLayers(layers, lowestFacts(layers), s)
	os := merge(layers, hashes, s, osFacts, osFact)
	packages := merge(layers, hashes, s,
		func(l *landwaiter.LayerReport) []landwaiter.Package { return l.Packages }, packageFact)
	malware := merge(layers, hashes, s,
		func(l *landwaiter.LayerReport) []landwaiter.Malware { return l.Malware }, malwareFact)
	risks := merge(layers, hashes, s,
		func(l *landwaiter.LayerReport) []landwaiter.Risk { return l.Risks }, riskFact)
	settleOwners(packages.present, layers, s)
	diffID := func(i int) string { return layers[i].DiffID }
	m := Merged{OS: visibleOS(os.present)}
	m.Packages = imagePackages(packages.present, diffID)
	m.HiddenPackages = imagePackages(packages.hidden, diffID)
	for state, facts := range malware.byState {
		for _, f := range facts {
			f.value.Layer, f.value.State = diffID(f.layer), state
			m.Malware = append(m.Malware, f.value)
		}
	}
	for state, facts := range risks.byState {
		for _, f := range facts {
			f.value.Layer, f.value.State = diffID(f.layer), state
			m.Risks = append(m.Risks, f.value)
		}
	}
	if s.err != nil {
		return Merged{}, s.err
	}
	return m, nil
}

// lowestFacts returns the lowest layer that has facts.
func lowestFacts(layers []*landwaiter.LayerReport) int {
	for i, l := range layers {
		if l.OSPath != "" || len(l.Packages)+len(l.Malware)+len(l.Risks) > 0 {
			return i
		}
	}
	return len(layers)
}

func imagePackages(facts []fact[landwaiter.Package], diffID func(int) string) []landwaiter.ImagePackage {
	out := make([]landwaiter.ImagePackage, 0, len(facts))
	for _, f := range facts {
		out = append(out, landwaiter.ImagePackage{Package: f.value, Layer: diffID(f.layer)})
	}
	return out
}
