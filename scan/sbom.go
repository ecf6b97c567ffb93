package scan

import (
	"context"
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/sbom"
)

// SBOM matches the packages of an SBOM by the same rules and advisories as those of
// an image. It stores nothing. The report covers vulnerabilities, and malware if
// the SBOM lists malicious packages. Its coverage says what an SBOM cannot show,
// and which packages no advisory can be found for.
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

// sbomCoverage says what was not looked at, so that the report of an SBOM is not
// taken for that of an image in which nothing else was found.
func sbomCoverage(doc *sbom.Document) []landwaiter.Coverage {
	packages := landwaiter.Coverage{Analyser: landwaiter.AnalyserPackages, State: landwaiter.Scanned}
	if unused := doc.Unused(); unused != "" {
		packages.State, packages.Reason = landwaiter.Partial, unused
	}
	reason := fmt.Sprintf("the %s document lists packages only, no files", doc.Format)
	return []landwaiter.Coverage{
		packages,
		{
			Analyser: landwaiter.AnalyserMalware, State: landwaiter.Skipped,
			Reason: reason + "; malicious packages are known by their names",
		},
		{Analyser: landwaiter.AnalyserRisks, State: landwaiter.Skipped, Reason: reason},
	}
}
