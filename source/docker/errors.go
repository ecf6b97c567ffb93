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

// kinded returns an error of the client with its kind and a message that starts
// with what was attempted. The error of an ended ctx is returned unchanged.
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
		return landwaiter.Errorf(landwaiter.TooLarge, "%s: the container engine's answer is over %d bytes, the limit: %w",
			what, size.Limit, err)
	case errors.As(err, &syntax), errors.As(err, &types):
		return landwaiter.Errorf(landwaiter.Corrupt, "%s: the answer of %s is not that of a container engine: %w", what,
			s.host, err)
	case errdefs.IsNotFound(err):
		return landwaiter.Errorf(landwaiter.NotFound,
			"%s: the container engine does not have it any more: sync the source: %w", what, err)
	case errdefs.IsUnauthorized(err), errdefs.IsPermissionDenied(err):
		return landwaiter.Errorf(landwaiter.Denied,
			"%s: the container engine denies access; an authorization plugin or proxy must allow it: %w", what, err)
	case client.IsErrConnectionFailed(err):
		return s.unconnected(what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the container engine at %s failed: %w", what, s.host, err)
}

func (s *Source) unconnected(what string, err error) error {
	// The client drops the cause and keeps only its text.
	if strings.Contains(err.Error(), "permission denied") {
		return landwaiter.Errorf(landwaiter.Denied, "%s: no permission for %s: "+
			"add the user to the docker group, or run as root: %w", what, s.host, err)
	}
	return landwaiter.Errorf(
		landwaiter.Unavailable,
		"%s: no container engine answers at %s: start it (systemctl start docker, "+
			"or systemctl start podman.socket), or correct the address: %w",
		what,
		s.host,
		err,
	)
}

// unreadable gives a failure of the container engine about one image a kind that does
// not mean that all of the container engine is down.
func unreadable(err error) error {
	if errdefs.IsInternal(err) {
		return landwaiter.Errorf(landwaiter.Corrupt, "the container engine cannot read it; pull or load it again: %w", err)
	}
	return err
}
