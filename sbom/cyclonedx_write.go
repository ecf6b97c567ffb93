package sbom

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/match"
)

// WriteCycloneDX writes an image as a CycloneDX 1.6 document with its
// vulnerabilities. Suppressed ones have an analysis that says why. Version is that of
// Landwaiter. Equal reports result in equal bytes.
func WriteCycloneDX(w io.Writer, r *landwaiter.Report, version string) error {
	enc := cdx.NewBOMEncoder(landwaiter.PrintableJSON(w), cdx.BOMFileFormatJSON)
	enc.SetPretty(true)
	enc.SetEscapeHTML(false)
	return enc.EncodeVersion(newBOM(r, version), cdx.SpecVersion1_6)
}

func newBOM(r *landwaiter.Report, version string) *cdx.BOM {
	b := cdx.NewBOM()
	b.SerialNumber = serial(r).URN()
	b.Metadata = &cdx.Metadata{
		Timestamp: timestamp(r),
		Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{
			Type: cdx.ComponentTypeApplication, Name: "landwaiter", Version: version,
		}}},
		Component: &cdx.Component{
			Type: cdx.ComponentTypeContainer, BOMRef: "image", Name: subject(r), Version: r.ID,
			Properties: properties(imageFacts(r)),
		},
	}
	components := []cdx.Component{}
	if r.Distro.ID != "" {
		components = append(components, cdx.Component{
			Type: cdx.ComponentTypeOS, BOMRef: "os", Name: r.Distro.ID, Version: r.Distro.Version,
			Properties: properties(systemFacts(r.Distro)),
		})
	}
	refs := map[packageVersion][]string{}
	for i, p := range r.Packages {
		c := component(p, r.Distro, "package-"+strconv.Itoa(i+1))
		components = append(components, c)
		refs[versionOf(p)] = append(refs[versionOf(p)], c.BOMRef)
	}
	b.Components = &components
	vulns := []cdx.Vulnerability{}
	steps := history.Layers(r.Image)
	for _, v := range r.Vulnerabilities {
		vulns = append(vulns, vulnerability(v, steps[v.Layer], r.FromBase(v.Layer), refs[affected(v)]))
	}
	for _, v := range r.Suppressed {
		out := vulnerability(v.ImageVulnerability, steps[v.Layer], r.FromBase(v.Layer), refs[affected(v.ImageVulnerability)])
		vulns = append(vulns, suppress(out, v.By))
	}
	b.Vulnerabilities = &vulns
	return b
}

// packageVersion is a package version as a finding names it.
type packageVersion struct{ typ, ecosystem, name, version string }

func versionOf(p landwaiter.ImagePackage) packageVersion {
	return packageVersion{p.Type, p.Ecosystem, p.Name, p.Version}
}

func affected(v landwaiter.ImageVulnerability) packageVersion {
	return packageVersion{v.Type, v.Ecosystem, v.Package, v.Version}
}

// serial returns the identity of the document. It depends on the image and the scan
// only, so that writing a document twice does not make two of it.
func serial(r *landwaiter.Report) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(factPrefix+r.ID+" "+subject(r)+" "+timestamp(r)))
}

func timestamp(r *landwaiter.Report) string { return r.ScanTime.UTC().Format(time.RFC3339) }

// subject returns the name of the document's subject for people.
func subject(r *landwaiter.Report) string {
	name := r.Target
	if len(r.Names) > 0 {
		name = cmp.Or(name, r.Names[0])
	}
	return cmp.Or(name, r.ID, "unknown")
}

func component(p landwaiter.ImagePackage, os landwaiter.OSRelease, ref string) cdx.Component {
	c := cdx.Component{
		Type: cdx.ComponentTypeLibrary, BOMRef: ref, Name: p.Name, Version: p.Version,
		PackageURL: PURL(p.Package, os), Properties: properties(packageFacts(p)),
	}
	if p.Dev {
		c.Scope = cdx.ScopeExcluded
	}
	return c
}

func properties(facts []fact) *[]cdx.Property {
	if len(facts) == 0 {
		return nil
	}
	out := make([]cdx.Property, len(facts))
	for i, f := range facts {
		out[i] = cdx.Property{Name: f.name, Value: f.value}
	}
	return &out
}

