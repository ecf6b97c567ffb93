package cloudapi

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// maxSkew is how far the timestamp of a request may be from the server's clock,
// either way.
const maxSkew = 5 * time.Minute

// A proof is the part of a request that proves who sent it.
type proof struct {
	secretID  string
	signature []byte
	date      string // of the TC3 scope; "" in v1
	// matches reports whether the signature was made with the secret.
	matches func(secret string) bool
}

// secretIDForm is the form of a SecretId, here and in Tencent Cloud. Others are
// refused before they reach the key store or the log.
var secretIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// nobodysSecret replaces the secret of a key that does not exist, so that an
// unknown key takes as much work as a wrong signature.
const nobodysSecret = "00000000000000000000000000000000"

// authenticate returns the key that signed a request. When it returns without
// an error, the body has been read.
func (s *Server) authenticate(ctx context.Context, r *request, rec *Record) (Key, error) {
	prove := s.proveV1
	if r.tc3 {
		prove = s.proveTC3
	}
	if err := prove(r); err != nil {
		return Key{}, err
	}
	if !secretIDForm.MatchString(r.proof.secretID) {
		return Key{}, Errorf(AuthInvalidSecretID, "the SecretId does not have the form of an API key")
	}
	rec.KeyID = r.proof.secretID
	key, err := s.config.Keys(ctx, r.proof.secretID)
	unknown := landwaiter.KindOf(err) == landwaiter.NotFound
	if err != nil && !unknown {
		return Key{}, err
	}
	if unknown {
		key.Secret = nobodysSecret
	}
	if err := s.checkTime(r); err != nil && !unknown {
		return Key{}, err
	}
	return key, s.checkSignature(ctx, r, key, unknown)
}

func (s *Server) checkTime(r *request) error {
	seconds, err := strconv.ParseUint(r.timestamp, 10, 40)
	if err != nil {
		return Errorf(InvalidParameter, "the timestamp must be Unix seconds")
	}
	t := time.Unix(int64(seconds), 0)
	if skew := s.config.Now().Sub(t); skew.Abs() > maxSkew {
		return Errorf(AuthSignatureExpire,
			"the timestamp differs from the server's time by more than %.0f minutes; set the clock", maxSkew.Minutes())
	}
	if r.proof.date != "" && r.proof.date != scopeDate(t) {
		return Errorf(AuthSignatureExpire, "the date of the credential scope is not the UTC day of the timestamp")
	}
	return nil
}

func (s *Server) checkSignature(ctx context.Context, r *request, key Key, unknown bool) error {
	if r.tc3 {
		if err := r.readBody(!unknown); err != nil {
			return err
		}
	}
	matched := r.proof.matches(key.Secret)
	switch {
	case unknown:
		return Errorf(AuthSecretIDNotFound, "the SecretId does not exist or was revoked")
	case !matched && r.tc3 && r.unsigned() && !s.config.UnsignedPayload:
		return Errorf(AuthSignatureFailure, "this server does not accept unsigned payloads; sign the body")
	case !matched:
		return Errorf(AuthSignatureFailure, "the signature does not match; check the SecretKey and the signed text")
	}
	return s.checkToken(ctx, r)
}

func (s *Server) checkToken(ctx context.Context, r *request) error {
	if s.config.Tokens == nil {
		if r.token != "" {
			return Errorf(AuthTokenFailure, "this server does not accept temporary keys; send no token")
		}
		return nil
	}
	if s.config.Tokens(ctx, r.proof.secretID, r.token) != nil {
		return Errorf(AuthTokenFailure, "the token is wrong or has expired; get a new temporary key")
	}
	return nil
}

// hosts returns the values that the client may have signed as the host: the
// Host header, the same without its port as the Node SDKs do, and the hosts of
// the config.
func (s *Server) hosts(r *http.Request) []string {
	return distinct(append([]string{r.Host, withoutPort(r.Host)}, s.config.Hosts...))
}

// paths returns the values that the client may have signed as the path: the
// path as received, or "/", which the Go SDK signs whatever the path.
func paths(r *http.Request) []string {
	return distinct([]string{r.URL.EscapedPath(), "/"})
}

func distinct(texts []string) []string {
	var out []string
	for _, t := range texts {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

var portSuffix = regexp.MustCompile(`:[0-9]+$`)

// withoutPort removes the port of a host but keeps the brackets of an IPv6
// address, as the hostname of a URL does in Node.
func withoutPort(host string) string {
	return strings.TrimSuffix(host, portSuffix.FindString(host))
}
