package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tools are the two programs and the directory of their advisories.
type tools struct {
	osvScanner, landwaiter string
	plugins                string
	data                   string
}

// prepare imports the dump into a store, and links it to where osv-scanner looks
// for it (enricher/vulnmatch/osvlocal of osv-scalibr).
func (t tools) prepare(ctx context.Context, osv string) error {
	osv, err := filepath.Abs(osv)
	if err != nil {
		return err
	}
	if err := os.Symlink(osv, filepath.Join(t.data, "osv-scalibr")); err != nil {
		return err
	}
	//nolint:gosec // the user of this command names the program
	_, err = exec.CommandContext(ctx, t.landwaiter, "db", "import", "--data", t.data, osv).Output()
	if err != nil {
		return fmt.Errorf("landwaiter db import: %w", message(err))
	}
	return nil
}

// ours scans an archive with landwaiter.
func (t tools) ours(ctx context.Context, archive string) (findings, error) {
	//nolint:gosec // likewise
	raw, err := exec.CommandContext(ctx, t.landwaiter, "scan", "--data", t.data, "--scan", "vul,virus", "--output",
		"json", archive).Output()
	if err != nil {
		return findings{}, err
	}
	var doc struct {
		Images []struct {
			Packages []struct{ Ecosystem, Name, Version string }
			// Vulnerabilities do not name their ecosystem, so packages of two
			// ecosystems with equal names and versions count as one.
			Vulnerabilities []struct {
				ID, Advisory, Package, Version string
				Aliases                        []string
			}
			Malware []struct{ Name, Engine string }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return findings{}, err
	}
	f := newFindings()
	for _, img := range doc.Images {
		for _, p := range img.Packages {
			f.addPackage(product{p.Name, p.Version}, p.Ecosystem)
		}
		for _, v := range img.Vulnerabilities {
			f.add(product{v.Package, v.Version}, v.ID, append(v.Aliases, v.Advisory))
		}
		for _, m := range img.Malware {
			if m.Engine == "osv" {
				f.malicious[m.Name] = true
			}
		}
	}
	return f, nil
}

// theirs scans an archive with osv-scanner, which exits with 1 if it has findings
// and with 128 if it finds no packages.
func (t tools) theirs(ctx context.Context, archive string) (findings, error) {
	//nolint:gosec // likewise
	cmd := exec.CommandContext(ctx, t.osvScanner, "scan", "image", "--archive", archive, "--offline",
		"--experimental-plugins", t.plugins, "--all-packages", "--all-vulns", "--format", "json")
	cmd.Env = append(os.Environ(), "OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY="+t.data)
	raw, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 128 {
		return newFindings(), nil
	}
	if err != nil && (exit == nil || exit.ExitCode() != 1) {
		return findings{}, err
	}
	var doc struct {
		Results []struct {
			Packages []struct {
				Package struct {
					Name, Version, Ecosystem string
					OSName                   string `json:"os_package_name"`
				}
				Vulnerabilities []struct {
					ID                string
					Aliases, Upstream []string
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return findings{}, message(errors.Join(err, exit))
	}
	f := newFindings()
	for _, source := range doc.Results {
		for _, p := range source.Packages {
			name := p.Package.Name
			if p.Package.OSName != "" {
				name = p.Package.OSName
			}
			key := product{name, plainVersion(p.Package.Ecosystem, p.Package.Version)}
			f.addPackage(key, p.Package.Ecosystem)
			for _, v := range p.Vulnerabilities {
				f.add(key, v.ID, append(v.Aliases, v.Upstream...))
			}
		}
	}
	return f, nil
}

// plainVersion converts a version to the form that landwaiter reports.
func plainVersion(ecosystem, version string) string {
	if ecosystem == "Go" {
		return strings.TrimPrefix(version, "go")
	}
	return version
}
