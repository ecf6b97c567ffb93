package landwaiter

// CoverageState says how much of a layer an analyser looked at.
type CoverageState string

// The coverage states. They tell a layer without findings from one that nothing
// looked at.
const (
	Scanned CoverageState = "scanned" // looked at everything it handles
	Partial CoverageState = "partial" // some files were skipped or broken; Reason says which
	Skipped CoverageState = "skipped" // not looked at, on purpose
	Failed  CoverageState = "failed"  // could not look
)

// Coverage is what one analyser could look at in one layer.
type Coverage struct {
	Layer    string // diffID; "" for the image config
	Analyser string
	State    CoverageState
	Reason   string // "" when Scanned
}
