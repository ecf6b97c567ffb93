package landwaiter

// CoverageState says how much of a layer an analyser looked at.
type CoverageState string

// The coverage states. They tell a layer without findings from one that nothing
// looked at.
const (
	Scanned CoverageState = "scanned" // looked at everything it wanted
	Noted   CoverageState = "noted"   // the same; Reason is for the reader's information only
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

// What else coverage is about, beside the analysers of layers.
const (
	AnalyserAdvisories   = "advisories"    // packages without advisories to compare them with
	AnalyserAdvisoryAge  = "advisory age"  // advisories that were not updated for long
	AnalyserMalwareLists = "malware lists" // hash lists and rules; without them only the built-in rules are left
	AnalyserRisks        = "risks"         // all of the risks
)
