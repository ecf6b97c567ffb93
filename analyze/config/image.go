package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/history"
)

// Version is the version of the rules on image configurations and changes with
// them. Images that were scanned with another version are recommended for a scan.
const Version = "1"

// maxRisks bounds the findings of one image configuration: it is at most a few
// MiB, and a hundred findings say that everything is wrong.
const maxRisks = 200

// Image returns the risks in an image configuration, with their secrets masked.
// Missed says what was not looked at or not reported, for the coverage; it is ""
// when that is nothing.
//
// The configuration must be the one that the image's source returned: in a
// stored one, secrets are masked and cannot be found.
func Image(c *landwaiter.ImageConfig) (risks []landwaiter.Risk, missed string) {
	var gaps gaps
	if isRoot(c.User) {
		risks = append(risks, rule.Get(rule.RootUser).Risk(""))
	}
	if len(c.Healthcheck) == 0 || c.Healthcheck[0] == "NONE" {
		risks = append(risks, rule.Get(rule.NoHealthcheck).Risk(""))
	}
	if slices.ContainsFunc(c.ExposedPorts, isSSH) {
		risks = append(risks, rule.Get(rule.SSHPort).Risk(""))
	}
	m := history.For(c)
	for _, variable := range c.Env {
		if r, ok := envRisk(variable, m, &gaps); ok {
			risks = append(risks, r)
		}
	}
	for _, h := range c.History {
		risks = append(risks, historyRisks(h, m, &gaps)...)
	}
	gaps.risks = max(0, len(risks)-maxRisks)
	return risks[:min(len(risks), maxRisks)], gaps.String()
}

// gaps counts what was not looked at or not reported.
type gaps struct {
	longSteps int // build steps over history.MaxText
	texts     int // steps and variables in which the search for secrets stopped early
	risks     int // risks over maxRisks
}

// String returns the gaps for the coverage, "" for none.
func (g gaps) String() string {
	var parts []string
	for _, gap := range []struct {
		n    int
		what string
	}{
		{g.longSteps, fmt.Sprintf("build steps of which only the first %d KiB were searched", history.MaxText>>10)},
		{g.texts, "build steps or variables with too many candidates for secrets to search them all"},
		{g.risks, fmt.Sprintf("risks that are not reported, as only the first %d are", maxRisks)},
	} {
		if gap.n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", gap.what, gap.n))
		}
	}
	return strings.Join(parts, "; ")
}

// isRoot reports whether a USER ("name", "uid", "name:group", ...) is root.
func isRoot(user string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(user), ":")
	return name == "" || name == "root" || strings.Trim(name, "0") == ""
}

// isSSH reports whether an exposed port ("22" or "22/tcp") is SSH's.
func isSSH(port string) bool {
	number, protocol, _ := strings.Cut(port, "/")
	return number == "22" && protocol != "udp"
}
