package e2e

import (
	"encoding/json"
	"testing"
)

// params are the parameters of an action.
type params = map[string]any

// call is one call of an action.
type call struct {
	Action string `json:"action"`
	Params params `json:"params"`
}

// reply is the response to a call as the client reports it: the answer, or the
// code and message of an error.
type reply struct {
	Answer  json.RawMessage `json:"answer"`
	Code    string          `json:"code"`
	Message string          `json:"message"`
}

// caller is an official client that can call a server with a key.
type caller interface {
	// at makes all calls concurrently.
	at(t testing.TB, url string, k key, calls ...call) []reply
}

// session is a client that calls a server with a key.
type session struct {
	caller
	url string
	key key
}

// call calls an action, which must succeed, and decodes the answer.
func (s session) call(t testing.TB, action string, p params, answer any) json.RawMessage {
	t.Helper()
	r := s.at(t, s.url, s.key, call{action, p})[0]
	if r.Code != "" || r.Message != "" {
		t.Fatalf("%s(%v): %s: %s", action, p, r.Code, r.Message)
	}
	if answer != nil {
		if err := json.Unmarshal(r.Answer, answer); err != nil {
			t.Fatalf("%s: %v in %s", action, err, r.Answer)
		}
	}
	return r.Answer
}

// code calls an action and returns the error code reported by the client.
func (s session) code(t testing.TB, action string, p params) string {
	t.Helper()
	return s.at(t, s.url, s.key, call{action, p})[0].Code
}
