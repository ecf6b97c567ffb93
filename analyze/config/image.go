package config

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/history"
)

// Version is the version of the rules on image configurations. It changes with
// them, and has images that were judged by other rules recommended for a scan.
const Version = "1"

// maxRisks bounds the findings of one image: a config is at most a few MiB, and
// a hundred findings say that everything is wrong.
const maxRisks = 200

// Image returns the risks in an image's config, in which they are masked. The
// config must be the one that the image's source tells: in one that was stored,
// secrets are masked and found no more.
func Image(c *landwaiter.ImageConfig) []landwaiter.Risk {
	var risks []landwaiter.Risk
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
		if r, ok := envRisk(variable, m); ok {
			risks = append(risks, r)
		}
	}
	for _, h := range c.History {
		risks = append(risks, historyRisks(h, m)...)
	}
	return risks[:min(len(risks), maxRisks)]
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
