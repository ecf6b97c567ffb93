package secret

import (
	"regexp"
	"sync"

	"github.com/landwaiter/landwaiter/analyze/rule"
)

// pattern is a rule on the text around a keyword.
type pattern struct {
	keyword string
	rule    string
	// expr is matched against the text from before bytes ahead of the keyword
	// to longest behind where it may begin; group 1 is the secret.
	expr   func() *regexp.Regexp
	before int
	// longest is the length of the longest match, without what surrounds it. It
	// bounds the text that the expression is run on.
	longest int
}

// once compiles an expression at its first use. Compiling all of them whenever a
// process starts would take longer than reading a small layer.
func once(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// maxSlack is how many bytes after its keyword a secret may begin.
const maxSlack = 8

// start and end match what must surround a token.
const (
	start = `(?:^|[^A-Za-z0-9_-])`
	end   = `(?:$|[^A-Za-z0-9_-])`
)

// patterns are the token rules. The forms are those the issuers publish:
// docs.github.com "Authentication > About authentication", docs.gitlab.com
// "Security > Tokens", api.slack.com "Token types", docs.aws.amazon.com "IAM
// identifiers", docs.stripe.com "API keys", learn.microsoft.com "Storage account
// keys", docs.npmjs.com "About access tokens", pypi.org "API tokens".
var patterns = []pattern{
	{"AKIA", rule.AWSAccessKey, once(start + `(AKIA[A-Z2-7]{16})` + end), 1, 20},
	{"aws_secret_access_key", rule.AWSSecretKey, once(`^[A-Za-z_]*aws_secret_access_key["']?\s{0,4}[:=]{1,2}\s{0,4}["']?` +
		`([A-Za-z0-9/+]{40})(?:$|[^A-Za-z0-9/+=])`), 0, 100},
	{"AWS_SECRET_ACCESS_KEY", rule.AWSSecretKey, once(`^AWS_SECRET_ACCESS_KEY["']?\s{0,4}[:= ]{1,2}\s{0,4}["']?` +
		`([A-Za-z0-9/+]{40})(?:$|[^A-Za-z0-9/+=])`), 0, 100},
	{"ghp_", rule.GitHubToken, once(start + `(ghp_[A-Za-z0-9]{36})` + end), 1, 40},
	{"gho_", rule.GitHubToken, once(start + `(gho_[A-Za-z0-9]{36})` + end), 1, 40},
	{"ghs_", rule.GitHubToken, once(start + `(ghs_[A-Za-z0-9]{36})` + end), 1, 40},
	{"ghu_", rule.GitHubToken, once(start + `(ghu_[A-Za-z0-9]{36})` + end), 1, 40},
	{"ghr_", rule.GitHubToken, once(start + `(ghr_[A-Za-z0-9]{36})` + end), 1, 40},
	{"github_pat_", rule.GitHubToken, once(start + `(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})` + end), 1, 93},
	{"glpat-", rule.GitLabToken, once(start + `(glpat-[A-Za-z0-9_-]{20,64})` + end), 1, 70},
	{"xoxb-", rule.SlackToken, once(start + `(xoxb-[0-9]{8,14}-[0-9A-Za-z-]{18,80})` + end), 1, 100},
	{"xoxp-", rule.SlackToken, once(start + `(xoxp-[0-9]{8,14}-[0-9A-Za-z-]{18,80})` + end), 1, 100},
	{"hooks.slack.com/services/", rule.SlackWebhook,
		once(`(hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24})` + end), 0, 80},
	{"sk_live_", rule.StripeKey, once(start + `(sk_live_[A-Za-z0-9]{24,128})` + end), 1, 136},
	{"rk_live_", rule.StripeKey, once(start + `(rk_live_[A-Za-z0-9]{24,128})` + end), 1, 136},
	{"AIza", rule.GoogleAPIKey, once(start + `(AIza[A-Za-z0-9_-]{35})` + end), 1, 39},
	{"AccountKey=", rule.AzureStorageKey, once(`AccountKey=([A-Za-z0-9+/]{86}==)`), 0, 99},
	{"npm_", rule.NPMToken, once(start + `(npm_[A-Za-z0-9]{36})` + end), 1, 40},
	{"pypi-AgE", rule.PyPIToken, once(start + `(pypi-AgE[A-Za-z0-9_-]{80,250})` + end), 1, 258},
}
