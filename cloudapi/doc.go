// Package cloudapi serves (and calls) an API of the Tencent Cloud API 3.0
// kind, so that the official SDKs work against it unchanged. It knows the
// protocol and nothing of what the actions do.
//
// # Request forms
//
//	POST application/json                    TC3-HMAC-SHA256
//	GET, flattened query                     TC3-HMAC-SHA256
//	POST multipart/form-data                 TC3-HMAC-SHA256
//	POST application/x-www-form-urlencoded   v1, HmacSHA1 or HmacSHA256
//	GET, flattened query                     v1, HmacSHA1 or HmacSHA256
//
// A request with an Authorization or X-TC-Action header is TC3; any other GET
// or form POST is v1.
//
// # Order of checks
//
// Method, declared size, action and version and timestamp present, form of the
// authorization, key, time, real size of a TC3 body, signature, token, action
// known, role, rate, replay, parameters. The first failure is the answer.
//
// A request with an unknown SecretId costs the same work as one with a wrong
// signature. Its TC3 body is hashed but not kept, so that strangers cannot
// make the server hold 10 MB each; a v1 body of at most 1 MB is kept, because
// it holds the SecretId.
//
// # Replays
//
// TC3 has no nonce and its timestamp counts whole seconds, and the SDKs sign
// neither the action nor anything else of the header but the content type and
// the host. Two honest requests with equal bodies in one second therefore have
// the same signature: a status polled twice, or a status asked for and then a
// stop of the same task. The rule that keeps those and refuses the rest:
//
//   - A signature that was used for an action that changes state is never
//     accepted again for that action. Two equal creations in one second are
//     one creation and one refusal.
//   - Otherwise a signature may be used again within five seconds of its first
//     use, which also covers an SDK that sends the same bytes again after
//     RequestLimitExceeded. Later it is refused.
//
// The first use is measured by the server's clock, so a client whose clock is
// off by minutes is treated alike. A v1 signature holds a nonce and meets the
// rule only when it really is a replay. The rate limit is asked before a young
// repeat is refused, and an old replay is refused before it can use up the
// rate of the key it was stolen from. The memory of uses is per process and
// ends with it.
//
// What is left: who reads a request off the wire can, within five seconds, send
// it as another action that takes the same body. Only TLS prevents that.
//
// # Roles
//
// An action whose name begins with Describe reads; all others change state and
// need the admin role.
//
// # Timeouts
//
// Read and idle timeouts belong to the http.Server that this handler runs in.
package cloudapi
