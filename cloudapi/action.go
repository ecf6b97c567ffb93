package cloudapi

import (
	"context"
	"reflect"
	"slices"
	"strings"
)

// API is the set of actions of one version of a product. Call Declare and
// Handle before a Server uses it; they are not safe for concurrent use.
type API struct {
	version string
	actions map[string]*action
}

// Caller identifies the sender of a request.
type Caller struct {
	KeyID     string
	Role      string // RoleAdmin or RoleReader
	RequestID string // as in the response; for logs
}

// An action is a declared action. Until Handle sets another, its run function
// returns UnsupportedOperation.
type action struct {
	name     string
	readOnly bool
	missing  string // code for a required parameter that is missing
	run      func(ctx context.Context, c Caller, r *request) (any, error)
}

// NewAPI returns an API without actions. Requests must carry the given version,
// e.g. "2020-11-01".
func NewAPI(version string) *API {
	return &API{version: version, actions: make(map[string]*action)}
}

// Declare adds an action. Until Handle is called for it, the action returns
// UnsupportedOperation. The codes are the error codes documented for the
// action. If they include InvalidParameter.MissingParameter, the action returns
// that code for a missing parameter, otherwise MissingParameter. Declare panics
// if the action is already declared.
func (a *API) Declare(name string, codes ...string) {
	if a.actions[name] != nil {
		panic("cloudapi: action " + name + " is declared twice")
	}
	act := &action{
		name:     name,
		readOnly: strings.HasPrefix(name, "Describe"),
		missing:  MissingParameter,
		run: func(context.Context, Caller, *request) (any, error) {
			return nil, Errorf(UnsupportedOperation, "%s is part of the API, but this server does not implement it",
				name)
		},
	}
	if slices.Contains(codes, InvalidParameterMissing) {
		act.missing = InvalidParameterMissing
	}
	a.actions[name] = act
}

// Handle sets the function of a declared action. Req and Resp are structs with
// JSON tags. The response is the JSON encoding of Resp with RequestId added.
// The fields of Req are strings, bools, int64, uint64, float64, Strings,
// structs, and slices of and pointers to these. A field tagged
// `cloudapi:"required"` must be sent; any other keeps its zero value when it is
// absent or null. Handle panics if name is not declared or Req has a field of
// another type.
func Handle[Req, Resp any](a *API, name string, fn func(context.Context, Caller, *Req) (*Resp, error)) {
	act := a.actions[name]
	if act == nil {
		panic("cloudapi: action " + name + " is not declared")
	}
	plan := planFor(reflect.TypeFor[Req](), 0)
	act.run = func(ctx context.Context, c Caller, r *request) (any, error) {
		args, err := r.arguments()
		if err != nil {
			return nil, err
		}
		req := new(Req)
		if err := (binder{missing: act.missing}).bind("", args, plan, reflect.ValueOf(req).Elem()); err != nil {
			return nil, err
		}
		resp, err := fn(ctx, c, req)
		if err != nil {
			return nil, err
		}
		return resp, nil
	}
}

// checkCommon checks the parameters that every request must have, except those
// of the signature.
func (a *API) checkCommon(r *request) error {
	prefix := ""
	if r.tc3 {
		prefix = "X-TC-"
	}
	for _, p := range []struct{ name, value string }{
		{"Action", r.action}, {"Version", r.version}, {"Timestamp", r.timestamp},
	} {
		if p.value == "" {
			return Errorf(MissingParameter, "%s%s is missing", prefix, p.name)
		}
	}
	if r.version != a.version {
		return Errorf(NoSuchVersion, "version %.32q is not served; use %s", r.version, a.version)
	}
	return nil
}
