package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/landwaiter/landwaiter"
)

// where is an SQL condition with its arguments.
type where = schema.QueryWithArgs

func cond(sql string, args ...any) where { return bun.SafeQuery(sql, args...) }

var always = cond("TRUE")

// and joins conditions.
func and(conds ...where) where {
	out := always
	for i, c := range conds {
		if i == 0 {
			out = c
		} else {
			out = cond("? AND ?", out, c)
		}
	}
	return out
}

// or joins conditions in parentheses; none is true.
func or(conds []where) where {
	if len(conds) == 0 {
		return always
	}
	out := conds[0]
	for _, c := range conds[1:] {
		out = cond("? OR ?", out, c)
	}
	return cond("(?)", out)
}

// condition makes the SQL for one value of a filter. Its errors do not name the
// filter: where does.
type condition func(value string, exact bool) (where, error)

// filters are the conditions that a list can be narrowed by.
type filters map[landwaiter.FilterBy]condition

// where turns filters into SQL: ANDed, the values of one ORed. Names outside the
// map are refused, so that no foreign text reaches a query as anything but an
// argument.
func (allowed filters) where(list []landwaiter.Filter) (where, error) {
	var all []where
	for _, f := range list {
		toSQL, ok := allowed[f.By]
		if f.By == ByNothing {
			toSQL, ok = nothing, true
		}
		if !ok {
			return always, landwaiter.Errorf(landwaiter.Invalid, "filter %q is not known here; known: %s",
				clean(string(f.By)), known(allowed))
		}
		var values []where
		for _, v := range f.Values {
			c, err := toSQL(clean(v), f.Exact)
			if err != nil {
				return always, landwaiter.Errorf(landwaiter.Invalid, "filter %s: %w", f.By, err)
			}
			values = append(values, c)
		}
		all = append(all, or(values))
	}
	return and(all...), nil
}

func nothing(string, bool) (where, error) { return cond("FALSE"), nil }

// known lists the names that a map has, for people.
func known[K ~string, V any](m map[K]V) string {
	var list []string
	for name := range m {
		list = append(list, string(name))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// listing is what one list can be narrowed and sorted by.
type listing struct {
	filters filters
	orders  map[OrderBy]string // SQL expressions
	usual   string             // the ORDER BY clause of a page that asks for none
	// tie follows the column that a page asks for, so that rows with the same
	// value have one order and no two pages show the same row; "" means usual.
	tie string
}

// query returns the condition of a page and its ORDER BY clause.
func (l listing) query(p Page) (c, order where, err error) {
	if c, err = l.filters.where(p.Filters); err != nil {
		return c, order, err
	}
	if p.By == "" {
		return c, cond(l.usual), nil
	}
	column, ok := l.orders[p.By]
	if !ok {
		return c, order, landwaiter.Errorf(landwaiter.Invalid, "order %q is not known here; known: %s",
			clean(string(p.By)), known(l.orders))
	}
	direction := ""
	if p.Desc {
		direction = " DESC"
	}
	return c, cond(column + direction + ", " + cmp.Or(l.tie, l.usual)), nil
}

// text matches a free-text SQL expression: equality, or a case-insensitive
// substring.
func text(expr string) condition {
	return func(v string, exact bool) (where, error) {
		if exact {
			return cond("? = ?", cond(expr), v), nil
		}
		return cond("LOWER(?) LIKE ? ESCAPE '!'", cond(expr), like(v)), nil
	}
}

// like makes a LIKE pattern for a substring; '!' escapes, as both engines
// treat a backslash in a string differently.
func like(v string) string {
	v = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(v))
	return "%" + v + "%"
}

// eitherText matches one of two free-text expressions.
func eitherText(a, b string) condition {
	return func(v string, exact bool) (where, error) {
		first, err := text(a)(v, exact)
		if err != nil {
			return always, err
		}
		second, err := text(b)(v, exact)
		return cond("(? OR ?)", first, second), err
	}
}

// words matches an enumeration: each of its values has its own condition.
func words(values map[string]where) condition {
	return func(v string, _ bool) (where, error) {
		c, ok := values[strings.ToLower(v)]
		if !ok {
			return always, fmt.Errorf("%q is not one of: %s", v, known(values))
		}
		return c, nil
	}
}

// yesNo matches where a condition holds, or where it does not.
func yesNo(c where) condition {
	return words(map[string]where{Yes: c, No: cond("NOT (?)", c)})
}

// severity matches a column of severities.
func severity(column string) condition {
	return func(v string, _ bool) (where, error) {
		s, ok := landwaiter.ParseSeverity(v)
		if !ok || v == "" {
			return always, fmt.Errorf("%q is no severity; want low, medium, high or critical", v)
		}
		return cond("? = ?", cond(column), int(s)), nil
	}
}

// integer matches a column of integers.
func integer(column string) condition {
	return func(v string, _ bool) (where, error) {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return always, fmt.Errorf("%.32q is no whole number", v)
		}
		return cond("? = ?", cond(column), n), nil
	}
}

