package containerd

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/landwaiter/landwaiter"
)

// kinded returns an error of a call with its kind and a message that starts with
// what was attempted; nil for nil. The error of an ended ctx is returned unchanged.
func (c *client) kinded(ctx context.Context, what string, err error) error {
	var known *landwaiter.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return landwaiter.Errorf(known.Kind, "%s: %w", what, err)
	}
	switch status.Code(err) {
	case codes.NotFound:
		return landwaiter.Errorf(landwaiter.NotFound, "%s: not in containerd: it was removed (sync the source), "+
			"or pulled in part, for another platform or lazily (pull it again): %w", what, err)
	case codes.PermissionDenied, codes.Unauthenticated:
		return landwaiter.Errorf(landwaiter.Denied, "%s: containerd denies access: %w", what, err)
	case codes.ResourceExhausted:
		return landwaiter.Errorf(landwaiter.TooLarge, "%s: the answer is over %d bytes, the limit: %w", what, maxMessage, err)
	case codes.Unimplemented:
		return landwaiter.Errorf(landwaiter.Unsupported, "%s: the server at %s is not containerd 1.3 or later, "+
			"or has the plugin for it disabled: %w", what, c.address, err)
	case codes.Canceled: // not by ctx
		return landwaiter.Errorf(landwaiter.Conflict, "%s: it is closed: %w", what, err)
	case codes.Unavailable:
		return c.unconnected(what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: containerd at %s failed: %w", what, c.address, err)
}

func (c *client) unconnected(what string, err error) error {
	// gRPC keeps only the text of the cause.
	if strings.Contains(err.Error(), "permission denied") {
		return landwaiter.Errorf(landwaiter.Denied, "%s: no permission for the socket %s: run as root, "+
			"or give the user's group to containerd ([grpc] gid in its config.toml): %w", what, c.address, err)
	}
	return landwaiter.Errorf(
		landwaiter.Unavailable,
		"%s: no containerd answers at %s: start it (systemctl start containerd), "+
			"or correct the path of the socket: %w",
		what,
		c.address,
		err,
	)
}

// unreadable gives a failure of the content store about one blob a kind that
// does not mean that all of containerd is down.
func unreadable(err error) error {
	switch status.Code(err) {
	case codes.Unknown, codes.Internal, codes.DataLoss, codes.OutOfRange, codes.InvalidArgument:
		return landwaiter.Errorf(landwaiter.Corrupt, "containerd cannot read it; remove and pull it again: %w", err)
	}
	return err
}
