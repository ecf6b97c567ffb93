package e2e

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// clientErrors checks every error that a client can cause, as the client reports
// it.
func clientErrors(t *testing.T, s session) {
	wrong, unknown := s, s
	wrong.key.Secret += "x"
	unknown.key.ID = "AKIDunknown"
	const list = "DescribeAssetImageSimpleList"
	for _, tt := range []struct {
		name, want string
		session    session
		action     string
		params     params
	}{
		{"wrong secret", "AuthFailure.SignatureFailure", wrong, list, params{"Limit": 1}},
		{"unknown key", "AuthFailure.SecretIdNotFound", unknown, list, params{"Limit": 1}},
		{"wrong type", "InvalidParameter.ParsingError", s, list, params{"Limit": "many"}},
		{"unknown parameter", "UnknownParameter", s, list, params{"Nonsense": 1}},
		{"missing parameter", "InvalidParameter.MissingParameter", s, "DescribeAssetImageVulList", params{"Limit": 1}},
		{"page too long", "InvalidParameter", s, list, params{"Limit": 101}},
		{"no such image", "ResourceNotFound", s, "DescribeAssetImageDetail",
			params{"ImageID": "sha256:" + strings.Repeat("0", 64)}},
		{"not built yet", "UnsupportedOperation", s, "DescribeSystemVulList", params{"Limit": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.session.code(t, tt.action, tt.params); got != tt.want {
				t.Errorf("code %q, want %s", got, tt.want)
			}
		})
	}
}

// rateLimit sends many requests at once with a new key. Twenty must pass and the
// others be refused, except those that arrive more than a second later.
func rateLimit(t *testing.T, s session) {
	calls := make([]call, 60)
	for i := range calls {
		calls[i] = call{"DescribeAssetImageSimpleList", params{"Limit": 1}}
	}
	codes := map[string]int{}
	for _, r := range s.at(t, s.url, s.key, calls...) {
		codes[r.Code]++
	}
	if codes[""] < 20 || codes["RequestLimitExceeded"] == 0 || len(codes) != 2 {
		t.Errorf("%d requests at once: codes %v", len(calls), codes)
	}
}

// TestExpired makes calls with wrong clocks.
func TestExpired(t *testing.T) {
	srv := serve(t, newStore(t))
	k := srv.newKey(t)
	const want = "AuthFailure.SignatureExpire"
	for name, shift := range map[string]string{"late": "-600", "early": "600"} {
		t.Run("node/"+name, func(t *testing.T) {
			n := startNode(t, environment("CLOCK_SHIFT="+shift), "--require", "./shift-clock.js")
			for name, c := range map[string]caller{
				"cn-tc3":    nodeClient{n, "cn", "", "POST", ""},
				"cn-get":    nodeClient{n, "cn", "", "GET", ""},
				"cn-v1":     nodeClient{n, "cn", "", "POST", "HmacSHA1"},
				"intl":      nodeClient{n, "intl", "", "", ""},
				"intl-tc3":  nodeClient{n, "intl", "", "POST", "TC3-HMAC-SHA256"},
				"multipart": nodeClient{n, "cn", "multipart", "POST", ""},
			} {
				if got := (session{c, srv.url, k}).code(t, "DescribeAssetImageList", params{"Limit": 1}); got != want {
					t.Errorf("%s: code %q, want %s", name, got, want)
				}
			}
		})
	}
	// The clock of a synctest bubble starts in the year 2000.
	t.Run("go", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := goClient{&http.Transport{DisableKeepAlives: true}}
			if got := (session{c, srv.url, k}).code(t, "DescribeAssetImageList", params{"Limit": 1}); got != want {
				t.Errorf("code %q, want %s", got, want)
			}
		})
	})
}
