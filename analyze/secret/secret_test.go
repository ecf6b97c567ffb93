package secret

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter/analyze/rule"
)

// random makes n characters of an alphabet, the same each time.
func random(alphabet string, n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower = "abcdefghijklmnopqrstuvwxyz"
	digit = "0123456789"
	alnum = upper + lower + digit
)

// pemBlock wraps body as a PEM block; split in two so that no scanner of this
// repository takes it for a key.
func pemBlock(kind, headers, body string) string {
	return "-----BEGIN " + kind + "-----\n" + headers + body + "\n-----END " + kind + "-----\n"
}

func keyBody() string {
	return random(alnum+"+/", 64) + "\n" + random(alnum+"+/", 64)
}

func TestRules(t *testing.T) {
	openssh := base64.StdEncoding.EncodeToString([]byte(
		"openssh-key-v1\x00\x00\x00\x00\x04none\x00\x00\x00\x04none" + random(alnum, 80)))
	locked := base64.StdEncoding.EncodeToString([]byte(
		"openssh-key-v1\x00\x00\x00\x00\x0aaes256-ctr\x00\x00\x00\x06bcrypt" + random(alnum, 80)))
	for _, c := range []struct{ text, want string }{
		{pemBlock("PRIVATE KEY", "", keyBody()), rule.PrivateKey},
		{pemBlock("RSA PRIVATE KEY", "", keyBody()), rule.PrivateKey},
		{pemBlock("EC PRIVATE KEY", "", keyBody()), rule.PrivateKey},
		{pemBlock("PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\n\n", keyBody()), rule.PrivateKey},
		{pemBlock("OPENSSH PRIVATE KEY", "", openssh), rule.PrivateKey},
		{pemBlock("OPENSSH PRIVATE KEY", "", locked), rule.EncryptedPrivateKey},
		{pemBlock("ENCRYPTED PRIVATE KEY", "", keyBody()), rule.EncryptedPrivateKey},
		{pemBlock("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n", keyBody()),
			rule.EncryptedPrivateKey},
		{`key = "` + strings.ReplaceAll(pemBlock("PRIVATE KEY", "", keyBody()), "\n", `\n`) + `"`, rule.PrivateKey},
		{`{"type":"service_account","private_key":"` +
			strings.ReplaceAll(pemBlock("PRIVATE KEY", "", keyBody()), "\n", `\n`) + `"}`,
			rule.GCPServiceAccount},
		{puttyKeyword + "3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nBBBB\n",
			rule.PuTTYKey},
		{puttyKeyword + "2: ssh-rsa\nEncryption: aes256-cbc\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nBBBB\n",
			rule.EncryptedPrivateKey},
		{"id=AKIA" + random(upper+"234567", 16), rule.AWSAccessKey},
		{"aws_secret_access_key = " + random(alnum+"/+", 40), rule.AWSSecretKey},
		{`AWS_SECRET_ACCESS_KEY="` + random(alnum+"/+", 40) + `"`, rule.AWSSecretKey},
		{"ghp_" + random(alnum, 36), rule.GitHubToken},
		{"x:ghs_" + random(alnum, 36) + "@github.com", rule.GitHubToken},
		{"github_pat_" + random(alnum, 22) + "_" + random(alnum, 59), rule.GitHubToken},
		{"glpat-" + random(alnum, 20), rule.GitLabToken},
		{"xoxb-" + random(digit, 12) + "-" + random(alnum, 24), rule.SlackToken},
		{"https://hooks.slack.com/services/T" + random(upper+digit, 8) +
			"/B" + random(upper+digit, 8) + "/" + random(alnum, 24),
			rule.SlackWebhook},
		{"sk_live_" + random(alnum, 24), rule.StripeKey},
		{"AIza" + random(alnum, 35), rule.GoogleAPIKey},
		{"AccountName=a;AccountKey=" + random(alnum+"+/", 86) + "==;", rule.AzureStorageKey},
		{"//registry.example.com/:_authToken=npm_" + random(alnum, 36), rule.NPMToken},
		{"password = pypi-AgE" + random(alnum, 100), rule.PyPIToken},
	} {
		text, want := c.text, c.want
		for _, prefix := range []string{"", "one\ntwo\n"} {
			got, _ := Text(prefix + text)
			if len(got) != 1 || got[0].Rule != want {
				t.Errorf("%.60q: %+v, want %s", text, got, want)
				continue
			}
			if line := 1 + strings.Count(prefix, "\n"); got[0].Line != line {
				t.Errorf("%s in line %d, want %d", want, got[0].Line, line)
			}
		}
	}
}

func TestExpressionsCompile(t *testing.T) {
	for _, p := range patterns {
		if p.expr().NumSubexp() != 1 {
			t.Errorf("%s: group 1 is the secret, and the only group", p.keyword)
		}
	}
}

