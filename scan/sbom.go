package scan

import (
	"context"
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/sbom"
)

// SBOM judges the packages that an SBOM lists by the rules and advisories that
// judge those of an image, and stores nothing. The report is about
// vulnerabilities; its coverage says so, and which packages could not be
// looked up. Malicious packages, if any are listed, make it one about malware,
// too.
func (s *Scanner) SBOM(ctx context.Context, doc *sbom.Document) (*landwaiter.Report, error) {
	rep := &landwaiter.Report{
		Image: doc.Image, Base: doc.Base, Distro: doc.Distro, Packages: doc.Packages,
		ScanTime: time.Now().UTC(), Kinds: landwaiter.ScanVul,
		Analysers: doc.Format, Coverage: sbomCoverage(doc),
	}
	if err := s.Store.Verdicts.Judge(ctx, rep, Matcher); err != nil {
		return nil, err
	}
	if len(rep.Malware) > 0 {
		rep.Kinds |= landwaiter.ScanVirus
	}
	return rep, nil
}

// sbomCoverage keeps "nothing found" and "not looked at" apart.
func sbomCoverage(doc *sbom.Document) []landwaiter.Coverage {
	packages := landwaiter.Coverage{Analyser: landwaiter.AnalyserPackages, State: landwaiter.Scanned}
	if unused := doc.Unused(); unused != "" {
		packages.State, packages.Reason = landwaiter.Partial, unused
	}
	reason := fmt.Sprintf("the %s document lists packages only, no files", doc.Format)
	noConfig := fmt.Sprintf("the %s document does not contain the image configuration", doc.Format)
	return []landwaiter.Coverage{
		packages,
		{Analyser: landwaiter.AnalyserMalware, State: landwaiter.Skipped, Reason: reason + "; malicious packages are known by their names"},
		{Analyser: landwaiter.AnalyserRisks, State: landwaiter.Skipped, Reason: reason},
	}
}
