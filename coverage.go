package landwaiter

// CoverageState says whether an analyser looked at a layer.
type CoverageState string

// The coverage states. Clean is not the same as not looked at.
const (
	Scanned CoverageState = "scanned" // looked at everything it wanted
	Noted   CoverageState = "noted"   // the same; Reason names what no advisory could be missed for, and is not read
	Partial CoverageState = "partial" // some files were skipped or broken; Reason says which
	Skipped CoverageState = "skipped" // not looked at, on purpose
	Failed  CoverageState = "failed"  // could not look
)

// Partial, Skipped and Failed make a verdict incomplete: something that advisories,
// lists or rules speak of may have been missed. Noted does not: it names software
// that was recognised and that no advisory exists for, such as Snap packages.

// Coverage is what one analyser could look at in one layer.
type Coverage struct {
	Layer    string // diffID; "" for the image config
	Analyser string
	State    CoverageState
	Reason   string // "" when Scanned
}
