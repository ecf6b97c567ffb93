package cloudapi

import (
	"crypto/hmac"
	"crypto/sha1" // HmacSHA1 is one of the two signature v1 methods of the protocol
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
	"time"
)

// The fixed words of TC3-HMAC-SHA256.
const (
	tc3Algorithm    = "TC3-HMAC-SHA256"
	tc3Terminator   = "tc3_request"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// A scope is the day and service for which a TC3 signature is valid.
type scope struct{ date, service string }

// scopeDate returns the date in a scope, which is the UTC day of the timestamp.
func scopeDate(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func (s scope) String() string { return s.date + "/" + s.service + "/" + tc3Terminator }

// key derives the signing key of the scope from the secret.
func (s scope) key(secret string) []byte {
	date := hmacSHA256([]byte("TC3"+secret), s.date)
	return hmacSHA256(hmacSHA256(date, s.service), tc3Terminator)
}

// A canonical is a canonical request, the text that a TC3 signature covers.
type canonical struct {
	method, uri, query string
	headers            []header // in the order of SignedHeaders
	payloadHash        string   // hex
}

type header struct{ name, value string }

// hash returns the hex SHA-256 of the canonical request.
func (c canonical) hash() string {
	var b strings.Builder
	b.WriteString(c.method + "\n" + c.uri + "\n" + c.query + "\n")
	names := make([]string, len(c.headers))
	for i, h := range c.headers {
		b.WriteString(h.name + ":" + h.value + "\n")
		names[i] = h.name
	}
	b.WriteString("\n" + strings.Join(names, ";") + "\n" + c.payloadHash)
	return hexSHA256([]byte(b.String()))
}

// sign returns the TC3 signature of c with a key returned by scope.key.
func (c canonical) sign(key []byte, s scope, timestamp string) []byte {
	return hmacSHA256(key, tc3Algorithm+"\n"+timestamp+"\n"+s.String()+"\n"+c.hash())
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// v1Methods are the values of SignatureMethod. The default is HmacSHA1.
var v1Methods = map[string]func() hash.Hash{
	"":           sha1.New,
	"HmacSHA1":   sha1.New,
	"HmacSHA256": sha256.New,
}

// v1Params returns the part of the signed v1 text that does not depend on the
// host: all parameters except the signature, sorted by name, with decoded
// values.
func v1Params(params map[string]string) string {
	names := make([]string, 0, len(params))
	for name := range params {
		if name != "Signature" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + params[name])
	}
	return b.String()
}

// v1Sign returns the v1 signature before Base64 encoding.
func v1Sign(newHash func() hash.Hash, secret, method, host, path, params string) []byte {
	h := hmac.New(newHash, []byte(secret))
	h.Write([]byte(method + host + path + "?" + params))
	return h.Sum(nil)
}
