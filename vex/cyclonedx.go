package vex

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The parts of a CycloneDX document that are used
// (https://cyclonedx.org/docs/1.6/json/#vulnerabilities).
type cdxVulnerability struct {
	ID       string `json:"id"`
	Analysis struct {
		State         string    `json:"state"`
		Justification string    `json:"justification"`
		Detail        string    `json:"detail"`
		LastUpdated   time.Time `json:"lastUpdated"`
	} `json:"analysis"`
	Affects []cdxAffects `json:"affects"`
}

type cdxAffects struct {
	Ref      string `json:"ref"`
	Versions []struct {
		Version string `json:"version"`
		Range   string `json:"range"`
		Status  string `json:"status"`
	} `json:"versions"`
}

type cdxComponent struct {
	Ref        string            `json:"bom-ref"`
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	PURL       string            `json:"purl"`
	Components []json.RawMessage `json:"components"`
}

func (p *parser) cycloneDX(data []byte) (*Document, error) {
	p.doc.Format = "CycloneDX"
	var head struct {
		Serial   string `json:"serialNumber"`
		Metadata struct {
			Component cdxComponent `json:"component"`
		} `json:"metadata"`
		Components      json.RawMessage `json:"components"`
		Vulnerabilities json.RawMessage `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, corrupt(err)
	}
	products := map[string]string{}
	whole := head.Metadata.Component
	whole.Components = nil
	note(products, whole)
	err := elements(head.Components, maxElement,
		func(raw json.RawMessage) error { return p.components(products, raw, 0) })
	if err != nil {
		return nil, err
	}
	p.doc.Source = clip(cmp.Or(head.Serial, p.name))
	err = elements(head.Vulnerabilities, maxElement, func(raw json.RawMessage) error {
		var v cdxVulnerability
		if err := json.Unmarshal(raw, &v); err != nil {
			p.skip("a vulnerability: %v", corrupt(err))
			return nil
		}
		return p.analysis(v, products)
	})
	return &p.doc, err
}

// maxDepth bounds how deep components may nest.
const maxDepth = 32

// components records the names of a component and of those nested in it.
func (p *parser) components(products map[string]string, raw json.RawMessage, depth int) error {
	var c cdxComponent
	if depth == maxDepth {
		p.skip("components that nest more than %d levels deep", maxDepth)
		return nil
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		p.skip("a component: %v", corrupt(err))
		return nil
	}
	note(products, c)
	if len(products) > maxComponents {
		return landwaiter.Errorf(landwaiter.TooLarge, "the VEX document has more than %d components", maxComponents)
	}
	for _, inner := range c.Components {
		if err := p.components(products, inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// note records the product of a component under its reference: its package URL
// or, if it is an image, its name and tag.
func note(products map[string]string, c cdxComponent) {
	product := c.PURL
	if c.Type == "container" && product == "" {
		switch {
		case strings.HasPrefix(c.Version, "sha256:"):
			product = c.Version
		case c.Name != "":
			product = "pkg:docker/" + c.Name
			if c.Version != "" {
				product += "@" + url.PathEscape(c.Version)
			}
		}
	}
	if product != "" {
		products[cmp.Or(c.Ref, product)] = product
	}
}

// analysis adds the suppressions from the analysis of one vulnerability.
func (p *parser) analysis(v cdxVulnerability, products map[string]string) error {
	s := landwaiter.Suppression{Vulnerability: clip(v.ID), Source: p.doc.Source, Created: v.Analysis.LastUpdated}
	switch v.Analysis.State {
	case "not_affected", "false_positive":
		s.Status = landwaiter.NotAffected
	case "resolved", "resolved_with_pedigree":
		s.Status = landwaiter.AlreadyFixed
	case "", "exploitable", "in_triage":
		return nil
	default:
		p.skip("%s: CycloneDX has no state %q", clip(v.ID), clip(v.Analysis.State))
		return nil
	}
	s.Reason = reason(v.Analysis.Justification, v.Analysis.Detail, v.Analysis.State, p.doc.Source)
	if len(v.Affects) == 0 {
		p.skip("%s: the analysis names no component", clip(v.ID))
	}
	for _, a := range v.Affects {
		product := productOf(a.Ref, products)
		for _, one := range p.versions(v.ID, a, product) {
			for _, scope := range p.scopes(v.ID, one, "") {
				s.Image, s.Package = scope.Image, scope.Package
				if err := p.add(s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// productOf resolves a reference to a component of the document, or a BOM-Link
// (urn:cdx:serial/version#ref, https://cyclonedx.org/capabilities/bomlink/) to a
// component that is named by its package URL.
func productOf(ref string, products map[string]string) string {
	if strings.HasPrefix(ref, "urn:cdx:") {
		_, fragment, _ := strings.Cut(ref, "#")
		if decoded, err := url.PathUnescape(fragment); err == nil {
			ref = decoded
		}
	}
	return cmp.Or(products[ref], ref)
}

// versions returns the product once for each version that is listed and not
// affected, or once without a version if none is listed.
func (p *parser) versions(id string, a cdxAffects, product string) []string {
	if len(a.Versions) == 0 {
		return []string{product}
	}
	var out []string
	for _, v := range a.Versions {
		switch {
		case v.Status == "affected" || v.Status == "unknown":
		case v.Version == "":
			p.skip("%s: version ranges such as %q are not supported; list versions", clip(id), clip(v.Range))
		case strings.Contains(product, "@"):
			out = append(out, product) // the product includes its version
		default:
			out = append(out, product+"@"+url.PathEscape(v.Version))
		}
	}
	return out
}
