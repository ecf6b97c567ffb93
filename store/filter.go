package store

import (
	"slices"
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

// condition makes the SQL for one value of a filter.
type condition func(value string, exact bool) (where, error)

// filtersWhere turns filters into SQL: ANDed, the values of one ORed. Names
// outside the allow-list are refused, so that no foreign text reaches a query
// as anything but an argument.
func filtersWhere(filters []landwaiter.Filter, allowed map[string]condition) (where, error) {
	var all []where
	for _, f := range filters {
		toSQL, ok := allowed[f.Name]
		if !ok {
			return always, landwaiter.Errorf(landwaiter.Invalid, "filter %q is not known here; known: %s", clean(f.Name), names(allowed))
		}
		var values []where
		for _, v := range f.Values {
			c, err := toSQL(clean(v), f.Exact)
			if err != nil {
				return always, err
			}
			values = append(values, c)
		}
		all = append(all, or(values))
	}
	return and(all...), nil
}

func names(allowed map[string]condition) string {
	var list []string
	for n := range allowed {
		list = append(list, n)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
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

// choice matches an enumeration: each accepted value (in upper case) has its
// own condition.
func choice(name string, values map[string]where) condition {
	return func(v string, _ bool) (where, error) {
		c, ok := values[strings.ToUpper(v)]
		if !ok {
			return always, landwaiter.Errorf(landwaiter.Invalid, "filter %s: value %q is not one of those documented", name, v)
		}
		return c, nil
	}
}

// level matches a severity column by number 1..4 or by word.
func level(name, column string) condition {
	return func(v string, _ bool) (where, error) {
		if len(v) == 1 && v[0] >= '0' && v[0] <= '4' {
			return cond("? = ?", cond(column), int(v[0]-'0')), nil
		}
		s, ok := landwaiter.ParseSeverity(v)
		if !ok || v == "" {
			return always, landwaiter.Errorf(landwaiter.Invalid, "filter %s: %q is neither 1..4 nor LOW, MEDIUM, HIGH, CRITICAL", name, v)
		}
		return cond("? = ?", cond(column), int(s)), nil
	}
}

// number matches an integer column.
func number(name, column string, values ...string) condition {
	return func(v string, _ bool) (where, error) {
		for _, ok := range values {
			if v == ok {
				return cond("? = ?", cond(column), int(v[0]-'0')), nil
			}
		}
		return always, landwaiter.Errorf(landwaiter.Invalid, "filter %s: %q is not one of %s", name, v, strings.Join(values, ", "))
	}
}

// imageFilters are the filters of the image list, by wire name. The image is
// i in the query.
var imageFilters = map[string]condition{
	"ImageName": imageName,
	"ImageID":   text("i.id"),
	"Keywords": func(v string, exact bool) (where, error) {
		byName, _ := imageName(v, exact)
		byID, err := text("i.id")(v, exact)
		return cond("(? OR ?)", byName, byID), err
	},
	"ScanStatus":         scanStatus,
	"SecurityRisk":       securityRisk,
	"IsAuthorized":       choice("IsAuthorized", map[string]where{"0": cond("NOT i.authorized"), "1": cond("i.authorized")}),
	registryImagesFilter: registryImages,
}

// scanStatus and securityRisk are conditions on image i, wherever it is.
var scanStatus = choice("ScanStatus", map[string]where{
	"NOTSCAN":  cond("(i.scan_state = 'NOT_SCAN' AND NOT ?)", cond(busySQL)),
	"SCANNING": cond(busySQL),
	"SCANNED":  cond("(i.scan_state = 'SCANNED' AND NOT ?)", cond(busySQL)),
	"SCANERR":  cond("(i.scan_state IN ('SCAN_ERR', 'CANCELED', 'SCAN_TIMEOUT') AND NOT ?)", cond(busySQL)),
})

var securityRisk = choice("SecurityRisk", map[string]where{
	"VIRUSCNT": cond("(EXISTS (SELECT 1 FROM image_malware AS m WHERE m.image_id = i.id) OR EXISTS (SELECT 1 FROM image_package AS p " +
		"JOIN package_malware AS m ON m.package_id = p.package_id WHERE p.image_id = i.id))"),
	"RISKCNT":          cond("EXISTS (SELECT 1 FROM image_risk AS k WHERE k.image_id = i.id)"),
	"ISTRUSTIMAGE":     cond("i.trusted"),
	"VULCNT":           hasVul("TRUE"),
	"CRITICALLEVELVUL": hasVul("v.severity = 4"),
	"HIGHLEVELVUL":     hasVul("v.severity = 3"),
	"MEDIUMLEVELVUL":   hasVul("v.severity = 2"),
	"LOWLEVELVUL":      hasVul("v.severity <= 1"),
})

func imageName(v string, exact bool) (where, error) {
	c, err := text("n.name")(v, exact)
	return cond("EXISTS (SELECT 1 FROM image_name AS n WHERE n.image_id = i.id AND ?)", c), err
}

// hasVul is the condition that image i has a vulnerability that counts.
func hasVul(severity string) where {
	return cond("EXISTS (SELECT 1 FROM image_package AS p JOIN package_vulnerability AS v ON v.package_id = p.package_id WHERE p.image_id = i.id AND ? AND ?)",
		cond(severity), unsuppressed("i.id"))
}

// stateSQL is an image's scan state now: of the running or waiting scan if
// there is one ("SCANNING" sorts before "WAIT_SCAN"), else of the last.
const stateSQL = "COALESCE((SELECT MIN(s.state) FROM image_scan AS s WHERE s.image_id = i.id AND s.state IN ('WAIT_SCAN', 'SCANNING')), i.scan_state)"

// selectionWhere turns a selection into a condition on image i.
func selectionWhere(sel landwaiter.Selection) (where, error) {
	c := always
	switch {
	case len(sel.Images) > 0:
		c = cond("i.id IN (?)", bun.List(sel.Images))
	case len(sel.Filters) > 0:
		var err error
		if c, err = filtersWhere(sel.Filters, imageFilters); err != nil {
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
		c = and(c, cond("EXISTS (SELECT 1 FROM container AS c WHERE c.image_id = i.id AND c.cluster_id IN (?))", bun.List(sel.Clusters)))
	}
	if sel.Recommended {
		c = and(c, cond("? <> ''", whySQL(sel)))
	}
	return c, nil
}

// runningSQL is true for an image with a running container.
const runningSQL = "EXISTS (SELECT 1 FROM container AS c WHERE c.image_id = i.id AND c.state = 'running')"

// whySQL is why an image is recommended, ” when it is not or nobody asked.
func whySQL(sel landwaiter.Selection) where {
	if !sel.Recommended {
		return cond("''")
	}
	return cond("CASE WHEN ? THEN ? WHEN i.scan_time = 0 THEN ? WHEN i.scan_engine <> ? THEN ? WHEN i.scan_time < ? THEN ? WHEN ? THEN ? ELSE '' END",
		cond(runningSQL), landwaiter.ReasonRunning, landwaiter.ReasonNeverScanned,
		sel.Analysers, landwaiter.ReasonAnalysers,
		cond("COALESCE((SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'advisories_changed'), 0)"), landwaiter.ReasonAdvisories,
		hasVul("v.severity = 4 AND v.fixed <> ''"), landwaiter.ReasonFixable)
}
