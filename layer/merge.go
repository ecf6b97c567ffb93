package layer

import "github.com/landwaiter/landwaiter"

// Merged is what the layers of an image make together. Present and hidden
// facts carry the diffID of the layer that introduced them.
type Merged struct {
	OS             landwaiter.OSRelease // zero when no visible os-release is known
	Packages       []landwaiter.ImagePackage
	HiddenPackages []landwaiter.ImagePackage // of files that a higher layer deletes or replaces
	Malware        []landwaiter.Malware      // State set; present and hidden
	Risks          []landwaiter.Risk         // State set; present and hidden
}

// Merge lays the reports of an image's layers, bottom first, over each other.
//
// A fact is what an analyser found in the file at a path. A higher layer
// hides it that has at the path anything at all, or at one of the path's
// parents anything but a directory or an opaque mark; whiteouts act on lower
// layers only. (Paths inside an archive continue the archive's own path after
// a slash.) When the layer that replaces a file states the same fact of it,
// as each new version of a package database does, it stays the fact of the
// lowest layer from which on every version stated it; a deletion in between
// ends that.
//
// The os-release is that of the visible etc/os-release, else that of
// usr/lib/os-release, as os-release(5) orders them. Packages keep the
// Ecosystem and PURL they have: the caller sets them, knowing OS. They keep
// their Owner as long as it is in the image and installed no earlier than the
// file: a file that came later is not the owner's any more. Within a state, facts are in the order of their layers and reports.
func Merge(layers []*landwaiter.LayerReport) Merged {
	var (
		os       = newOverlay[osFile]()
		packages = newOverlay[landwaiter.Package]()
		malware  = newOverlay[landwaiter.Malware]()
		risks    = newOverlay[landwaiter.Risk]()
	)
	for i, l := range layers {
		os.apply(i, l.Index, osFacts(l), osFact)
		packages.apply(i, l.Index, l.Packages, packageFact)
		malware.apply(i, l.Index, l.Malware, malwareFact)
		risks.apply(i, l.Index, l.Risks, riskFact)
	}
	diffID := func(i int) string { return layers[i].DiffID }
	m := Merged{OS: visibleOS(os.present())}
	m.Packages = imagePackages(settleOwners(packages.present(), layers), diffID)
	m.HiddenPackages = imagePackages(packages.hidden(), diffID)
	for state, facts := range malware.byState {
		for _, f := range facts() {
			f.value.Layer, f.value.State = diffID(f.layer), state
			m.Malware = append(m.Malware, f.value)
		}
	}
	for state, facts := range risks.byState {
		for _, f := range facts() {
			f.value.Layer, f.value.State = diffID(f.layer), state
			m.Risks = append(m.Risks, f.value)
		}
	}
	return m
}

func imagePackages(facts []fact[landwaiter.Package], diffID func(int) string) []landwaiter.ImagePackage {
	out := make([]landwaiter.ImagePackage, 0, len(facts))
	for _, f := range facts {
		out = append(out, landwaiter.ImagePackage{Package: f.value, Layer: diffID(f.layer)})
	}
	return out
}
