package config

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
)

const (
	// maxStep bounds the part of a build step that is looked at; heredocs of
	// 20 KiB have been seen.
	maxStep = 64 << 10
	// maxInstruction bounds the part that is shown.
	maxInstruction = 512
)

// stepRules are the rules on the text of one build step.
var stepRules = []struct {
	id   string
	expr *regexp.Regexp
}{
	{rule.AddURL, regexp.MustCompile(`^ADD (?:--\S+ )*https?://\S+`)},
	{rule.PipeToShell, regexp.MustCompile(`\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+(?:-\S+\s+)*)?` +
		`(?:/usr)?(?:/bin/)?(?:env\s+)?(?:ba|da|z|k|a)?sh\b`)},
	{rule.ChmodAll, regexp.MustCompile(`\bchmod\s+(?:-\S+\s+)*(?:[0-7]?777|a\+rwx|ugo\+rwx)\s`)},
	{rule.Sudo, regexp.MustCompile(`(?:^RUN |[;&|]\s*|/bin/sh -c\s+)sudo\s`)},
}

// historyRisks looks at one build step.
func historyRisks(h landwaiter.History) []landwaiter.Risk {
	step := instruction(h.CreatedBy)
	secrets := secretsIn(step)
	shown := clean(mask(step, secrets))
	var risks []landwaiter.Risk
	if len(secrets) > 0 && !strings.HasPrefix(step, "ENV ") { // ENV is reported by envRisk
		risks = append(risks, rule.Get(rule.SecretHistory).Risk(""))
	}
	for _, r := range stepRules {
		if r.id == rule.AddURL && strings.Contains(step, "--checksum=") {
			continue
		}
		if r.expr.MatchString(step) {
			risks = append(risks, rule.Get(r.id).Risk(""))
		}
	}
	for i := range risks {
		risks[i].Instruction = shown
	}
	return risks
}

// instruction undoes the ways in which builders write history: the classic
// "/bin/sh -c #(nop) ADD ..." and "/bin/sh -c apt-get ...", and BuildKit's
// "RUN /bin/sh -c ... # buildkit".
func instruction(createdBy string) string {
	s := strings.TrimSpace(createdBy[:min(len(createdBy), maxStep)])
	s = strings.TrimSpace(strings.TrimSuffix(s, "# buildkit"))
	if nop, ok := strings.CutPrefix(s, "/bin/sh -c #(nop)"); ok {
		return strings.TrimSpace(nop)
	}
	if run, ok := strings.CutPrefix(s, "/bin/sh -c "); ok {
		return "RUN " + strings.TrimSpace(run)
	}
	if run, ok := strings.CutPrefix(s, "RUN /bin/sh -c "); ok {
		return "RUN " + strings.TrimSpace(run)
	}
	return s
}

// clean makes a string from an image fit to be shown: short, one line, without
// anything that drives a terminal.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069'):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > maxInstruction {
		s = string(runes[:maxInstruction]) + "..."
	}
	return s
}
