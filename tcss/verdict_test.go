package tcss

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// verdictFleet has two images more than the fleet: "y" with packages that
// nothing can be compared with, a layer that was lost, a hint and a secret, and
// "z" with a hint alone.
func verdictFleet(t *testing.T) selectionFleet {
	t.Helper()
	s := newSelectionFleet(t)
	layer := "sha256:" + strings.Repeat("9", 64)
	hint := landwaiter.Risk{Rule: "no-healthcheck", Severity: landwaiter.Low, State: landwaiter.Present}
	for letter, rep := range map[string]landwaiter.Report{
		"y": {
			Kinds: landwaiter.ScanAll,
			Packages: []landwaiter.ImagePackage{{Package: landwaiter.Package{
				Type: "apk", Ecosystem: "Alpine:v9.9", Name: "a", Version: "1", Path: "lib/apk/db/installed",
			}, Layer: layer}},
			Risks: []landwaiter.Risk{hint, {
				Rule: "secret-env", Severity: landwaiter.High, State: landwaiter.Present,
			}},
			Coverage: []landwaiter.Coverage{
				{Layer: layer, Analyser: landwaiter.AnalyserMalware, State: landwaiter.Failed, Reason: "lost"},
				{Layer: layer, Analyser: landwaiter.AnalyserSecrets, State: landwaiter.Scanned},
			},
		},
		"z": {Kinds: landwaiter.ScanRisk, Risks: []landwaiter.Risk{hint}},
	} {
		rep.Image = landwaiter.Image{
			ID: imageID(letter), Names: []string{"verdict/" + letter}, Layers: []landwaiter.LayerRef{{DiffID: layer}},
		}
		if err := s.Store.Images().Put(t.Context(), rep.Image, store.Place{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Store.Reports().Commit(t.Context(), &rep, scan.Matcher, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestVerdictsOnTheWire: the errors of kinds say what could not be looked at, in
// the list as in the detail, and RiskCnt counts secrets in all places.
func TestVerdictsOnTheWire(t *testing.T) {
	s := verdictFleet(t)
	named := []AssetFilters{{Name: "ImageName", Values: []string{"verdict/y"}}}
	list, err := s.describeImageList(t.Context(), &DescribeAssetImageListRequest{Filters: named})
	if err != nil || len(list.List) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	got := list.List[0]
	detail, err := s.describeImageDetail(t.Context(), &DescribeAssetImageDetailRequest{ImageID: imageID("y")})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.ScanVulError, "no advisories for Alpine:v9.9") ||
		!strings.Contains(got.ScanVirusError, "lost") || got.ScanRiskError != "" || got.ScanError != "" {
		t.Errorf("errors of the list: %q, %q, %q, %q",
			got.ScanVulError, got.ScanVirusError, got.ScanRiskError, got.ScanError)
	}
	if detail.ScanVulError != got.ScanVulError || detail.ScanVirusError != got.ScanVirusError ||
		detail.ScanRiskError != got.ScanRiskError || detail.ScanError != got.ScanError {
		t.Errorf("errors of the detail: %+v", detail)
	}
	if got.RiskCnt != 1 || detail.RiskCnt != 1 || detail.SensitiveInfoCnt != 1 {
		t.Errorf("RiskCnt is %d in the list and %d in the detail, want 1", got.RiskCnt, detail.RiskCnt)
	}
	risks, err := s.describeRiskSummary(t.Context(), &DescribeImageRiskSummaryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range risks.RiskCnt {
		if want := map[string]uint64{"HIGH": 1}[r.Level]; r.Cnt != want {
			t.Errorf("summary: %+v, want %d", r, want)
		}
	}
	risky := []AssetFilters{
		{Name: "SecurityRisk", Values: []string{"RiskCnt"}}, {Name: "ImageName", Values: []string{"verdict/"}},
	}
	if list, err = s.describeImageList(t.Context(), &DescribeAssetImageListRequest{Filters: risky}); err != nil ||
		len(list.List) != 1 || list.List[0].ImageID != imageID("y") {
		t.Errorf("filter: %+v, %v", list, err)
	}
}

// TestHintsAreNoRisk: an image whose only finding is a hint is not unsafe.
func TestHintsAreNoRisk(t *testing.T) {
	before, err := newSelectionFleet(t).describeAssetSummary(t.Context(), &DescribeAssetSummaryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	after, err := verdictFleet(t).describeAssetSummary(t.Context(), &DescribeAssetSummaryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if after.ImageCnt != before.ImageCnt+2 || after.ImageUnsafeCnt != before.ImageUnsafeCnt+1 ||
		after.ImageHasRiskInfoCnt != before.ImageHasRiskInfoCnt+1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}