// imageFilters are conditions on image i.
var imageFilters = filters{
	ByName: imageName,
	ByID:   text("i.id"),
	ByText: func(v string, exact bool) (where, error) {
		byName, err := imageName(v, exact)
		if err != nil {
			return always, err
		}
		byID, err := text("i.id")(v, exact)
		return cond("(? OR ?)", byName, byID), err
	},
	ByScanState:         scanState,
	BySecurity:          words(imageSecurity),
	ByAuthorized:        yesNo(cond("i.authorized")),
	ByRegistrySelection: registryImages,
}

// scanState is a condition on image i, wherever it is.
var scanState = words(map[string]where{
	StateNotScanned: cond("(i.scan_state = 'NOT_SCAN' AND NOT ?)", cond(busySQL)),
	StateScanning:   cond(busySQL),
	StateScanned:    cond("(i.scan_state = 'SCANNED' AND NOT ?)", cond(busySQL)),
	StateFailed:     cond("(i.scan_state IN ('SCAN_ERR', 'CANCELED', 'SCAN_TIMEOUT') AND NOT ?)", cond(busySQL)),
})

// imageSecurity are conditions on image i by the values of BySecurity.
var imageSecurity = map[string]where{
	HasMalware: cond(`
		(EXISTS (SELECT 1 FROM image_malware AS m WHERE m.image_id = i.id)
			OR EXISTS (
				SELECT 1 FROM image_package AS p JOIN package_malware AS m ON m.package_id = p.package_id
				WHERE p.image_id = i.id))`),
	// Hints put no image at risk, nor does what is graded below low.
	HasRisk: cond(`
		EXISTS (
			SELECT 1 FROM image_risk AS k
			WHERE k.image_id = i.id AND k.severity >= 1 AND k.rule NOT IN (?))`, bun.List(landwaiter.Hints())),
	HasSecret:        cond("? > 0", cond(secretsSQL)),
	IsTrusted:        cond("i.trusted"),
	HasVulnerability: hasVul(always),
	HasCritical:      hasVul(cond("v.severity = 4")),
	HasHigh:          hasVul(cond("v.severity = 3")),
	HasMedium:        hasVul(cond("v.severity = 2")),
	HasLow:           hasVul(cond("v.severity <= 1")),
}

func imageName(v string, exact bool) (where, error) {
	c, err := text("n.name")(v, exact)
	return cond("EXISTS (SELECT 1 FROM image_name AS n WHERE n.image_id = i.id AND ?)", c), err
}

// hasVul is the condition that image i has a vulnerability that counts and that
// fits the condition on verdict v.
func hasVul(c where) where {
	return cond(`
		EXISTS (
			SELECT 1 FROM image_package AS p JOIN package_vulnerability AS v ON v.package_id = p.package_id
			WHERE p.image_id = i.id AND ? AND ?)`, c, unsuppressed("i.id"))
}

// hasFixableCritical is the condition that image i has a critical vulnerability
// that an upgrade closes.
var hasFixableCritical = hasVul(cond("v.severity = 4 AND v.fixed <> ''"))

// stateSQL is an image's scan state now: of the running or waiting scan if there
// is one ("SCANNING" sorts before "WAIT_SCAN"), else of the last.
const stateSQL = `
	COALESCE(
		(SELECT MIN(s.state) FROM image_scan AS s WHERE s.image_id = i.id AND s.state IN ('WAIT_SCAN', 'SCANNING')),
		i.scan_state)`

// selectionWhere turns a selection into a condition on image i.
func selectionWhere(sel landwaiter.Selection) (where, error) {
	c := always
	switch {
	case len(sel.Images) > 0:
		c = cond("i.id IN (?)", bun.List(sel.Images))
	case len(sel.Filters) > 0:
		var err error
		if c, err = imageFilters.where(sel.Filters); err != nil {
			return always, err
		}
	case !sel.All:
		return always, landwaiter.Errorf(landwaiter.Invalid, "select images: all of them, a list, or by filters")
	}
	if len(sel.Exclude) > 0 {
		c = and(c, cond("i.id NOT IN (?)", bun.List(sel.Exclude)))
	}
	if sel.Running {
		c = and(c, cond(runningSQL))
	}
	if len(sel.Clusters) > 0 {
		const inCluster = "EXISTS (SELECT 1 FROM container AS c WHERE c.image_id = i.id AND c.cluster_id IN (?))"
		c = and(c, cond(inCluster, bun.List(sel.Clusters)))
	}
	if sel.Recommended {
		c = and(c, cond("? <> ''", whySQL(sel)))
	}
	return c, nil
}

// runningSQL is true for an image with a running container.
const runningSQL = "EXISTS (SELECT 1 FROM container AS c WHERE c.image_id = i.id AND c.state = 'running')"

// whySQL is why an image is recommended, empty when it is not or nobody asked.
func whySQL(sel landwaiter.Selection) where {
	if !sel.Recommended {
		return cond("''")
	}
	const why = `
		CASE
			WHEN ? THEN ?
			WHEN i.scan_time = 0 THEN ?
			WHEN i.scan_engine <> ? THEN ?
			WHEN i.scan_time < COALESCE(
				(SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'advisories_changed'), 0) THEN ?
			WHEN ? THEN ?
			ELSE ''
		END`
	return cond(why, cond(runningSQL), landwaiter.ReasonRunning, landwaiter.ReasonNeverScanned,
		sel.Analysers, landwaiter.ReasonAnalysers, landwaiter.ReasonAdvisories, hasFixableCritical, landwaiter.ReasonFixable)
}
