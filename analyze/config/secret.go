package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/analyze/secret"
)

// secretName matches names of variables that hold secrets. The parts are bounded
// by "_" or the ends, so that TOKENIZER and PASSWORD_FILE do not match.
var secretName = regexp.MustCompile(`(?i)(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|API_?KEY|` +
	`ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_BASE64)?$|` +
	`(?i)^[A-Z0-9]+(?:PASSWORD|PASSWD|APIKEY|SECRETKEY)$`)

// harmless values: references to something else, switches, and placeholders.
var harmless = regexp.MustCompile(`(?i)^(?:|\$.*|\{\{.*|<.*>|\*+|x+|true|false|yes|no|on|off|null|none|0|1|` +
	`changeme|change_me|placeholder|example|dummy|your[-_ ].*|https?://[^@]*|/.*|file:.*)$`)

// envRisk looks at one "NAME=value" of the environment.
func envRisk(variable string) (landwaiter.Risk, bool) {
	name, value, _ := strings.Cut(variable, "=")
	matches := secret.Text(variable)
	if len(matches) == 0 && !isSecret(name, value) {
		return landwaiter.Risk{}, false
	}
	detail := clean(name)
	if len(matches) > 0 {
		detail += ": " + strings.ToLower(rule.Get(matches[0].Rule).Title)
	}
	r := rule.Get(rule.SecretEnv).Risk(detail)
	r.Instruction = clean("ENV " + name + "=" + secret.Mask(value))
	return r, true
}

func isSecret(name, value string) bool {
	value = strings.Trim(value, `"'`)
	// PWD and OLDPWD are the shell's.
	return !strings.EqualFold(name, "PWD") && !strings.EqualFold(name, "OLDPWD") &&
		len(value) >= 4 && secretName.MatchString(name) && !harmless.MatchString(value)
}

// assignment is NAME=value within a command line; the value is a shell word.
var assignment = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|[^\s;&|"']+)`)

// span is a part of a build step that must not be shown.
type span struct{ start, end int }

// secretsIn returns the places of the secrets in a build step.
func secretsIn(step string) []span {
	var spans []span
	for _, m := range secret.Text(step) {
		spans = append(spans, span{m.Start, m.End})
	}
	for _, m := range assignment.FindAllStringSubmatchIndex(step, -1) {
		if isSecret(step[m[2]:m[3]], step[m[4]:m[5]]) {
			spans = append(spans, span{m[4], m[5]})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	return spans
}

// mask replaces spans, which are sorted and may overlap.
func mask(step string, spans []span) string {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.end <= at {
			continue
		}
		if s.start >= at {
			b.WriteString(step[at:s.start])
			b.WriteString(secret.Mask(strings.Trim(step[s.start:s.end], `"'`)))
		}
		at = s.end
	}
	b.WriteString(step[at:])
	return b.String()
}
