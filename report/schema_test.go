package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
)

// The official schemas, unchanged in modules that ship them. They are fetched
// like any module, but are no dependencies of this one.
const (
	cycloneDXModule = "github.com/CycloneDX/cyclonedx-go@v0.11.0"
	spdxModule      = "github.com/anchore/syft@v1.57.0"
	sarifModule     = "github.com/securego/gosec/v2@v2.29.0"
)

// moduleDir fetches a module and returns where it lies.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir() // outside of this module, whose go.sum it would change
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := cmd.Output()
	var answer struct{ Dir string }
	if err != nil || json.Unmarshal(out, &answer) != nil {
		realtest.Missing(t, fmt.Sprintf("the module %s cannot be fetched: %v %s", module, err, out))
	}
	return answer.Dir
}

func readJSON(t *testing.T, path string) any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// compile compiles a schema with the ones it refers to, by file name.
func compile(t *testing.T, dir, main string, others ...string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	var id string
	for _, name := range append(others, main) {
		doc := readJSON(t, filepath.Join(dir, name))
		id, _ = doc.(map[string]any)["$id"].(string)
		if id == "" {
			id, _ = doc.(map[string]any)["id"].(string) // draft 4
		}
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rich is a report with everything that the formats have a place for.
func rich() *landwaiter.Report {
	r := sample()
	r.ScanTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r.ManifestDigest, r.RepoDigests = "sha256:"+strings.Repeat("d", 64),
		[]string{"shop/web@sha256:" + strings.Repeat("d", 64)}
	r.Distro.Name, r.Distro.Codename = "Debian GNU/Linux 12", "bookworm"
	r.Config.History = []landwaiter.History{{CreatedBy: "RUN apt-get install openssl # buildkit"}}
	layer := r.Layers[0].DiffID
	r.Packages = append(r.Packages,
		landwaiter.ImagePackage{Layer: layer, Package: landwaiter.Package{
			Type: "npm", Ecosystem: "npm", Name: "@a/b c", Version: "1.0.0", Path: "app/a:b/\x01 %2f#?", Dev: true,
		}},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "maven", Ecosystem: "Maven", Name: "g:a", Version: "1"}},
	)
	second := r.Vulnerabilities[0]
	second.ID, second.Aliases, second.Advisory = "GHSA-x y/z", []string{"CVE-2099-2", "CVE-2099-3"}, "GHSA-x y/z"
	second.Type, second.Ecosystem, second.Package, second.Version, second.Path = "npm", "npm", "@a/b c", "1.0.0",
		"app/a:b/\x01 %2f#?"
	second.CVSS, second.CVSSVector, second.Severity, second.Exploit, second.Published = 0, "", landwaiter.Unknown, "poc",
		r.ScanTime
	third := r.Vulnerabilities[0]
	third.ID, third.CVSSVector, third.CVSS = "CVE-2099-4", "CVSS:4.0/AV:N", 5.1
	r.Vulnerabilities = append(r.Vulnerabilities, second, third)
	third.EPSS, third.Category, third.Upgrade = 0.25, "BUFFER_OVERFLOW", "4"
	for _, status := range []landwaiter.SuppressionStatus{landwaiter.NotAffected, landwaiter.AlreadyFixed,
		landwaiter.RiskAccepted} {
		third.ID += "0"
		r.Suppressed = append(r.Suppressed, landwaiter.SuppressedVulnerability{
			ImageVulnerability: third, By: landwaiter.Suppression{Status: status, Reason: "so", Source: "list.txt"},
		})
	}
	r.Base = landwaiter.Base{ImageID: r.ID, Names: []string{"debian:12"}, Layers: 1}
	r.Risks = append(r.Risks, landwaiter.Risk{Rule: "private-key", Severity: landwaiter.High, Path: "k", Line: 3,
		Message: "m", Layer: layer, State: landwaiter.Present})
	r.Coverage = append(r.Coverage, landwaiter.Coverage{Analyser: "malware", State: landwaiter.Skipped, Reason: "an SBOM"})
	return r
}

// bare is what little is known of an SBOM of nothing.
func bare() *landwaiter.Report { return &landwaiter.Report{Kinds: landwaiter.ScanVul} }

func TestOfficialSchemas(t *testing.T) {
	cyclonedx := filepath.Join(moduleDir(t, cycloneDXModule), "schema")
	spdx := filepath.Join(moduleDir(t, spdxModule), "schema", "spdx-json")
	sarif := filepath.Join(moduleDir(t, sarifModule), "report", "sarif", "testdata")
	for format, schema := range map[Format]*jsonschema.Schema{
		CycloneDX: compile(t, cyclonedx, "bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schemax.json"),
		SPDX:      compile(t, spdx, "spdx-schema-2.3.json"),
		SARIF:     compile(t, sarif, "sarif-schema-2.1.0.json"),
	} {
		for name, r := range map[string]*landwaiter.Report{"rich": rich(), "sample": sample(), "bare": bare()} {
			out := render(t, format, Options{Version: "1.2.3"}, r)
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(out)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s, %s: %v", format, name, err)
			}
			// The schema refuses what is wrong, so that its silence counts.
			doc.(map[string]any)["version"] = []any{}
			doc.(map[string]any)["spdxVersion"] = 7
			if schema.Validate(doc) == nil {
				t.Errorf("%s: the schema lets everything through", format)
			}
		}
	}
}
