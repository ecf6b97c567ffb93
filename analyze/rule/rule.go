// Package rule is the table of the risks that Landwaiter reports: stable names,
// severities and advice. The analysers and the documentation use the same table.
package rule

import "github.com/landwaiter/landwaiter"

// Rule is a kind of risk.
type Rule struct {
	ID       string // stable, kebab-case
	Severity landwaiter.Severity
	Title    string // what is wrong
	Advice   string // what to do
}

// Risk returns a finding of the rule whose message is the title, a detail in
// parentheses unless it is empty, and the advice.
func (r Rule) Risk(detail string) landwaiter.Risk {
	if detail != "" {
		detail = " (" + detail + ")"
	}
	return landwaiter.Risk{Rule: r.ID, Severity: r.Severity, Message: r.Title + detail + ". " + r.Advice + "."}
}

// All returns every rule, in the order of the documentation.
func All() []Rule { return append(append([]Rule(nil), configRules...), secretRules...) }

var byID = func() map[string]Rule {
	m := map[string]Rule{}
	for _, r := range All() {
		if _, dup := m[r.ID]; dup {
			panic("rule " + r.ID + " is listed twice")
		}
		m[r.ID] = r
	}
	return m
}()

// Get returns the rule with an ID. It panics if there is none: callers pass constants
// of this package, and a test gets each of them.
func Get(id string) Rule {
	r, ok := byID[id]
	if !ok {
		panic("no rule " + id)
	}
	return r
}
