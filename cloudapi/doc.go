// Package cloudapi implements the protocol of Tencent Cloud API 3.0, server and
// client, so that the official SDKs work against it unchanged. It knows nothing
// about what the actions do.
//
// # Request forms
//
//	POST application/json                    TC3-HMAC-SHA256
//	GET, flattened query                     TC3-HMAC-SHA256
//	POST multipart/form-data                 TC3-HMAC-SHA256
//	POST application/x-www-form-urlencoded   v1, HmacSHA1 or HmacSHA256
//	GET, flattened query                     v1, HmacSHA1 or HmacSHA256
//
// A request with an Authorization or X-TC-Action header is TC3. Any other GET
// or form POST is v1.
//
// # Order of checks
//
// The server checks a request in this order and returns the first failure: the
// method; the declared size; that action, version and timestamp are present;
// the form of the authorization; the key; the time; the actual size of a TC3
// body; the signature; the token; that the action exists; the role; the rate;
// replay; the parameters.
//
// A request with an unknown SecretId takes as much work as one with a wrong
// signature. Its TC3 body is hashed but not kept, so that a client without a
// key cannot make the server hold 10 MB. A v1 body of at most 1 MB is kept,
// because it contains the SecretId.
//
// # Replays
//
// TC3 has no nonce, its timestamp has a resolution of one second, and of the
// headers the SDKs sign only the content type and the host, not the action. Two
// legitimate requests with equal bodies in the same second therefore have the
// same signature: two polls of a status, or a status query and then a stop of
// the same task. These rules accept such requests and refuse replays:
//
//   - A signature that was used for an action that changes state is never
//     accepted again for that action. Of two equal create requests in the same
//     second, the second is refused.
//   - Otherwise a signature may be used again within five seconds of its first
//     use. This includes an SDK that repeats a request unchanged after
//     RequestLimitExceeded. After five seconds the signature is refused.
//
// The server's clock measures the time since the first use, so that the rules
// do not depend on the client's clock. A v1 signature covers a nonce, so that
// only a real replay repeats it. The rate limit is checked before a recent
// repeat is refused. A replay of an old signature is refused before that, so
// that it does not use up the rate of the key. Signatures are remembered per
// process, and lost when it ends.
//
// One attack remains: whoever can read a request on the network can send it
// within five seconds as another action that accepts the same body. Only TLS
// prevents that.
//
// # Roles
//
// Actions whose names begin with Describe only read. All others change state
// and need the admin role.
//
// # Timeouts
//
// Set the read and idle timeouts on the http.Server that runs this handler.
package cloudapi
