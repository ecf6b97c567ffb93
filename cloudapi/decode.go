package cloudapi

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Strings is a parameter that clients send as a list of strings or, if their
// model of the API declares it as a string, as one string.
type Strings []string

// A plan says how to fill a value of a type. Plans are made when an action is
// registered, so that an unsupported type makes the program fail at its start.
type plan struct {
	kind   reflect.Kind
	single bool             // of Strings: a scalar is a list of one
	elem   *plan            // of a slice or pointer
	fields map[string]field // of a struct
	names  []string         // of the fields, in order
}

type field struct {
	index    int
	required bool
	plan     *plan
}

// planFor returns the plan of a type that is nested in depth others.
func planFor(t reflect.Type, depth int) *plan {
	if depth > maxDepth {
		panic("cloudapi: type " + t.String() + " is nested too deep for a parameter")
	}
	p := &plan{kind: t.Kind(), single: t == reflect.TypeFor[Strings]()}
	switch p.kind {
	case reflect.String, reflect.Bool, reflect.Int64, reflect.Uint64, reflect.Float64:
	case reflect.Slice, reflect.Pointer:
		p.elem = planFor(t.Elem(), depth+1)
	case reflect.Struct:
		p.fields = make(map[string]field, t.NumField())
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				panic("cloudapi: field " + t.String() + "." + f.Name + " has no json name")
			}
			p.fields[name] = field{i, f.Tag.Get("cloudapi") == "required", planFor(f.Type, depth+1)}
			p.names = append(p.names, name)
		}
	default:
		panic("cloudapi: type " + t.String() + " cannot be a parameter")
	}
	return p
}

// A binder fills values from nodes.
type binder struct {
	missing string // code for a required parameter that is missing
}

// bind fills v from n. Null leaves v unchanged. The path, such as
// Filters.0.Values, names the parameter in errors.
func (b binder) bind(path string, n *node, p *plan, v reflect.Value) error {
	if n.kind == kindNull {
		return nil
	}
	switch p.kind {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return b.bind(path, n, p.elem, v.Elem())
	case reflect.Struct:
		return b.bindStruct(path, n, p, v)
	case reflect.Slice:
		return b.bindList(path, n, p, v)
	}
	return bindScalar(path, n, v)
}

func (b binder) bindStruct(path string, n *node, p *plan, v reflect.Value) error {
	if n.kind != kindObject && n.kind != kindGroup {
		return parsingError(path, "must be an object")
	}
	sent := make(map[string]bool, len(n.names))
	for i, name := range n.names {
		f, ok := p.fields[name]
		if !ok {
			return Errorf(UnknownParameter, "parameter %.128q is not defined for this action", join(path, name))
		}
		if err := b.bind(join(path, name), n.items[i], f.plan, v.Field(f.index)); err != nil {
			return err
		}
		sent[name] = n.items[i].kind != kindNull
	}
	for _, name := range p.names {
		if p.fields[name].required && !sent[name] {
			return Errorf(b.missing, "%s is missing", join(path, name))
		}
	}
	return nil
}

// bindList fills a slice. It drops nulls, which some samples in the API
// reference have among the values of filters.
func (b binder) bindList(path string, n *node, p *plan, v reflect.Value) error {
	items := n.items
	switch n.kind {
	case kindList:
	case kindGroup:
		var ok bool
		if items, ok = indexed(n); !ok {
			return parsingError(path, "must be a list numbered from 0 without gaps")
		}
	case kindString, kindText:
		if p.single {
			items = []*node{n}
			break
		}
		fallthrough
	default:
		return parsingError(path, "must be a list")
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	used := 0
	for i, item := range items {
		if item.kind == kindNull {
			continue
		}
		if err := b.bind(join(path, strconv.Itoa(i)), item, p.elem, list.Index(used)); err != nil {
			return err
		}
		used++
	}
	v.Set(list.Slice(0, used))
	return nil
}

// indexed returns the items of a group sorted by their names, which must be
// the numbers from 0 to n-1.
func indexed(n *node) ([]*node, bool) {
	items := make([]*node, len(n.items))
	for i, name := range n.names {
		index, err := strconv.Atoi(name)
		if err != nil || index < 0 || index >= len(items) || strconv.Itoa(index) != name {
			return nil, false
		}
		items[index] = n.items[i] // names are distinct, so all are filled
	}
	return items, true
}

// scalarNames describes the kinds of scalars in errors.
var scalarNames = map[reflect.Kind]string{
	reflect.String:  "a string",
	reflect.Bool:    "a boolean",
	reflect.Int64:   "a 64-bit integer",
	reflect.Uint64:  "a non-negative 64-bit integer",
	reflect.Float64: "a number",
}

// bindScalar fills a string, bool or number. A JSON value must be of the same
// kind; in a form, all values are text.
func bindScalar(path string, n *node, v reflect.Value) error {
	if !setScalar(n, v) {
		return parsingError(path, "must be %s", scalarNames[v.Kind()])
	}
	return nil
}

func setScalar(n *node, v reflect.Value) bool {
	number := n.kind == kindNumber || n.kind == kindText && jsonNumber.MatchString(n.text)
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.text)
		return n.kind == kindString || n.kind == kindText
	case reflect.Bool:
		value, ok := boolText[n.text]
		v.SetBool(value)
		return ok && (n.kind == kindBool || n.kind == kindText)
	case reflect.Int64:
		var i int64
		i, err = strconv.ParseInt(n.text, 10, 64)
		v.SetInt(i)
	case reflect.Uint64:
		var u uint64
		u, err = strconv.ParseUint(n.text, 10, 64)
		v.SetUint(u)
	case reflect.Float64:
		var f float64
		f, err = strconv.ParseFloat(n.text, 64)
		v.SetFloat(f)
		number = number && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return number && err == nil
}

// jsonNumber is the form of numbers. strconv alone would also accept
// hexadecimal ones.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// boolText are the spellings of booleans: Node and Go send true, Python True.
var boolText = map[string]bool{"true": true, "True": true, "false": false, "False": false}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return fmt.Sprintf("%s.%s", path, name)
}
