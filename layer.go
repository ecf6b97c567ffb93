package landwaiter

import "time"

// Analyser names a unit of layer analysis. Its stored results are keyed by
// (diffID, Name, Version): Version changes when the same bytes would give
// other findings.
type Analyser struct {
	Name    string
	Version string
	Kind    ScanKind // the kind of scan that needs it
	Lacks   string   // malware: why only built-in rules are at work; "" with lists
}

// Limits returns what the analysers lack that look for the kinds, as coverage.
func Limits(analysers []Analyser, kinds ScanKind) []Coverage {
	var out []Coverage
	for _, a := range analysers {
		if a.Lacks != "" && a.Kind&kinds != 0 {
			out = append(out, Coverage{Analyser: AnalyserMalwareLists, State: Skipped, Reason: a.Lacks})
		}
	}
	return out
}

// The names of the analysers. They appear in coverage, and packages other than
// analyze tell findings apart by them.
const (
	AnalyserPackages = "packages"
	AnalyserMalware  = "malware"
	AnalyserSecrets  = "secrets"
	AnalyserFiles    = "files" // the modes of files and directories

	// AnalyserConfig looks at the image configuration and at no layer.
	AnalyserConfig = "config"
)

// LayerReport is everything the analysers found in one layer: facts, not
// verdicts. Paths are cleaned, slash-separated, without a leading slash.
type LayerReport struct {
	DiffID string        // verified digest of the uncompressed tar; see Cut
	Digest string        // verified digest of the blob as read
	Size   int64         // uncompressed bytes
	Files  int           // entries in the tar
	Took   time.Duration // time to read and analyse the layer; 0 when not measured

	// Cut says why the layer could not be decompressed to its end; "" when it
	// was. The facts are then those of its beginning, DiffID was not verified,
	// and Digest is "" if the rest of the blob could not be read either. Such
	// facts say nothing about other images with a layer of that DiffID.
	Cut string

	// OS is what os-release in this layer says, OSPath where; zero when the
	// layer has none.
	OS     OSRelease
	OSPath string

	// Index holds the paths of lower layers that this layer deletes or replaces.
	Index PathIndex

	Packages []Package
	Malware  []Malware
	Risks    []Risk

	// Coverage has one entry for each analyser that was asked for.
	Coverage []Coverage
}

// PathIndex is a sorted set of 64-bit path hashes of one layer, as made by
// the layer package. It is stored as it is: eight bytes for each entry.
type PathIndex []uint64
