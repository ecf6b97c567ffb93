package docker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/landwaiter/landwaiter"
)

// kinded gives an error of the client its kind and a sentence that starts
// with what was wanted. The end of ctx, the caller's, passes as it is.
func (s *Source) kinded(ctx context.Context, what string, err error) error {
	var known *landwaiter.Error
	var size *http.MaxBytesError
	var syntax *json.SyntaxError
	var types *json.UnmarshalTypeError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return landwaiter.Errorf(known.Kind, "%s: %w", what, err)
	case errors.As(err, &size):
		return landwaiter.Errorf(landwaiter.TooLarge, "%s: the engine's answer is over %d bytes, the limit: %w", what,
			size.Limit, err)
	case errors.As(err, &syntax), errors.As(err, &types):
		return landwaiter.Errorf(landwaiter.Corrupt, "%s: the answer of %s is not that of a container engine: %w", what,
			s.host, err)
	case errdefs.IsNotFound(err):
		return landwaiter.Errorf(landwaiter.NotFound, "%s: the engine has it no longer: sync the source: %w", what, err)
	case errdefs.IsUnauthorized(err), errdefs.IsPermissionDenied(err):
		return landwaiter.Errorf(landwaiter.Denied,
			"%s: the engine denies access; an authorization plugin or proxy must allow it: %w", what, err)
	case client.IsErrConnectionFailed(err):
		return s.unconnected(what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the engine at %s failed: %w", what, s.host, err)
}

func (s *Source) unconnected(what string, err error) error {
	// The client drops the cause and leaves its words only.
	if strings.Contains(err.Error(), "permission denied") {
		return landwaiter.Errorf(landwaiter.Denied, "%s: no permission for %s: "+
			"add the user to the docker group, or run as root: %w", what, s.host, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: no engine answers at %s: start it (systemctl start docker, "+
		"or systemctl start podman.socket), or correct the address: %w", what, s.host, err)
}

// unreadable gives a failure of the engine about one image a kind that does
// not mean that all of the engine is down.
func unreadable(err error) error {
	if errdefs.IsInternal(err) {
		return landwaiter.Errorf(landwaiter.Corrupt, "the engine cannot read it; pull or load it again: %w", err)
	}
	return err
}
