package config

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/analyze/secret"
	"github.com/landwaiter/landwaiter/history"
)

// secretName matches the names of variables for secrets. The words must be whole
// words of the name, so that TOKENIZER and PASSWORD_FILE do not match.
var secretName = regexp.MustCompile(`(?i)(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|API_?KEY|` +
	`ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_BASE64)?$|` +
	`(?i)^[A-Z0-9]+(?:PASSWORD|PASSWD|APIKEY|SECRETKEY)$`)

// harmless matches values that are no secrets: references to something else,
// switches, and placeholders.
var harmless = regexp.MustCompile(`(?i)^(?:|\$.*|\{\{.*|<.*>|\*+|x+|true|false|yes|no|on|off|null|none|0|1|` +
	`changeme|change_me|placeholder|example|dummy|your[-_ ].*|https?://[^@]*|/.*|file:.*)$`)

// envRisk returns the risk of one "NAME=value" of the environment; false when
// there is none.
func envRisk(variable string, m *history.Masker, gaps *gaps) (landwaiter.Risk, bool) {
	name, value, _ := strings.Cut(variable, "=")
	matches, complete := secret.Text(variable)
	if !complete && len(matches) == 0 {
		gaps.texts++
	}
	if len(matches) == 0 && !isSecret(name, value) {
		return landwaiter.Risk{}, false
	}
	detail := history.Line(name)
	if len(matches) > 0 {
		detail += ": " + strings.ToLower(rule.Get(matches[0].Rule).Title)
	}
	r := rule.Get(rule.SecretEnv).Risk(detail)
	shown := m.Env(variable)
	if shown == variable {
		shown = name + "=****"
	}
	r.Instruction = history.Line("ENV " + shown)
	return r, true
}

func isSecret(name, value string) bool {
	value = strings.Trim(value, `"'`)
	// The shell sets PWD and OLDPWD.
	return !strings.EqualFold(name, "PWD") && !strings.EqualFold(name, "OLDPWD") &&
		len(value) >= 4 && secretName.MatchString(name) && !harmless.MatchString(value)
}

// assignment is NAME=value within a command line; the value is a shell word.
var assignment = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|[^\s;&|"']+)`)

// holdsSecret reports whether a build step contains a secret in clear text.
func holdsSecret(step string, gaps *gaps) bool {
	matches, complete := secret.Text(step)
	if len(matches) > 0 {
		return true // one is enough: how many there are makes no other risk
	}
	for _, m := range assignment.FindAllStringSubmatch(step, -1) {
		if isSecret(m[1], m[2]) {
			return true
		}
	}
	if !complete {
		gaps.texts++
	}
	return false
}
