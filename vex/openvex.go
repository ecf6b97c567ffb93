package vex

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The parts of an OpenVEX document that are used
// (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md, version 0.2.0;
// in 0.0.1, vulnerabilities and products are strings).
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

// UnmarshalJSON decodes an object or a string.
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

// openComponent has no nested components: a type with its own UnmarshalJSON
// would parse nested ones once for each level.
type openComponent struct {
	ID          string            `json:"@id"`
	Identifiers map[string]string `json:"identifiers"`
}

// UnmarshalJSON decodes an object or a string.
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

// UnmarshalJSON decodes an object or a string.
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

// productStatement is a statement about one product. A later statement about
// the same product replaces it.
type productStatement struct {
	at          time.Time
	product     string // including the subcomponent
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
	var list []productStatement
	err := elements(head.Statements, maxElement, func(raw json.RawMessage) error {
		var s openStatement
		if err := json.Unmarshal(raw, &s); err != nil {
			p.skip("a statement: %v", corrupt(err))
			return nil
		}
		if s.Timestamp.IsZero() {
			s.Timestamp = head.Timestamp
		}
		list = p.productStatements(list, s, clip(cmp.Or(head.Author, p.doc.Source)))
		if len(list) > maxSuppressions {
			return landwaiter.Errorf(landwaiter.TooLarge, "the VEX document has more than %d statements about products",
				maxSuppressions)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b productStatement) int { return a.at.Compare(b.at) })
	last := map[[2]string]int{}
	for i, c := range list {
		last[[2]string{c.suppression.Vulnerability, c.product}] = i
	}
	for i, c := range list {
		if last[[2]string{c.suppression.Vulnerability, c.product}] != i || c.suppression.Status == "" {
			continue
		}
		if err := p.add(c.suppression); err != nil {
			return nil, err
		}
	}
	return &p.doc, nil
}

// productStatements appends a statement for each of its products to into.
func (p *parser) productStatements(into []productStatement, s openStatement, author string) []productStatement {
	flaw := cmp.Or(s.Vulnerability.Name, s.Vulnerability.ID[strings.LastIndexByte(s.Vulnerability.ID, '/')+1:])
	base := landwaiter.Suppression{Vulnerability: clip(flaw), Source: p.doc.Source, Created: s.Timestamp}
	switch s.Status {
	case "not_affected":
		base.Status = landwaiter.NotAffected
	case "fixed":
		base.Status = landwaiter.AlreadyFixed
	case "affected", "under_investigation":
	default:
		p.skip("%s: OpenVEX has no status %q", clip(flaw), clip(s.Status))
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
				c := productStatement{suppression: base, at: s.Timestamp,
					product: product.name() + "\x00" + part.name() + "\x00" + scope.Image}
				c.suppression.Image, c.suppression.Package = scope.Image, scope.Package
				into = append(into, c)
			}
			if len(into) > maxSuppressions {
				return into
			}
		}
	}
	return into
}

// reason returns the reason of a suppression in the words of the document.
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
