package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// upgrades prints which package to upgrade to which version, and how many
// vulnerabilities each upgrade fixes: one line of work often fixes twenty lines of
// the list above.
func (t *table) upgrades(r *landwaiter.Report) {
	list := r.Upgrades()
	if !r.Kinds.Has(landwaiter.ScanVul) || len(list) == 0 {
		return
	}
	closed := 0
	rows := make([][]string, len(list))
	for i, u := range list {
		closed += u.Closes
		rows[i] = []string{
			u.Worst.String(), u.Package, u.Version, cmp.Or(u.To, "no one version"),
			fmt.Sprintf("%d of %d", u.Closes, u.Closes+u.Open),
		}
	}
	t.line("")
	t.line("  Upgrades: of %s, to close %d of %d", Count(len(list), "package"), closed, len(r.Vulnerabilities))
	t.columns([]string{"SEVERITY", "PACKAGE", "VERSION", "UPGRADE TO", "CLOSES"}, rows)
}

// suppressed prints the number of suppressed findings, and with the option all the
// list. The number is always there, so that a clean report does not hide them.
func (t *table) suppressed(r *landwaiter.Report) {
	if len(r.Suppressed) == 0 {
		return
	}
	t.line("")
	if !t.all {
		hint := ""
		if t.hint != "" {
			hint = " (" + t.hint + ")"
		}
		t.line("  Suppressed: %d%s", len(r.Suppressed), hint)
		return
	}
	t.line("  Suppressed: %d", len(r.Suppressed))
	rows := make([][]string, len(r.Suppressed))
	for i, v := range r.Suppressed {
		rows[i] = []string{v.Severity.String(), v.ID, v.Package + " " + v.Version, justification(v.By)}
	}
	t.columns([]string{"SEVERITY", "ID", "PACKAGE", "WHY"}, rows)
}

// justification says why a finding is suppressed, and which source says so.
func justification(s landwaiter.Suppression) string {
	return fmt.Sprintf("%s: %s (%s)", strings.ReplaceAll(string(s.Status), "_", " "), s.Reason, s.Source)
}

type jsonUpgrade struct {
	Package  string              `json:"package"`
	Version  string              `json:"version"`
	Upgrade  string              `json:"upgrade"`
	Severity landwaiter.Severity `json:"severity"`
	Closes   int                 `json:"closes"`
	Open     int                 `json:"open"`
}

func upgradeJSON(u landwaiter.Upgrade) jsonUpgrade {
	return jsonUpgrade{
		Package: u.Package, Version: u.Version, Upgrade: u.To, Severity: u.Worst, Closes: u.Closes, Open: u.Open,
	}
}

type jsonSuppressed struct {
	jsonVulnerability
	Suppression jsonSuppression `json:"suppression"`
}

type jsonSuppression struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Reason string `json:"reason"`
	Source string `json:"source"`
}

func suppressionJSON(s landwaiter.Suppression) jsonSuppression {
	return jsonSuppression{ID: s.ID, Status: string(s.Status), Reason: s.Reason, Source: s.Source}
}

// sarifSuppression marks a result as suppressed (section 3.35 of the standard).
// Its kind is "external": nothing in the image itself says so.
type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

// suppressed adds the suppressed findings, marked as such. Leaving them out would
// make services report them as fixed, and as new once the suppression expires.
func (b *sarifBuilder) suppressed(list []landwaiter.SuppressedVulnerability) {
	for _, v := range list {
		b.vulnerability(v.ImageVulnerability)
		b.run.Results[len(b.run.Results)-1].Suppressions = []sarifSuppression{{
			Kind: "external", Status: "accepted", Justification: landwaiter.Printable(justification(v.By)),
		}}
	}
}
