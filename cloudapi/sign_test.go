package cloudapi

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// The official Node signer made the vectors, except the fourth, which was
// computed by hand from the published scheme.
const vectorBody = `{"ScanVul":true,"ScanVirus":false,"ScanRisk":true,` +
	`"Images":["sha256:aaa","sha256:bbb"],"ScanScope":1}`

func TestTC3Vectors(t *testing.T) {
	jsonHeaders := []header{{"content-type", "application/json"}, {"host", testHost}}
	tests := []struct {
		name, service, want string
		c                   canonical
	}{
		{"post", "tcss", "d84e3340fb478fd4dc9b188c5f06fdc7e48fa63acde67ab4949d20bf6ce92d04",
			canonical{"POST", "/", "", jsonHeaders, hexSHA256([]byte(vectorBody))}},
		{"node on an address", "127", "09e1aca4b8aff8e51e2613eea74209007f27dcdee07be20feff7fb3ec51646c1",
			canonical{"POST", "/", "", []header{{"content-type", "application/json"}, {"host", "127.0.0.1"}},
				hexSHA256([]byte(vectorBody))}},
		{"get", "tcss", "a7f0d751feb0ae8083583b1ea7d5b2c979b5f8615eeb8050aad90dea5d0d39f1",
			canonical{"GET", "/", "Limit=10&Offset=0&Filters.0.Name=ImageName&Filters.0.Values.0=nginx%20x",
				[]header{{"content-type", "application/x-www-form-urlencoded"}, {"host", testHost}}, hexSHA256(nil)}},
		{"unsigned payload", "tcss", "5d2b3555b9937696fbd73f7743201efab9f2391ff4e667741674b25267dace38",
			canonical{"POST", "/", "", jsonHeaders, hexSHA256([]byte("UNSIGNED-PAYLOAD"))}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := scope{"2020-09-13", tt.service}
			if got := hex.EncodeToString(tt.c.sign(s.key(testSecret), s, "1600000000")); got != tt.want {
				t.Errorf("signature %s, want %s", got, tt.want)
			}
		})
	}
	if got := tests[0].c.hash(); got != "d71d276add25165ad2424a970f29991bd6cd81be855c82d5e2181116b124b478" {
		t.Errorf("hash of the canonical request %s", got)
	}
	got := hex.EncodeToString(scope{"2020-09-13", "tcss"}.key(testSecret))
	if got != "8c24ff326fcfbc4c14e362de881bab84d3bbdc520126b69ae12ee85908b36d81" {
		t.Errorf("signing key %s", got)
	}
}

func TestV1Vectors(t *testing.T) {
	for method, want := range map[string]string{
		"HmacSHA256": "nbKLFXjbA9Av1BhGK964s7NUZJ3zDCHDAiOjIhEQqSE=",
		"HmacSHA1":   "oLOTBFvs6/Iv1DcrHTC2ZtRUvgo=",
	} {
		params := v1Params(map[string]string{
			"Action": "CreateAssetImageScanTask", "Images.0": "sha256:aaa", "Images.1": "sha256:bbb", "Nonce": "11886",
			"Region": "ap-guangzhou", "ScanVul": "true", "SecretId": testID, "Signature": "left out",
			"SignatureMethod": method, "Timestamp": "1600000000", "Version": "2020-11-01",
		})
		if got := b64(v1Sign(v1Methods[method], testSecret, "POST", testHost, "/", params)); got != want {
			t.Errorf("%s: signature %s, want %s", method, got, want)
		}
	}
}

func TestSignedBySDKAccepted(t *testing.T) {
	f := newFixture(t)
	for name, q := range map[string]tc3Request{
		"as is":                 {},
		"host without port":     {host: "127.0.0.1:18980", signedHost: "127.0.0.1", service: "127"},
		"host with port":        {host: "localhost:18443", service: "localhost:18443"},
		"IPv6 without port":     {host: "[::1]:80", signedHost: "[::1]"},
		"path signed":           {target: "/some/prefix"},
		"slash signed for path": {target: "/some/prefix", uri: "/"},
		"GET":                   {method: "GET", target: "/?Images.0=a%20b&All=True", contentType: typeForm},
	} {
		t.Run(name, func(t *testing.T) { must(t, f.send(t, q.http()), "") })
	}
}

// Callers that follow the public documentation sign header values in lower case.
func TestLowerCasedHeaders(t *testing.T) {
	r := tc3Request{}.http()
	s := scope{"2020-09-13", "tcss"}
	sig := canonical{"POST", "/", "", []header{
		{"content-type", "application/json"}, {"host", testHost}, {"x-tc-action", "describeassetimagelist"},
	}, hexSHA256(nil)}.sign(s.key(testSecret), s, "1600000000")
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential="+testID+"/2020-09-13/tcss/tc3_request, "+
		"SignedHeaders=content-type;host;x-tc-action, Signature="+hex.EncodeToString(sig))
	f := newFixture(t)
	must(t, f.send(t, r), "")
	swapped := r.Clone(t.Context())
	swapped.Header.Set("X-TC-Action", "DescribeAssetImageScanTask")
	must(t, f.send(t, swapped), AuthSignatureFailure)
}

func TestAlternativeHost(t *testing.T) {
	q := tc3Request{host: "10.0.0.1:8080", signedHost: "scan.example.com"}
	must(t, newFixture(t).send(t, q.http()), AuthSignatureFailure)
	f := newFixture(t, func(c *Config) { c.Hosts = []string{"scan.example.com"} })
	must(t, f.send(t, q.http()), "")
}
