package cloudapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	// maxAuthorization bounds the Authorization header in bytes. The SDKs send
	// about 180; an ID of 128, a service of 256 and 32 header names still fit.
	maxAuthorization = 2048

	// maxSignedHeaders bounds how many headers a signature may list.
	maxSignedHeaders = 32
)

// An authorization is a parsed TC3 Authorization header.
type authorization struct {
	secretID  string
	scope     scope
	headers   []string // SignedHeaders, as listed
	signature []byte
}

// proveTC3 parses the proof of a TC3 request.
func (s *Server) proveTC3(r *request) error {
	auth, err := parseAuthorization(r.http.Header.Get("Authorization"))
	if err != nil {
		return err
	}
	r.proof = proof{
		secretID:  auth.secretID,
		signature: auth.signature,
		date:      auth.scope.date,
		matches:   func(secret string) bool { return s.matchesTC3(r, auth, secret) },
	}
	return nil
}

// parseAuthorization parses
//
//	TC3-HMAC-SHA256 Credential=id/date/service/tc3_request, SignedHeaders=a;b, Signature=hex
//
// The service may be any text without a slash: the Node SDKs send the start of
// the endpoint, such as "127" or "localhost:8080".
func parseAuthorization(text string) (authorization, error) {
	if text == "" {
		return authorization{}, malformed("is missing; sign the request")
	}
	if len(text) > maxAuthorization {
		return authorization{}, malformed("is too long")
	}
	rest, ok := strings.CutPrefix(text, tc3Algorithm+" ")
	if !ok {
		return authorization{}, malformed("must begin with " + tc3Algorithm)
	}
	fields, err := authorizationFields(rest)
	if err != nil {
		return authorization{}, err
	}
	var auth authorization
	credential := strings.Split(fields["Credential"], "/")
	if len(credential) != 4 || credential[3] != tc3Terminator || credential[2] == "" {
		return authorization{}, malformed("needs Credential=SecretId/date/service/" + tc3Terminator)
	}
	auth.secretID, auth.scope = credential[0], scope{date: credential[1], service: credential[2]}
	if auth.headers, err = signedHeaders(fields["SignedHeaders"]); err != nil {
		return authorization{}, err
	}
	auth.signature, err = hex.DecodeString(fields["Signature"])
	if err != nil || len(auth.signature) != sha256.Size {
		return authorization{}, malformed("needs Signature= followed by 64 hexadecimal digits")
	}
	return auth, nil
}

func malformed(what string) error {
	return Errorf(AuthInvalidAuthorization, "the Authorization header %s", what)
}

// authorizationFields splits "a=b, c=d, e=f", in which every name occurs once.
func authorizationFields(text string) (map[string]string, error) {
	fields := make(map[string]string, 3)
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		_, twice := fields[name]
		if !ok || twice {
			return nil, malformed("must be Credential=..., SignedHeaders=..., Signature=...")
		}
		fields[name] = value
	}
	if len(fields) != 3 {
		return nil, malformed("must have Credential, SignedHeaders and Signature only")
	}
	return fields, nil
}

func signedHeaders(list string) ([]string, error) {
	names := strings.Split(list, ";")
	if len(names) > maxSignedHeaders {
		return nil, malformed("signs too many headers")
	}
	var contentType, host bool
	for _, name := range names {
		contentType = contentType || strings.EqualFold(name, "content-type")
		host = host || strings.EqualFold(name, "host")
	}
	if !contentType || !host {
		return nil, malformed("must sign content-type and host")
	}
	return names, nil
}

// unsigned reports whether the client left the body out of the signature.
func (r *request) unsigned() bool {
	return r.http.Header.Get("X-TC-Content-SHA256") == unsignedPayload
}

// matchesTC3 reports whether the signature is that of one of the canonical
// requests that the client may have signed: with each host and path, and with
// header values as sent and in lower case.
func (s *Server) matchesTC3(r *request, auth authorization, secret string) bool {
	c := canonical{method: r.http.Method, query: r.http.URL.RawQuery, payloadHash: r.bodyHash}
	if r.unsigned() && s.config.UnsignedPayload {
		c.payloadHash = hexSHA256([]byte(unsignedPayload))
	}
	key := auth.scope.key(secret)
	for _, host := range s.hosts(r.http) {
		sent := headerValues(r.http, auth.headers, host)
		for _, headers := range [][]header{sent, lowerCased(sent)} {
			for _, path := range paths(r.http) {
				c.headers, c.uri = headers, path
				if hmac.Equal(c.sign(key, auth.scope, r.timestamp), auth.signature) {
					return true
				}
			}
		}
	}
	return false
}

func headerValues(r *http.Request, names []string, host string) []header {
	headers := make([]header, len(names))
	for i, name := range names {
		headers[i] = header{name, strings.TrimSpace(r.Header.Get(name))}
		if strings.EqualFold(name, "host") {
			headers[i].value = host
		}
	}
	return headers
}

func lowerCased(headers []header) []header {
	lower := make([]header, len(headers))
	for i, h := range headers {
		lower[i] = header{h.name, strings.ToLower(h.value)}
	}
	return lower
}
