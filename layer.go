package landwaiter

import "time"

// Analyser names a unit of layer analysis. Its stored results are keyed by
// (diffID, Name, Version): Version changes when the same bytes would give
// other findings.
type Analyser struct {
	Name    string
	Version string
	Kind    ScanKind // the kind of scan that needs it
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
	DiffID string        // verified digest of the uncompressed tar
	Digest string        // verified digest of the blob as read
	Size   int64         // uncompressed bytes
	Files  int           // entries in the tar
	Took   time.Duration // time to read and analyse the layer; 0 when not measured

	// OS is the content of os-release in this layer and OSPath the path of the
	// file; zero when the layer has none.
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
