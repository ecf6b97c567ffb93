package report

import (
	"slices"
	"strconv"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
)

// The part of SARIF 2.1.0 that we write
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool            `json:"tool"`
	Automation  sarifAutomation      `json:"automationDetails"`
	BaseIDs     map[string]sarifBase `json:"originalUriBaseIds"`
	Invocations []sarifInvocation    `json:"invocations"`
	Results     []sarifResult        `json:"results"`
	Properties  map[string]any       `json:"properties"`
}

// sarifAutomation tells the runs of different images apart.
type sarifAutomation struct {
	ID string `json:"id"`
}

// imageBase is what the URIs of locations are relative to. It has no URI: the
// file system of an image lies nowhere.
const imageBase = "IMAGE"

type sarifBase struct {
	Description sarifText `json:"description"`
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
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	Help             *sarifText     `json:"help,omitempty"`
	HelpURI          string         `json:"helpUri,omitempty"`
	Properties       map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

// printableText is text that may come from an image or an advisory. Viewers
// show it decoded, so it must be safe as such, not only escaped as JSON.
func printableText(s string) sarifText { return sarifText{landwaiter.Printable(s)} }

type sarifInvocation struct {
	ExecutionSuccessful        bool                `json:"executionSuccessful"`
	ToolExecutionNotifications []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Properties   map[string]any    `json:"properties"`

	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI    string `json:"uri"`
	BaseID string `json:"uriBaseId"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

var riskRules = rule.All()

// properties makes a property bag of keys and values, without empty values.
func properties(pairs ...string) map[string]any {
	bag := map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		if key, value := pair[0], pair[len(pair)-1]; value != "" {
			bag[key] = landwaiter.Printable(value)
		}
	}
	return bag
}

// ruleProperties are those that code-scanning services sort and filter by.
func ruleProperties(tag string, severity landwaiter.Severity, cvss float64) map[string]any {
	return map[string]any{"security-severity": score(severity, cvss), "tags": []string{"security", tag}}
}

// bands are the CVSS scores of a severity; version 2 has no "critical".
var bands = [...]struct{ from, middle, to float64 }{
	landwaiter.Low: {0.1, 2, 3.9}, landwaiter.Medium: {4, 5.5, 6.9},
	landwaiter.High: {7, 8, 10}, landwaiter.Critical: {9, 9.5, 10},
}

// score is the CVSS base score; the middle of the severity's band where there
// is none, or where another's word decided the severity.
func score(s landwaiter.Severity, cvss float64) string {
	if band := bands[s]; cvss < band.from || cvss > band.to {
		cvss = band.middle
	}
	return strconv.FormatFloat(cvss, 'f', 1, 64)
}
