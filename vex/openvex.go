package vex

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The parts of an OpenVEX document that we use
// (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, version 0.2.0;
// in 0.0.1 vulnerabilities and products were strings).
type openStatement struct {
	Vulnerability openVulnerability `json:"vulnerability"`
	Products      []openProduct     `json:"products"`
	Status        string            `json:"status"`
	Justification string            `json:"justification"`
	Impact        string            `json:"impact_statement"`
	Notes         string            `json:"status_notes"`
	Timestamp     time.Time         `json:"timestamp"`
}

type openVulnerability struct {
	Name string `json:"name"`
	ID   string `json:"@id"`
}

// UnmarshalJSON reads both forms.
func (v *openVulnerability) UnmarshalJSON(b []byte) error {
	type object openVulnerability
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &v.Name)
	}
	return json.Unmarshal(b, (*object)(v))
}

type openProduct struct {
	openComponent
	Subcomponents []openComponent `json:"subcomponents"`
}

// openComponent has no components of its own: a type that parses itself goes over
// what is in it once for each level.
type openComponent struct {
	ID          string            `json:"@id"`
	Identifiers map[string]string `json:"identifiers"`
}

// UnmarshalJSON reads both forms.
func (p *openProduct) UnmarshalJSON(b []byte) error {
	if err := p.openComponent.UnmarshalJSON(b); err != nil || b[0] == '"' {
		return err
	}
	var inner struct {
		Subcomponents []openComponent `json:"subcomponents"`
	}
	err := json.Unmarshal(b, &inner)
	p.Subcomponents = inner.Subcomponents
	return err
}

// UnmarshalJSON reads both forms.
func (c *openComponent) UnmarshalJSON(b []byte) error {
	type object openComponent
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &c.ID)
	}
	return json.Unmarshal(b, (*object)(c))
}

func (c openComponent) name() string {
	if strings.HasPrefix(c.ID, "pkg:") {
		return c.ID
	}
	return cmp.Or(c.Identifiers["purl"], c.ID)
}

// claim is what a statement says of one product; a later one of the same
// product replaces it.
type claim struct {
	at          time.Time
	product     string // with the subcomponent
	suppression landwaiter.Suppression
}

func (p *parser) openVEX(data []byte) (*Document, error) {
	p.doc.Format = "OpenVEX"
	var head struct {
		ID         string          `json:"@id"`
		Author     string          `json:"author"`
		Timestamp  time.Time       `json:"timestamp"`
		Statements json.RawMessage `json:"statements"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, corrupt(err)
	}
	p.doc.Source = clip(cmp.Or(head.ID, p.name))
	var claims []claim
	err := elements(head.Statements, maxElement, func(raw json.RawMessage) error {
		var s openStatement
		if err := json.Unmarshal(raw, &s); err != nil {
			p.skip("a statement: %v", corrupt(err))
			return nil
		}
		if s.Timestamp.IsZero() {
			s.Timestamp = head.Timestamp
		}
		claims = p.claims(claims, s, clip(cmp.Or(head.Author, p.doc.Source)))
		if len(claims) > maxClaims {
			return landwaiter.Errorf(landwaiter.TooLarge, "the VEX document makes more than %d statements of products",
				maxClaims)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return a.at.Compare(b.at) })
	last := map[[2]string]int{}
	for i, c := range claims {
		last[[2]string{c.suppression.Vulnerability, c.product}] = i
	}
	for i, c := range claims {
		if last[[2]string{c.suppression.Vulnerability, c.product}] != i || c.suppression.Status == "" {
			continue
		}
		if err := p.add(c.suppression); err != nil {
			return nil, err
		}
	}
	return &p.doc, nil
}

// claims adds what a statement says of each of its products.
func (p *parser) claims(into []claim, s openStatement, author string) []claim {
	flaw := cmp.Or(s.Vulnerability.Name, s.Vulnerability.ID[strings.LastIndexByte(s.Vulnerability.ID, '/')+1:])
	base := landwaiter.Suppression{Vulnerability: clip(flaw), Source: p.doc.Source, Created: s.Timestamp}
	switch s.Status {
	case "not_affected":
		base.Status = landwaiter.NotAffected
	case "fixed":
		base.Status = landwaiter.AlreadyFixed
	case "affected", "under_investigation":
	default:
		p.skip("%s: status %q is none of OpenVEX", clip(flaw), clip(s.Status))
		return into
	}
	base.Reason = reason(s.Justification, cmp.Or(s.Impact, s.Notes), string(base.Status), author)
	if len(s.Products) == 0 {
		p.skip("%s: the statement names no product", clip(flaw))
	}
	for _, product := range s.Products {
		parts := product.Subcomponents
		if len(parts) == 0 {
			parts = []openComponent{{}}
		}
		for _, part := range parts {
			for _, scope := range p.scopes(flaw, product.name(), part.name()) {
				c := claim{at: s.Timestamp, product: product.name() + "\x00" + part.name() + "\x00" + scope.Image,
					suppression: base}
				c.suppression.Image, c.suppression.Package = scope.Image, scope.Package
				into = append(into, c)
			}
			if len(into) > maxClaims {
				return into
			}
		}
	}
	return into
}

// reason says why, in the words of the document.
func reason(justification, text, status, who string) string {
	why := strings.ReplaceAll(clip(justification), "_", " ")
	switch {
	case why == "" && text == "":
		return strings.ReplaceAll(status, "_", " ") + ", says " + who
	case why == "":
		return clip(text)
	case text == "":
		return why
	}
	return why + ": " + clip(text)
}
