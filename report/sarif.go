package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/landwaiter/landwaiter"
)

// The part of SARIF 2.1.0 that we write
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
	Properties  map[string]string `json:"properties"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string            `json:"id"`
	ShortDescription sarifText         `json:"shortDescription"`
	HelpURI          string            `json:"helpUri,omitempty"`
	Properties       map[string]string `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

// sarifInvocation carries the coverage: what was not looked at whole.
type sarifInvocation struct {
	ExecutionSuccessful        bool                `json:"executionSuccessful"`
	ToolExecutionNotifications []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

func writeSARIF(w io.Writer, reports []*landwaiter.Report, opts Options) error {
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{}}
	for _, r := range reports {
		log.Runs = append(log.Runs, newSARIFRun(r, opts))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(log)
}

type sarifBuilder struct {
	run   sarifRun
	rules map[string]int
}

func newSARIFRun(r *landwaiter.Report, opts Options) sarifRun {
	b := sarifBuilder{rules: map[string]int{}, run: sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: "Landwaiter", Version: cmp.Or(opts.Version, "0"), InformationURI: "https://github.com/landwaiter/landwaiter", Rules: []sarifRule{},
		}},
		Results:    []sarifResult{},
		Properties: map[string]string{"imageID": r.ID, "imageName": cmp.Or(r.Target, first(r.Names))},
	}}
	for _, v := range r.Vulnerabilities {
		fix := "no fixed version is known"
		if v.Fixed != "" {
			fix = "fixed in " + v.Fixed
		}
		b.add(v.ID, cmp.Or(v.Summary, v.ID), v.Severity, v.CVSS, fmt.Sprintf("%s %s: %s; %s", v.Package, v.Version, cmp.Or(v.Summary, v.ID), fix), v.Path, 0)
	}
	for _, m := range r.Malware {
		b.add("malware/"+m.Engine, "Malware", m.Severity, 0, fmt.Sprintf("%s (%s)", m.Name, m.State), m.Path, 0)
	}
	for _, k := range r.Risks {
		b.add(k.Rule, k.Rule, k.Severity, 0, fmt.Sprintf("%s (%s)", k.Message, cmp.Or(k.State, landwaiter.Present)), k.Path, k.Line)
	}
	b.run.Invocations = []sarifInvocation{{ExecutionSuccessful: true, ToolExecutionNotifications: notifications(r)}}
	return b.run
}

func notifications(r *landwaiter.Report) []sarifNotification {
	out := []sarifNotification{}
	for _, c := range r.Coverage {
		if c.State == landwaiter.Failed || c.State == landwaiter.Partial {
			out = append(out, sarifNotification{Level: "warning", Message: sarifText{fmt.Sprintf("%s %s in layer %s: %s", c.Analyser, c.State, c.Layer, c.Reason)}})
		}
	}
	return out
}

func (b *sarifBuilder) add(rule, short string, severity landwaiter.Severity, cvss float64, message, path string, line int) {
	idx, ok := b.rules[rule]
	if !ok {
		idx = len(b.run.Tool.Driver.Rules)
		b.rules[rule] = idx
		b.run.Tool.Driver.Rules = append(b.run.Tool.Driver.Rules, sarifRule{
			ID: rule, ShortDescription: sarifText{short}, Properties: map[string]string{"security-severity": score(severity, cvss)},
		})
	}
	result := sarifResult{RuleID: rule, RuleIndex: idx, Level: sarifLevel(severity), Message: sarifText{message}, Locations: []sarifLocation{}}
	if path != "" {
		loc := sarifLocation{sarifPhysical{Artifact: sarifArtifact{URI: uriPath(path)}}}
		if line > 0 {
			loc.Physical.Region = &sarifRegion{StartLine: line}
		}
		result.Locations = append(result.Locations, loc)
	}
	b.run.Results = append(b.run.Results, result)
}

// sarifLevel maps a severity to the three levels of SARIF.
func sarifLevel(s landwaiter.Severity) string {
	switch {
	case s >= landwaiter.High:
		return "error"
	case s == landwaiter.Medium:
		return "warning"
	}
	return "note"
}

// score is the number code-scanning services sort by: the CVSS base score, or
// the middle of the severity's CVSS band.
func score(s landwaiter.Severity, cvss float64) string {
	if cvss == 0 {
		cvss = [...]float64{0, 2, 5.5, 8, 9.5}[s]
	}
	return strconv.FormatFloat(cvss, 'f', 1, 64)
}
