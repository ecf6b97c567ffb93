package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/landwaiter/landwaiter"
)

// kinded gives an error of the client its kind and a sentence that starts
// with what was wanted.
func kinded(what string, err error) error {
	var known *landwaiter.Error
	var answer *transport.Error
	var size *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &known):
		return landwaiter.Errorf(known.Kind, "%s: %w", what, err)
	case errors.As(err, &answer):
		return answered(what, answer)
	case errors.As(err, &size):
		return landwaiter.Errorf(landwaiter.TooLarge, "%s: the registry's answer is over %d bytes, the limit: %w", what, size.Limit, err)
	case isMismatch(err):
		return mismatch(what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the registry does not answer as it should: %w", what, err)
}

// answered maps the status codes of the distribution specification:
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
func answered(what string, err *transport.Error) error {
	switch err.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return landwaiter.Errorf(landwaiter.Denied, "%s: the registry denies access, or there is no such image: "+
			"log in with docker login or give --username and --password: %w", what, err)
	case http.StatusNotFound:
		return landwaiter.Errorf(landwaiter.NotFound, "%s: not in the registry: %w", what, err)
	case http.StatusTooManyRequests:
		return landwaiter.Errorf(landwaiter.Unavailable, "%s: the registry limits the rate of requests; logging in may raise the limit: %w", what, err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "%s: the registry failed: %w", what, err)
}

// streamError gives an error in the middle of a blob its kind.
func streamError(err error) error {
	if isMismatch(err) {
		return mismatch("layer", err)
	}
	return landwaiter.Errorf(landwaiter.Unavailable, "the registry broke off: %w", err)
}

// isMismatch reports whether the client found other bytes than the digest
// promises. It has no exported type for that, only words.
func isMismatch(err error) bool {
	text := err.Error()
	return strings.Contains(text, "error verifying") || strings.Contains(text, "does not match requested digest")
}

func mismatch(what string, err error) error {
	return landwaiter.Errorf(landwaiter.Corrupt, "%s: the registry delivers other content than the digest says: %w", what, err)
}
