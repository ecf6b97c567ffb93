package cloudapi

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
)

// v1Common are the parameters of a v1 request that do not belong to the action.
var v1Common = map[string]bool{
	"Action": true, "Version": true, "Timestamp": true, "Nonce": true,
	"Region": true, "Token": true, "Language": true, "RequestClient": true,
	"SecretId": true, "Signature": true, "SignatureMethod": true,
}

func isV1Common(name string) bool { return v1Common[name] }

// readV1 parses the parameters of a v1 request. They are in the body of a POST,
// whose query is ignored, or in the query of a GET.
func (r *request) readV1() error {
	if err := r.readBody(true); err != nil {
		return err
	}
	text := r.http.URL.RawQuery
	if r.post() {
		text = string(r.body)
	}
	params, err := parseQuery(text)
	if err != nil {
		return err
	}
	r.params = params
	r.action, r.version = params["Action"], params["Version"]
	r.timestamp, r.token = params["Timestamp"], params["Token"]
	return nil
}

// proveV1 parses the proof of a v1 request.
func (s *Server) proveV1(r *request) error {
	for _, name := range []string{"SecretId", "Signature", "Nonce"} {
		if r.params[name] == "" {
			return Errorf(MissingParameter, "%s is missing", name)
		}
	}
	// The Go and Python SDKs send nonces of 63 bits.
	if n, err := strconv.ParseUint(r.params["Nonce"], 10, 64); err != nil || n == 0 {
		return Errorf(InvalidParameter, "Nonce must be a positive integer")
	}
	newHash, ok := v1Methods[r.params["SignatureMethod"]]
	if !ok {
		return Errorf(InvalidParameterValue, "SignatureMethod must be HmacSHA1 or HmacSHA256")
	}
	signature, err := base64.StdEncoding.DecodeString(r.params["Signature"])
	if err != nil {
		return Errorf(AuthSignatureFailure, "Signature is not BASE64")
	}
	r.proof = proof{secretID: r.params["SecretId"], signature: signature}
	r.proof.matches = func(secret string) bool {
		text := v1Params(r.params)
		for _, host := range s.hosts(r.http) {
			for _, path := range paths(r.http) {
				if hmac.Equal(v1Sign(newHash, secret, r.http.Method, host, path, text), signature) {
					return true
				}
			}
		}
		return false
	}
	return nil
}
