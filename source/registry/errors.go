package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/landwaiter/landwaiter"
)

// kinded returns an error of the client with its kind and a message that starts with
// what was attempted. The error of an ended ctx is returned unchanged. If the context
// of another caller ended, for whose login this one waited, the request can be
// retried. The message quotes the registry, so control characters are removed.
func kinded(ctx context.Context, what string, err error) error {
	var sentence *landwaiter.Error
	if err = explained(ctx, what, err); errors.As(err, &sentence) {
		return &landwaiter.Error{
			Kind: sentence.Kind, Message: landwaiter.Printable(sentence.Message), Err: sentence.Err, Setting: sentence.Setting,
		}
	}
	return err
}

func explained(ctx context.Context, what string, err error) error {
	var known *landwaiter.Error
	var answer *transport.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return landwaiter.Errorf(known.Kind, "%s: %w", what, err)
	case errors.As(err, &answer):
		return answered(what, answer)
	case isMismatch(err):
		return landwaiter.Errorf(landwaiter.Corrupt, "%s: the content from the registry does not match the digest: %w", what,
			err)
	case isRefusal(err):
		return landwaiter.Errorf(landwaiter.Denied, "%s: the registry leads to an address that is not allowed; "+
			"if that is its storage or token server, let it use https and a name instead of an IP address: %w", what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the registry does not answer as it should: %w", what, err)
}

// answered maps the status codes of the distribution specification:
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
func answered(what string, err *transport.Error) error {
	switch err.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return landwaiter.About(landwaiter.Errorf(landwaiter.Denied,
			"%s: the registry denies access, or there is no such image; it may need other credentials: %w", what,
			err), landwaiter.SettingCredentials)
	case http.StatusNotFound:
		return landwaiter.Errorf(landwaiter.NotFound, "%s: not in the registry: %w", what, err)
	case http.StatusTooManyRequests:
		return landwaiter.Errorf(landwaiter.Unavailable,
			"%s: the registry limits the rate of requests; logging in may raise the limit: %w", what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the registry failed: %w", what, err)
}

// isMismatch reports whether the content does not match its digest. The client has
// no exported error for that, only text.
func isMismatch(err error) bool {
	text := err.Error()
	return strings.Contains(text, "error verifying") || strings.Contains(text, "does not match requested digest")
}

// isRefusal reports whether the client refused a redirect, a token server or
// a next page, for which it has no exported error either.
func isRefusal(err error) bool {
	text := err.Error()
	for _, words := range []string{
		"SSRF protection", "invalid realm in www-authenticate", "refusing token-server redirect", "pagination URL",
	} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}
