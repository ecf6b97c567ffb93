package config

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/history"
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

// historyRisks returns the risks of one build step.
func historyRisks(h landwaiter.History, m *history.Masker, gaps *gaps) []landwaiter.Risk {
	if len(h.CreatedBy) > history.MaxText {
		gaps.longSteps++
	}
	step := history.Unwrap(h.CreatedBy)
	shown := history.Line(m.Text(step))
	var risks []landwaiter.Risk
	if holdsSecret(step, gaps) && !strings.HasPrefix(step, "ENV ") { // envRisk reports those of ENV
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
