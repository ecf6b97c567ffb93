package report

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/landwaiter/landwaiter"
)

// evil has what drives terminals, reorders text and breaks lines.
const evil = "a\x00\x07\x1b[2J\x7f\u0085\u009b31m\u009d\u061c\u200b\u200e\u200f\u2028\u2029" +
	"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\U000e0001\xff\xe2\x80\r\n::error::b"

// hostile is a report with evil in every text.
func hostile() *landwaiter.Report {
	layer := "sha256:" + strings.Repeat("a", 64)
	flaw := landwaiter.ImageVulnerability{Layer: layer, Path: evil, Vulnerability: landwaiter.Vulnerability{
		ID: evil, Aliases: []string{evil}, Advisory: evil, Ecosystem: evil, Type: "npm", Package: evil, Version: evil,
		Fixed: evil, Upgrade: evil, Severity: landwaiter.High, CVSSVector: evil, Exploit: evil, Category: evil, Summary: evil,
		Details: evil, References: []string{evil},
	}}
	return &landwaiter.Report{
		Image: landwaiter.Image{
			ID: "sha256:" + strings.Repeat("c", 64), Names: []string{evil}, RepoDigests: []string{evil},
			OS: evil, Architecture: evil, Author: evil,
			Layers: []landwaiter.LayerRef{{DiffID: layer, MediaType: evil}},
			Config: landwaiter.ImageConfig{
				Env: []string{evil}, History: []landwaiter.History{{CreatedBy: "RUN " + evil, Comment: evil}},
			},
		},
		Target: evil, Kinds: landwaiter.ScanAll, Known: map[string]bool{},
		Base: landwaiter.Base{ImageID: layer, Names: []string{evil}, Layers: 1},
		Distro: landwaiter.OSRelease{
			ID: evil, Version: evil, Codename: evil, Name: evil, IDLike: evil, VariantID: evil,
		},
		Vulnerabilities: []landwaiter.ImageVulnerability{flaw},
		Suppressed: []landwaiter.SuppressedVulnerability{{
			ImageVulnerability: flaw,
			By:                 landwaiter.Suppression{Status: landwaiter.NotAffected, Reason: evil, Source: evil},
		}},
		Packages: []landwaiter.ImagePackage{{Layer: layer, Package: landwaiter.Package{
			Type: "npm", Ecosystem: evil, Name: evil, Version: evil, SourceName: evil, Path: evil,
			PURL: "pkg:npm/" + evil, Owner: evil,
		}}},
		Malware: []landwaiter.Malware{{
			Path: evil, Name: evil, Engine: evil, SHA256: evil, Layer: layer, State: landwaiter.Hidden,
		}},
		Risks: []landwaiter.Risk{
			{Rule: evil, Path: evil, Line: 1, Message: evil, Instruction: evil, Layer: layer, State: landwaiter.Present},
			{Rule: "setuid-file", Path: evil, Message: evil, Layer: layer, State: landwaiter.Hidden},
		},
		Coverage: []landwaiter.Coverage{{Layer: layer, Analyser: evil, State: landwaiter.Partial, Reason: evil}},
	}
}

func TestNoFormatShowsWhatDrivesTerminals(t *testing.T) {
	for _, format := range Formats() {
		out := render(t, Format(format), Options{Suppressed: true}, hostile())
		for i, line := range strings.Split(out, "\n") {
			if at := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); at >= 0 {
				t.Errorf("%s, line %d: %+q", format, i+1, line[at:])
			}
			if strings.HasPrefix(line, "::") { // a command to GitHub's runners
				t.Errorf("%s: a name begins line %d: %q", format, i+1, line)
			}
		}
	}
}

// TestSARIFTextsArePrintable looks at the decoded texts: viewers show them.
func TestSARIFTextsArePrintable(t *testing.T) {
	var doc any
	if err := json.Unmarshal([]byte(render(t, SARIF, Options{}, hostile())), &doc); err != nil {
		t.Fatal(err)
	}
	eachText(doc, func(text string) {
		if landwaiter.Printable(text) != text {
			t.Errorf("%+q", text)
		}
	})
}

func eachText(v any, fn func(string)) {
	switch v := v.(type) {
	case string:
		fn(v)
	case []any:
		for _, x := range v {
			eachText(x, fn)
		}
	case map[string]any:
		for key, x := range v {
			fn(key)
			eachText(x, fn)
		}
	}
}
