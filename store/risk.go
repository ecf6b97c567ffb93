package store

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// riskClasses are the values of the column behavior. SQL that names one of the
// numbers says so.
var riskClasses = map[int]RiskClass{1: RiskRootUser, 2: RiskPermissions, 3: RiskSecret, 4: RiskOther}

// The values of the column type.
const (
	riskInFile  = 1
	riskInBuild = 2
)

// riskColumns returns the columns behavior and type of a risk.
func riskColumns(k landwaiter.Risk) (behavior, kind int) {
	kind = riskInFile
	if k.Path == "" {
		kind = riskInBuild
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

// riskClassConditions are conditions on risk k by the values of ByClass.
func riskClassConditions() map[string]where {
	out := map[string]where{}
	for n, class := range riskClasses {
		out[string(class)] = cond("k.behavior = ?", n)
	}
	return out
}
