package report

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/landwaiter/landwaiter"
)

// writeCycloneDX writes one image as a CycloneDX 1.6 document with its
// vulnerabilities. The format describes one subject, so several images are
// refused.
func writeCycloneDX(w io.Writer, reports []*landwaiter.Report, opts Options) error {
	if len(reports) != 1 {
		return landwaiter.Errorf(landwaiter.Invalid, "a CycloneDX document describes one image, not %d; scan them one by one", len(reports))
	}
	enc := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON)
	enc.SetPretty(true)
	return enc.EncodeVersion(bom(reports[0], opts), cdx.SpecVersion1_6)
}

func bom(r *landwaiter.Report, opts Options) *cdx.BOM {
	b := cdx.NewBOM()
	b.Metadata = &cdx.Metadata{
		Timestamp: r.ScanTime.UTC().Format(time.RFC3339),
		Tools:     &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "landwaiter", Version: opts.Version}}},
		Component: &cdx.Component{Type: cdx.ComponentTypeContainer, BOMRef: r.ID, Name: cmp.Or(r.Target, first(r.Names), r.ID), Version: r.ID},
	}
	refs := map[string]string{} // ecosystem, name and version -> bom-ref
	components := []cdx.Component{}
	if r.Distro.ID != "" {
		components = append(components, cdx.Component{Type: cdx.ComponentTypeOS, BOMRef: "os", Name: r.Distro.ID, Version: r.Distro.Version})
	}
	for i, p := range r.Packages {
		ref := fmt.Sprintf("%d-%s", i, p.PURL)
		refs[p.Ecosystem+"|"+p.Name+"|"+p.Version] = ref
		components = append(components, component(p, ref))
	}
	b.Components = &components
	vulns := []cdx.Vulnerability{}
	for _, v := range r.Vulnerabilities {
		vulns = append(vulns, vulnerability(v, refs[v.Ecosystem+"|"+v.Package+"|"+v.Version]))
	}
	b.Vulnerabilities = &vulns
	return b
}

func component(p landwaiter.ImagePackage, ref string) cdx.Component {
	props := []cdx.Property{{Name: "landwaiter:layer", Value: p.Layer}, {Name: "landwaiter:path", Value: p.Path}}
	if p.SourceName != "" {
		props = append(props, cdx.Property{Name: "landwaiter:source", Value: p.SourceName + "@" + p.SourceVersion})
	}
	return cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: ref, Name: p.Name, Version: p.Version, PackageURL: p.PURL, Properties: &props}
}

func vulnerability(v landwaiter.ImageVulnerability, ref string) cdx.Vulnerability {
	rating := cdx.VulnerabilityRating{Severity: cdx.Severity(v.Severity.String()), Vector: v.CVSSVector}
	if v.CVSS > 0 {
		rating.Score = &v.CVSS
	}
	out := cdx.Vulnerability{
		ID: v.ID, Description: v.Summary, Ratings: &[]cdx.VulnerabilityRating{rating},
		Affects: &[]cdx.Affects{{Ref: ref, Range: &[]cdx.AffectedVersions{{Version: v.Version, Status: cdx.VulnerabilityStatusAffected}}}},
	}
	if v.Fixed != "" {
		out.Recommendation = "upgrade " + v.Package + " to " + v.Fixed
	}
	return out
}

// uriPath makes a path of an image a relative URI.
func uriPath(path string) string { return (&url.URL{Path: path}).EscapedPath() }
