package store

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// riskClass gives a risk its Behavior and Type on the wire. Upstream defines
// Behavior 1 (runs as root) and 3 (a secret in a build step); we give the two
// that it leaves open a meaning: 2 for file permissions, 4 for the rest. Type
// is 1 for a file and 2 for a build step or the config.
func riskClass(k landwaiter.Risk) (behavior, kind int) {
	kind = 1
	if k.Path == "" {
		kind = 2
	}
	switch {
	case k.Rule == "root-user":
		return 1, kind
	case k.Analyser == landwaiter.AnalyserFiles:
		return 2, kind
	case k.Analyser == landwaiter.AnalyserSecrets, strings.HasPrefix(k.Rule, "secret-"):
		return 3, kind
	}
	return 4, kind
}
