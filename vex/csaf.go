package vex

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The parts of a CSAF 2.0 document that are used
// (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html, profiles
// csaf_vex and csaf_security_advisory), as Red Hat and SUSE publish them.
// Lists are decoded one element at a time, since those of a kernel have tens of
// megabytes.
type csafBranch struct {
	Product  csafProduct     `json:"product"`
	Branches json.RawMessage `json:"branches"`
}

type csafProduct struct {
	ID     string `json:"product_id"`
	Helper struct {
		PURL string `json:"purl"`
		CPE  string `json:"cpe"`
	} `json:"product_identification_helper"`
}

type csafRelationship struct {
	Whole   csafProduct `json:"full_product_name"`
	Part    string      `json:"product_reference"`
	Related string      `json:"relates_to_product_reference"`
}

type csafVulnerability struct {
	CVE string `json:"cve"`
	IDs []struct {
		Text string `json:"text"`
	} `json:"ids"`
	Status struct {
		NotAffected json.RawMessage `json:"known_not_affected"`
		Fixed       json.RawMessage `json:"fixed"`
		FirstFixed  json.RawMessage `json:"first_fixed"`
	} `json:"product_status"`
	Flags   json.RawMessage `json:"flags"`
	Threats json.RawMessage `json:"threats"`
}

// csafRemark is a flag or a threat, which says why products are not affected.
type csafRemark struct {
	Label    string          `json:"label"`    // of a flag
	Category string          `json:"category"` // of a threat
	Details  string          `json:"details"`
	Products json.RawMessage `json:"product_ids"`
}

// csafNames are the products of a document by ID. A part is a product as a
// component of another.
type csafNames struct {
	products map[string]csafProduct
	parts    map[string]csafRelationship
}

func (p *parser) csaf(data []byte) (*Document, error) {
	p.doc.Format = "CSAF"
	var head struct {
		Document struct {
			Category  string `json:"category"`
			Publisher struct {
				Name string `json:"name"`
			} `json:"publisher"`
			Tracking struct {
				ID      string    `json:"id"`
				Current time.Time `json:"current_release_date"`
			} `json:"tracking"`
		} `json:"document"`
		Tree struct {
			Branches      json.RawMessage `json:"branches"`
			FullNames     json.RawMessage `json:"full_product_names"`
			Relationships json.RawMessage `json:"relationships"`
		} `json:"product_tree"`
		Vulnerabilities json.RawMessage `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, corrupt(err)
	}
	about := head.Document
	if about.Category != "csaf_vex" && about.Category != "csaf_security_advisory" {
		return nil, landwaiter.Errorf(landwaiter.Unsupported,
			"CSAF documents of the category %q have no statements about products; csaf_vex ones do", clip(about.Category))
	}
	// Tracking IDs are unique per publisher.
	p.doc.Source = clip(cmp.Or(strings.TrimSpace(about.Publisher.Name+" "+about.Tracking.ID), p.name))
	names := csafNames{map[string]csafProduct{}, map[string]csafRelationship{}}
	if err := p.csafBranches(&names, head.Tree.Branches, 0); err != nil {
		return nil, err
	}
	err := decoded(p, head.Tree.FullNames, func(c csafProduct) error { return names.add(c) })
	if err != nil {
		return nil, err
	}
	err = decoded(p, head.Tree.Relationships, func(r csafRelationship) error {
		names.parts[r.Whole.ID] = r
		return names.check()
	})
	if err != nil {
		return nil, err
	}
	return &p.doc, decoded(p, head.Vulnerabilities, func(v csafVulnerability) error {
		return p.csafFlaw(v, names, about.Tracking.Current)
	})
}

// decoded calls each for every element of a list, which may be of any size. It
// skips elements of another type.
func decoded[T any](p *parser, list json.RawMessage, each func(T) error) error {
	return elements(list, maxDocument, func(raw json.RawMessage) error {
		var x T
		if err := json.Unmarshal(raw, &x); err != nil {
			p.skip("a part of the document: %v", corrupt(err))
			return nil
		}
		return each(x)
	})
}

func (n *csafNames) add(c csafProduct) error {
	if c.ID != "" && (c.Helper.PURL != "" || c.Helper.CPE != "") {
		n.products[c.ID] = c
	}
	return n.check()
}

func (n *csafNames) check() error {
	if len(n.products)+len(n.parts) > maxComponents {
		return landwaiter.Errorf(landwaiter.TooLarge, "the VEX document has more than %d products", maxComponents)
	}
	return nil
}

// maxBranches bounds how deep branches may nest. Vendor, family, name, version
// and architecture are 5 levels. Each level is parsed once more.
const maxBranches = 12

func (p *parser) csafBranches(names *csafNames, list json.RawMessage, depth int) error {
	if depth == maxBranches {
		p.skip("products that nest more than %d levels deep", maxBranches)
		return nil
	}
	return decoded(p, list, func(b csafBranch) error {
		if err := names.add(b.Product); err != nil {
			return err
		}
		return p.csafBranches(names, b.Branches, depth+1)
	})
}

// csafFlaw adds the suppressions for one flaw.
func (p *parser) csafFlaw(v csafVulnerability, names csafNames, at time.Time) error {
	if v.CVE == "" && len(v.IDs) > 0 {
		v.CVE = v.IDs[0].Text
	}
	why, err := p.csafReasons(v)
	if err != nil {
		return err
	}
	s := landwaiter.Suppression{Vulnerability: clip(v.CVE), Source: p.doc.Source, Created: at}
	for _, status := range []struct {
		list json.RawMessage
		is   landwaiter.SuppressionStatus
	}{{v.Status.NotAffected, landwaiter.NotAffected}, {v.Status.Fixed, landwaiter.AlreadyFixed},
		{v.Status.FirstFixed, landwaiter.AlreadyFixed}} {
		err := decoded(p, status.list, func(id string) error {
			s.Status = status.is
			s.Reason = cmp.Or(why[id], reason("", "", string(s.Status), p.doc.Source))
			for _, scope := range p.csafScopes(v.CVE, id, names) {
				s.Image, s.Package = scope.Image, scope.Package
				if err := p.add(s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// csafReasons returns why products are not affected, by product ID. It ignores
// impacts that are severities, as some publishers write them.
func (p *parser) csafReasons(v csafVulnerability) (map[string]string, error) {
	why := map[string]string{}
	for _, list := range []json.RawMessage{v.Threats, v.Flags} {
		err := decoded(p, list, func(r csafRemark) error {
			text := reason(r.Label, "", "", "")
			if r.Label == "" {
				if _, severity := landwaiter.ParseSeverity(r.Details); severity || r.Category != "impact" {
					return nil
				}
				text = clip(r.Details)
			}
			return decoded(p, r.Products, func(id string) error {
				if len(why) < maxComponents {
					why[id] = text
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return why, nil
}
