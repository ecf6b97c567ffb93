package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/landwaiter/landwaiter"
)

// kinded returns an error with its kind and a message that starts with what was
// attempted. The error of an ended ctx is returned unchanged.
func (c *client) kinded(ctx context.Context, q request, err error) error {
	var known *landwaiter.Error
	var size *http.MaxBytesError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return landwaiter.Errorf(known.Kind, "%s: %w", q, err)
	case errors.As(err, &size):
		return landwaiter.Errorf(landwaiter.TooLarge, "%s: the answer is over %d bytes, the limit: %w", q, size.Limit, err)
	case errors.As(err, &syntax):
		return landwaiter.Errorf(landwaiter.Corrupt, "%s: the answer of %s is not that of a Kubernetes API: %w", q, c.host,
			err)
	case apierrors.IsUnauthorized(err):
		return landwaiter.Errorf(landwaiter.Denied, "%s: %s does not accept the credentials, which may have expired: "+
			"add the cluster again with a new kubeconfig: %w", q, c.host, err)
	case apierrors.IsForbidden(err):
		return landwaiter.Errorf(landwaiter.Denied,
			"%s: not allowed: bind a role with the verb %q on %q%s to Landwaiter's user: %w", q, q.verb, q.resource, q.where(),
			err)
	case apierrors.IsNotFound(err):
		return landwaiter.Errorf(landwaiter.NotFound, "%s: it does not exist in the cluster: %w", q, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the cluster at %s does not answer as it should: %w", q, c.host,
		err)
}

// String returns "list pods in all namespaces", "get secrets shop/pull".
func (q request) String() string {
	switch {
	case q.name == "":
		return q.verb + " " + q.resource + q.where()
	case q.namespace == "":
		return q.verb + " " + q.resource + " " + q.name
	}
	return q.verb + " " + q.resource + " " + q.namespace + "/" + q.name
}

// where returns " in the namespace shop", or which others.
func (q request) where() string {
	switch {
	case q.namespace != "":
		return " in the namespace " + q.namespace
	case q.resource == "pods":
		return " in all namespaces"
	}
	return ""
}
