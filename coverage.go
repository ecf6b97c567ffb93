package landwaiter

// CoverageState says whether an analyser looked at a layer.
type CoverageState string

// The coverage states. Clean is not the same as not looked at.
const (
	Scanned CoverageState = "scanned" // looked at everything it wanted
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
