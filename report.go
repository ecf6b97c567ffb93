package landwaiter

import "time"

// Report is what is known of one image after its last finished scan.
type Report struct {
	Image
	Target    string    // what the user asked for; "" when read by image ID
	Base      Base      // the image that it was built from; zero when not known
	Distro    OSRelease // zero when the image names no distribution
	ScanTime  time.Time
	Kinds     ScanKind // the kinds that were looked for
	Named     ScanKind // the kinds that the user asked for by name, looked for or not
	Analysers string   // names the analysers and their versions

	// Known holds the diffIDs whose bytes the scan did not have to read.
	Known map[string]bool
	// Cut holds the diffIDs of layers that were not read to their end. Their
	// facts, and coverage, belong to this image alone.
	Cut map[string]bool
	// Confinement says how far the process was confined that read the others:
	// "full", "partial" or "none"; "" when there are none. ConfinementReason is
	// why it was not full.
	Confinement       string
	ConfinementReason string

	Packages        []ImagePackage
	Vulnerabilities []ImageVulnerability
	Suppressed      []SuppressedVulnerability // covered by a suppression; they do not count
	Malware         []Malware
	Risks           []Risk
	Coverage        []Coverage

	// Advisories says how old those are that the packages were compared with.
	Advisories []AdvisoryAge
}

// ImageVulnerability is a vulnerability of a package in an image.
type ImageVulnerability struct {
	Vulnerability
	Path  string // where the package was found
	Layer string // diffID of the layer that introduced the package
}

// Worst returns the highest severity among the findings that are present.
func (r *Report) Worst() Severity {
	worst := Unknown
	for _, v := range r.Vulnerabilities {
		worst = max(worst, v.Severity)
	}
	for _, m := range r.Malware {
		if m.State == Present {
			worst = max(worst, m.Severity)
		}
	}
	for _, k := range r.Risks {
		if k.State == Present {
			worst = max(worst, k.Severity)
		}
	}
	return worst
}

// Findings returns how many findings the report has, hidden ones included.
func (r *Report) Findings() int {
	return len(r.Vulnerabilities) + len(r.Malware) + len(r.Risks)
}

// Only returns a copy of the report with the findings of the given kinds only.
func (r *Report) Only(kinds ScanKind) *Report {
	out := *r
	out.Kinds = kinds
	if !kinds.Has(ScanVul) {
		out.Vulnerabilities, out.Suppressed = nil, nil
	}
	if !kinds.Has(ScanVirus) {
		out.Malware = nil
	}
	if !kinds.Has(ScanRisk) {
		out.Risks = nil
	}
	return &out
}
