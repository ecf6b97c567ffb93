package report

import (
	"slices"
	"strconv"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
)

// The part of SARIF 2.1.0 that is written here
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). Lists that the standard
// requires have no omitempty: null instead of [] would violate its schema.
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

// sarifAutomation tells the runs of different images apart. An ID that ends in a
// slash names a category without a run (section 3.17.3): runs have no number here.
type sarifAutomation struct {
	ID string `json:"id"`
}

// imageBase is the base of the URIs of locations. It has no URI itself, since the
// file system of an image is not at any address.
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

// printableText is for text that may come from an image or an advisory. Viewers
// show it decoded, so escaping it as JSON is not enough.
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

// properties makes a property bag of keys and values. It leaves empty values out:
// viewers list every property of a result, and an empty line tells nothing.
func properties(pairs ...string) map[string]any {
	bag := map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		if key, value := pair[0], pair[len(pair)-1]; value != "" {
			bag[key] = landwaiter.Printable(value)
		}
	}
	return bag
}

// ruleProperties are the properties by which code-scanning services sort and
// filter. GitHub reads the number in security-severity and the tag "security":
// docs.github.com, "SARIF support for code scanning".
func ruleProperties(tag string, severity landwaiter.Severity, cvss float64) map[string]any {
	return map[string]any{"security-severity": score(severity, cvss), "tags": []string{"security", tag}}
}

// bands are the CVSS scores of each severity. They are those of CVSS 3 and 4,
// except that High reaches 10: version 2 has no "critical".
var bands = [...]struct{ from, middle, to float64 }{
	landwaiter.Low: {0.1, 2, 3.9}, landwaiter.Medium: {4, 5.5, 6.9},
	landwaiter.High: {7, 8, 10}, landwaiter.Critical: {9, 9.5, 10},
}

// score returns the CVSS base score as text. Without a score, or if the score
// contradicts the severity because a distribution rated the flaw itself, it is the
// middle of the severity's band: services derive the severity from the score.
func score(s landwaiter.Severity, cvss float64) string {
	if band := bands[s]; cvss < band.from || cvss > band.to {
		cvss = band.middle
	}
	return strconv.FormatFloat(cvss, 'f', 1, 64)
}
