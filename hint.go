package landwaiter

import (
	"maps"
	"slices"
)

// hints are the rules of risks that call for no action in most images: nearly
// all of them have such findings.
var hints = map[string]bool{
	"no-healthcheck":           true, // the orchestrator's probes do the same
	"setuid-distribution-file": true, // as the distribution ships it
}

// Hints lists the rules whose findings are listed and counted but do not put an
// image at risk.
func Hints() []string { return slices.Sorted(maps.Keys(hints)) }
