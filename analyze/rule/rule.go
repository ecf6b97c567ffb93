// Package rule is the one table of the risks that Landwaiter reports: stable
// names, severities and advice. The detectors and the documentation share it.
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

// Get returns the rule of a name that is in the table. It panics for others:
// the names are constants of the callers, and a test asks for each.
func Get(id string) Rule {
	r, ok := byID[id]
	if !ok {
		panic("no rule " + id)
	}
	return r
}
