package report

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Headline says what a scan of one kind found, in the words of counted unless
// that is "". Where nothing was found, it tells clean from not looked at.
func Headline(r *landwaiter.Report, kind landwaiter.ScanKind, counted string) string {
	v := r.Verdict(kind)
	compared := "looked at"
	if kind == landwaiter.ScanVul {
		compared = "compared"
	}
	switch {
	case counted != "" && v.Complete:
		return counted
	case counted != "":
		return counted + "; not all " + compared + ": " + brief(v)
	case !v.Checked:
		return "not checked (" + brief(v) + ")"
	case !v.Complete:
		return "none found; not all " + compared + ": " + brief(v)
	case kind == landwaiter.ScanVul && len(r.Packages) == 0:
		return "none (no packages found)"
	}
	for _, c := range r.Coverage {
		if c.Analyser == landwaiter.AnalyserMalwareLists && kind == landwaiter.ScanVirus {
			return "none (" + c.Reason + ")"
		}
	}
	return "none"
}

// brief is the first reason of a verdict without advice.
func brief(v landwaiter.Verdict) string {
	for _, list := range [][]string{v.Reasons, v.Notes} {
		if len(list) > 0 {
			reason, _, _ := strings.Cut(list[0], ";")
			return reason
		}
	}
	return "nothing was scanned for it"
}

// asked are the kinds whose verdicts a report is about.
func asked(r *landwaiter.Report) []landwaiter.ScanKind { return (r.Kinds | r.Named).Kinds() }

type jsonVerdict struct {
	Kind     string   `json:"kind"` // "vul", "virus", "risk"
	Complete bool     `json:"complete"`
	Checked  bool     `json:"checked"` // false: the number of findings means nothing
	Reasons  []string `json:"reasons"` // why it is not complete
	Notes    []string `json:"notes"`
}

func verdictsJSON(r *landwaiter.Report) []jsonVerdict {
	return list(asked(r), func(kind landwaiter.ScanKind) jsonVerdict {
		v := r.Verdict(kind)
		return jsonVerdict{kind.String(), v.Complete, v.Checked, texts(v.Reasons), texts(v.Notes)}
	})
}