func TestNoFalseAlarms(t *testing.T) {
	for _, text := range []string{
		"-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----", "-----BEGIN %s PRIVATE KEY-----",
		pemBlock("CERTIFICATE", "", keyBody()), pemBlock("PUBLIC KEY", "", keyBody()),
		pemBlock("PRIVATE KEY", "", strings.Repeat("A", 128)),
		pemBlock("PRIVATE KEY", "", "<your key here, base64, at least sixty characters of it, please>"),
		"AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ghp_" + strings.Repeat("a", 36), "ghp_short",
		"npm_config_registry", "sk_live_...", "AccountKey=<key>", "glpat-", "weighp_" + random(alnum, 36),
		"ghp_" + random(alnum, 37), puttyKeyword + "2", "",
	} {
		if got, _ := Text(text); len(got) != 0 {
			t.Errorf("%.60q: %+v", text, got)
		}
	}
}

func TestMatchesAreMasked(t *testing.T) {
	token := "ghp_" + random(alnum, 36)
	m, _ := Text("a " + token + " b " + token)
	if len(m) != 2 || m[0].Masked != token[:6]+"****" || "a "+token != ("a " + token + " b ")[:m[0].End] {
		t.Errorf("%+v", m)
	}
	for secret, want := range map[string]string{
		"": "****", "abc": "****", "abcdefgh": "ab****", strings.Repeat("é", 20): "ééé****",
	} {
		if got := Mask(secret); got != want {
			t.Errorf("Mask(%q) = %q", secret, got)
		}
	}
}

func TestBounds(t *testing.T) {
	many := strings.Repeat("ghp_"+random(alnum, 36)+"\n", MaxMatches+50)
	if got, complete := Text(many); len(got) != MaxMatches || complete {
		t.Errorf("%d matches", len(got))
	}
	// Row 22 of the hostile inputs: one line of nothing but keywords.
	if got, complete := Text(strings.Repeat("-----BEGIN PRIVATE KEY-----", 100_000)); len(got) != 0 || complete {
		t.Errorf("%d matches", len(got))
	}
}

func TestIsText(t *testing.T) {
	for head, want := range map[string]bool{"": false, "a": true, "a\x00": false, "\xff\xfe": true} {
		if isText([]byte(head)) != want {
			t.Errorf("%q", head)
		}
	}
}

// TestKeywordsFindWhatIndexFinds holds the search against the obvious one.
func TestKeywordsFindWhatIndexFinds(t *testing.T) {
	words := []string{"abca", "bcab", "aaaa", "abcabc", "caba", "acacac"}
	k := newKeywords(words)
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(rapid.StringMatching(`[abcx]{0,60}`).Draw(t, "data"))
		var got, want []string
		k.find(data, func(w, at int) bool { got = append(got, fmt.Sprint(at, words[w])); return true })
		for at := range data {
			for _, w := range words {
				if bytes.HasPrefix(data[at:], []byte(w)) {
					want = append(want, fmt.Sprint(at, w))
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(pemBlock("OPENSSH PRIVATE KEY", "", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU")))
	f.Add([]byte("AccountKey=" + random(alnum, 86) + "==\nAKIA" + random(upper, 16)))
	f.Add([]byte(puttyKeyword + "\nPrivate-Lines: "))
	f.Fuzz(func(t *testing.T, data []byte) {
		end := 0
		matches, _ := Text(string(data))
		for _, m := range matches {
			rule.Get(m.Rule)
			if m.Start < end || m.End <= m.Start || m.End > len(data) || m.Line != 1+bytes.Count(data[:m.Start], []byte("\n")) {
				t.Errorf("%+v", m)
			}
			end = m.End
		}
	})
}

func BenchmarkScan(b *testing.B) {
	const line = "if err := os.Setenv(\"NAME\", value); err != nil { return fmt.Errorf(\"name: %w\", err) }\n"
	text := []byte(strings.Repeat(line, 12_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = scan(text)
	}
}

// TestStoppedSearchIsAnError: so that coverage tells of it. A search that ends
// with the last secret it may report has seen everything.
func TestStoppedSearchIsAnError(t *testing.T) {
	token := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString("ghp_" + random(alnum, 36) + "\n")
		}
		return b.String()
	}
	for _, c := range []struct {
		text    string
		stopped bool
	}{
		{token(MaxMatches), false}, {token(MaxMatches + 1), true},
		{strings.Repeat("ghp_ ", maxHits), false}, {strings.Repeat("ghp_ ", maxHits+1), true},
	} {
		if _, err := scan([]byte(c.text)); (err != nil) != c.stopped {
			t.Errorf("%.20q of %d bytes: %v", c.text, len(c.text), err)
		}
	}
}
