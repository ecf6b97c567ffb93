package store

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// RegistrySelection says which images of registries to take: those of Numbers
// and Images, else those that match Filters, else all; narrowed by each of the
// conditions that follow. All conditions hold for the same place: an image
// that one registry has in a namespace, and another as the latest, is not the
// latest in that namespace. Images that have vanished from their registry are
// left out.
type RegistrySelection struct {
	Numbers []int64             `json:",omitempty"`
	Images  []RegistryRef       `json:",omitempty"`
	Filters []landwaiter.Filter `json:",omitempty"`

	Exclude    []int64  `json:",omitempty"`
	Latest     bool     `json:",omitempty"` // only the newest image of each repository
	Types      []string `json:",omitempty"` // kinds of registry: "harbor", ...
	Namespaces []string `json:",omitempty"`
	Registries []string `json:",omitempty"` // by name
}

// RegistryRef names an image by where it is, whatever is there now.
type RegistryRef struct {
	Registry   string // its name
	Namespace  string `json:",omitempty"`
	Repository string // without the namespace
	Tag        string
	Digest     string `json:",omitempty"` // of the manifest; "" matches any
}

// Selection returns the images at the selected places, as a selection to which
// conditions on images can be added. Packages above know nothing of registries:
// the selection travels through them as the value of one filter.
func (r RegistrySelection) Selection() landwaiter.Selection {
	b, _ := json.Marshal(r) // strings, numbers and a bool always marshal
	return landwaiter.Selection{Filters: []landwaiter.Filter{{By: ByRegistrySelection, Values: []string{string(b)}}}}
}

// RegistrySelectionOf returns what Selection was called on; ok is false for
// other selections.
func RegistrySelectionOf(sel landwaiter.Selection) (r RegistrySelection, ok bool) {
	if len(sel.Filters) != 1 || sel.Filters[0].By != ByRegistrySelection || len(sel.Filters[0].Values) != 1 {
		return r, false
	}
	return r, json.Unmarshal([]byte(sel.Filters[0].Values[0]), &r) == nil
}

// registryImages is the condition of ByRegistrySelection, on image i.
func registryImages(v string, _ bool) (where, error) {
	var r RegistrySelection
	if err := json.Unmarshal([]byte(v), &r); err != nil {
		return always, err
	}
	c, err := r.where()
	const at = `
		EXISTS (
			SELECT 1 FROM image_place AS g JOIN source AS r ON r.name = g.source
			WHERE g.image_id = i.id AND ? AND ?)`
	return cond(at, cond(inRegistry), c), err
}

// inRegistry is true for a place g of source r that a registry has now.
const inRegistry = "r.type = 'registry' AND g.number > 0 AND g.gone = FALSE"

// latestSQL is true for the newest image of a repository: the one created
// last; of those created at the same time, the one whose tag sorts last, as
// "latest" does after digits.
const latestSQL = `
	g.number = (
		SELECT b.number FROM image_place AS b
		WHERE b.source = g.source AND b.namespace = g.namespace AND b.repository = g.repository
			AND b.gone = FALSE AND b.number > 0
		ORDER BY b.created DESC, b.tag DESC, b.number DESC LIMIT 1)`

// where is the condition on place g, source r and image i.
func (r RegistrySelection) where() (where, error) {
	c, err := registryImageFilters.where(r.Filters)
	if err != nil {
		return always, err
	}
	var named []where
	if len(r.Numbers) > 0 {
		named = append(named, cond("g.number IN (?)", bun.List(r.Numbers)))
	}
	if len(r.Images) > 0 {
		named = append(named, refsWhere(r.Images))
	}
	if len(named) > 0 {
		c = or(named)
	}
	if len(r.Exclude) > 0 {
		c = and(c, cond("g.number NOT IN (?)", bun.List(r.Exclude)))
	}
	if r.Latest {
		c = and(c, cond(latestSQL))
	}
	return and(c, oneOf("r.registry_type", kinds(r.Types)), oneOf("g.namespace", r.Namespaces),
		oneOf("r.name", r.Registries)), nil
}

// oneOf is true when a column has one of the values, or there are none.
func oneOf(column string, values []string) where {
	if len(values) == 0 {
		return always
	}
	return cond("? IN (?)", cond(column), bun.List(values))
}

// refsWhere is true for a place that one of refs names.
func refsWhere(refs []RegistryRef) where {
	var plain, exact []bun.TupleValues
	for _, r := range refs {
		row := []string{clean(r.Registry), clean(r.Namespace), clean(r.Repository), clean(r.Tag)}
		if r.Digest == "" {
			plain = append(plain, bun.Tuple(row))
		} else {
			exact = append(exact, bun.Tuple(append(row, clean(r.Digest))))
		}
	}
	// As rows of VALUES: SQLite limits the depth of an expression to 1,000, which a
	// chain of ORs reaches with as many images.
	var c []where
	if len(plain) > 0 {
		c = append(c, cond("(r.name, g.namespace, g.repository, g.tag) IN (VALUES ?)", bun.List(plain)))
	}
	if len(exact) > 0 {
		c = append(c, cond("(r.name, g.namespace, g.repository, g.tag, i.manifest_digest) IN (VALUES ?)", bun.List(exact)))
	}
	return or(c)
}

// DefaultRegistryKind is the kind of a registry that was added without one. The
// kind is a label only: all registries speak the distribution API.
const DefaultRegistryKind = "harbor"

// kinds are kinds of registry as stored, where the default may be "".
func kinds(list []string) []string {
	for _, k := range list {
		if k == DefaultRegistryKind {
			return append([]string{""}, list...)
		}
	}
	return list
}

// registryType matches the kind of registry of a source by its alias.
func registryType(alias string) condition {
	return func(v string, _ bool) (where, error) {
		return cond("COALESCE(NULLIF(?, ''), ?) = ?", cond(alias+".registry_type"), DefaultRegistryKind, v), nil
	}
}

const repositoryPath = "(CASE WHEN g.namespace = '' THEN g.repository ELSE g.namespace || '/' || g.repository END)"

// registryImageFilters are conditions on place g, source r and image i.
var registryImageFilters = filters{
	ByName: eitherText("g.repository", repositoryPath), // "web" and "shop/web" both name shop/web
	ByText: eitherText("g.locator", "i.id"),
	ByAddress: func(v string, exact bool) (where, error) {
		if exact {
			return cond("g.locator = ? || ':' || g.tag", v), nil
		}
		return text("g.locator")(v, exact)
	},
	ByTag:            text("g.tag"),
	ByNamespace:      text("g.namespace"),
	ByID:             text("i.id"),
	ByDigest:         text("i.manifest_digest"),
	ByNumber:         integer("g.number"),
	ByRegistry:       text("r.name"),
	ByRegistryNumber: integer("r.number"),
	ByKind:           registryType("r"),
	ByScanState:      scanState,
	BySecurity:       words(imageSecurity),
	BySeverity: func(v string, exact bool) (where, error) {
		c, err := severity("v.severity")(v, exact)
		return hasVul(c), err
	},
	ByAuthorized: yesNo(cond("i.authorized")),
	ByRunning:    yesNo(cond(runningSQL)),
	ByLatest:     yesNo(cond(latestSQL)),
}
