// Package tcss serves the image scanning actions of Tencent Container Security
// Service (TCSS).
//
// api.json holds the names and types of all its actions; the wire types are
// generated from it. A field of a request that is optional has its zero value
// when it was not sent, or is a pointer where that makes a difference.
package tcss

import "github.com/landwaiter/landwaiter/cloudapi"

//go:generate go run ./gen

// Action describes an action of the API.
type Action struct {
	Name     string
	Required []string // parameters that must be sent, on the first level
	Errors   []string // documented error codes beside the common ones
}

// newAPI returns the API with all actions declared and none handled.
func newAPI() *cloudapi.API {
	api := cloudapi.NewAPI(Version)
	for _, a := range Actions {
		api.Declare(a.Name, a.Errors...)
	}
	return api
}