func vulnerability(v landwaiter.ImageVulnerability, step string, base bool, refs []string) cdx.Vulnerability {
	affects := make([]cdx.Affects, len(refs))
	for i, ref := range refs {
		versions := []cdx.AffectedVersions{{Version: v.Version, Status: cdx.VulnerabilityStatusAffected}}
		affects[i] = cdx.Affects{Ref: ref, Range: &versions}
	}
	out := cdx.Vulnerability{
		ID: v.ID, Source: osv(cmp.Or(v.Advisory, v.ID)), Description: v.Summary, Ratings: ratings(v),
		Affects: &affects, Properties: properties(findingFacts(v, step, base)),
	}
	if len(v.Aliases) > 0 {
		references := make([]cdx.VulnerabilityReference, len(v.Aliases))
		for i, id := range v.Aliases {
			references[i] = cdx.VulnerabilityReference{ID: id, Source: osv(id)}
		}
		out.References = &references
	}
	if v.Fixed != "" {
		out.Recommendation = fmt.Sprintf("Upgrade %s to %s.", v.Package, v.Fixed)
	}
	if !v.Published.IsZero() {
		out.Published = v.Published.UTC().Format(time.RFC3339)
	}
	return out
}

// suppress adds the analysis of a suppressed finding. A risk that is accepted stays
// exploitable.
func suppress(v cdx.Vulnerability, by landwaiter.Suppression) cdx.Vulnerability {
	v.Analysis = &cdx.VulnerabilityAnalysis{Detail: fmt.Sprintf("%s (%s)", by.Reason, by.Source)}
	switch by.Status {
	case landwaiter.NotAffected:
		v.Analysis.State = cdx.IASNotAffected
	case landwaiter.AlreadyFixed:
		v.Analysis.State = cdx.IASResolved
	default:
		v.Analysis.State, v.Analysis.Response = cdx.IASExploitable, &[]cdx.ImpactAnalysisResponse{cdx.IARWillNotFix}
		return v
	}
	for _, a := range *v.Affects {
		(*a.Range)[0].Status = cdx.VulnerabilityStatusNotAffected
	}
	return v
}

// findingFacts returns the facts of a finding for which the format has no field.
func findingFacts(v landwaiter.ImageVulnerability, step string, base bool) []fact {
	return slices.DeleteFunc([]fact{
		{factLayer, v.Layer}, {factInstruction, step}, {factPrefix + "fromBase", Flag(base)}, {factPath, v.Path},
		{factPrefix + "fixed", v.Fixed}, {factPrefix + "upgrade", v.Upgrade}, {factPrefix + "exploit", v.Exploit},
		{factPrefix + "kev", Flag(v.KEV)}, {factPrefix + "epss", Probability(v.EPSS)},
		{factPrefix + "category", v.Category},
	}, func(f fact) bool { return f.value == "" })
}

func osv(id string) *cdx.Source {
	return &cdx.Source{Name: "OSV", URL: advisoryURL(id)}
}

// advisoryURL returns the web page of an OSV record.
func advisoryURL(id string) string { return "https://osv.dev/vulnerability/" + url.PathEscape(id) }

// ratings returns one rating with severity and score, or two if the severity is not
// that of the score, because the distribution rated the flaw itself.
func ratings(v landwaiter.ImageVulnerability) *[]cdx.VulnerabilityRating {
	ours := cdx.VulnerabilityRating{Severity: cdx.Severity(v.Severity.String())}
	if v.CVSS == 0 {
		return &[]cdx.VulnerabilityRating{ours}
	}
	scored := cdx.VulnerabilityRating{
		Severity: ours.Severity, Score: &v.CVSS, Vector: v.CVSSVector, Method: scoring(v.CVSSVector),
	}
	s, ok := match.ParseCVSS(v.CVSSVector)
	if !ok || s.Severity == v.Severity {
		return &[]cdx.VulnerabilityRating{scored}
	}
	scored.Severity = cdx.Severity(s.Severity.String())
	return &[]cdx.VulnerabilityRating{ours, scored}
}

func scoring(vector string) cdx.ScoringMethod {
	switch {
	case strings.HasPrefix(vector, "CVSS:4"):
		return cdx.ScoringMethodCVSSv4
	case strings.HasPrefix(vector, "CVSS:3.1"):
		return cdx.ScoringMethodCVSSv31
	case strings.HasPrefix(vector, "CVSS:3"):
		return cdx.ScoringMethodCVSSv3
	case strings.HasPrefix(vector, "AV:"):
		return cdx.ScoringMethodCVSSv2
	}
	return cdx.ScoringMethodOther
}
