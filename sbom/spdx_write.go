package sbom

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/landwaiter/landwaiter"
)

// The part of SPDX 2.3 that is written here
// (https://spdx.github.io/spdx-spec/v2.3/).
type spdxDocument struct {
	Version       string             `json:"spdxVersion"`
	DataLicense   string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      spdxCreation       `json:"creationInfo"`
	Packages      []spdxPackage      `json:"packages"`
	Relationships []spdxRelationship `json:"relationships"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID               string           `json:"SPDXID"`
	Name             string           `json:"name"`
	Version          string           `json:"versionInfo,omitempty"`
	Purpose          string           `json:"primaryPackagePurpose,omitempty"`
	DownloadLocation string           `json:"downloadLocation"`
	FilesAnalyzed    bool             `json:"filesAnalyzed"`
	ExternalRefs     []spdxRef        `json:"externalRefs,omitempty"`
	Annotations      []spdxAnnotation `json:"annotations,omitempty"`
}

type spdxRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
	Comment  string `json:"comment,omitempty"`
}

type spdxAnnotation struct {
	Date      string `json:"annotationDate"`
	Type      string `json:"annotationType"`
	Annotator string `json:"annotator"`
	Comment   string `json:"comment"`
}

type spdxRelationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

// The identifiers that occur once in a document.
const (
	spdxDocumentID = "SPDXRef-DOCUMENT"
	spdxImageID    = "SPDXRef-Image"
	spdxSystemID   = "SPDXRef-OperatingSystem"
)

// WriteSPDX writes an image as an SPDX 2.3 document in JSON. Its packages refer to the
// advisories that affect them; references to suppressed ones have a comment. Version is
// that of Landwaiter. Equal reports result in equal bytes.
func WriteSPDX(w io.Writer, r *landwaiter.Report, version string) error {
	enc := json.NewEncoder(landwaiter.PrintableJSON(w))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	s := spdxWriter{report: r, tool: "Tool: landwaiter-" + version}
	return enc.Encode(s.document())
}

type spdxWriter struct {
	report *landwaiter.Report
	tool   string
}

func (s spdxWriter) document() spdxDocument {
	r := s.report
	doc := spdxDocument{
		Version: "SPDX-2.3", DataLicense: "CC0-1.0", ID: spdxDocumentID, Name: subject(r),
		Namespace: "https://github.com/landwaiter/landwaiter/spdx/" + serial(r).String(),
		Creation:  spdxCreation{Created: timestamp(r), Creators: []string{s.tool}},
	}
	doc.add(spdxDocumentID, "DESCRIBES", s.pkg(spdxImageID, subject(r), r.ID, "CONTAINER", imageFacts(r)))
	if r.Distro.ID != "" {
		system := s.pkg(spdxSystemID, r.Distro.ID, r.Distro.Version, "OPERATING_SYSTEM", systemFacts(r.Distro))
		doc.add(spdxImageID, "CONTAINS", system)
	}
	advisories := s.advisories()
	for i, p := range r.Packages {
		out := s.pkg("SPDXRef-Package-"+strconv.Itoa(i+1), p.Name, p.Version, "", packageFacts(p))
		purl := spdxRef{Category: "PACKAGE-MANAGER", Type: "purl", Locator: PURL(p.Package, r.Distro)}
		out.ExternalRefs = append([]spdxRef{purl}, advisories[versionOf(p)]...)
		doc.add(spdxImageID, "CONTAINS", out)
	}
	return doc
}

// advisories returns the references to the advisories that affect each package
// version, including suppressed ones with a comment that says why.
func (s spdxWriter) advisories() map[packageVersion][]spdxRef {
	out := map[packageVersion][]spdxRef{}
	add := func(v landwaiter.ImageVulnerability, comment string) {
		out[affected(v)] = append(out[affected(v)], spdxRef{"SECURITY", "advisory", advisoryURL(v.ID), comment})
	}
	for _, v := range s.report.Vulnerabilities {
		add(v, "")
	}
	for _, v := range s.report.Suppressed {
		add(v.ImageVulnerability, fmt.Sprintf("suppressed, %s: %s (%s)", v.By.Status, v.By.Reason, v.By.Source))
	}
	return out
}

// add adds a package, and the relation of another element to it.
func (d *spdxDocument) add(element, relation string, p spdxPackage) {
	d.Packages = append(d.Packages, p)
	d.Relationships = append(d.Relationships, spdxRelationship{element, relation, p.ID})
}

func (s spdxWriter) pkg(id, name, version, purpose string, facts []fact) spdxPackage {
	p := spdxPackage{ID: id, Name: name, Version: version, Purpose: purpose, DownloadLocation: "NOASSERTION"}
	for _, f := range facts {
		p.Annotations = append(p.Annotations, spdxAnnotation{
			Date: timestamp(s.report), Type: "OTHER", Annotator: s.tool, Comment: f.name + "=" + f.value,
		})
	}
	return p
}
