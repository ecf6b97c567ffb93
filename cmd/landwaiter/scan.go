package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

type scanCmd struct {
	Targets      []string `arg:"" name:"target" help:"A docker-archive, an OCI layout, a directory of them, an SBOM (CycloneDX or SPDX in JSON), or the name of an image in a registry."`
	Kinds        []string `name:"scan" enum:"vul,virus,risk" help:"What to scan for: vul, virus, risk (default: all)."`
	Output       string   `short:"o" default:"table" enum:"${formats}" help:"Output format: ${formatNames}."`
	Platform     string   `placeholder:"OS/ARCH" help:"Platform to select from multi-platform images (default: linux/amd64)."`
	Username     string   `help:"User name for registries (default: the credentials of 'docker login')."`
	PasswordFile string   `type:"existingfile" placeholder:"FILE" help:"File that contains the password."`
	Password     string   `env:"LANDWAITER_REGISTRY_PASSWORD" hidden:""`
	PlainHTTP    bool     `name:"plain-http" help:"Allow HTTP without TLS to registries on other hosts."`
	gateFlags
	ageFlag
	suppressFlags
	readFlags
}

// Help shows examples.
func (scanCmd) Help() string {
	return `Results are stored by layer: layers that the image shares with images scanned
before are not read again. Vulnerabilities are matched against the advisories
in the store: load them with 'landwaiter db update' or 'landwaiter db import'.
An SBOM is scanned for vulnerabilities only, and its results are not stored.

Examples:
  landwaiter scan build/image.tar
  landwaiter scan registry.example.com/shop/web:1.4 --fail-on high
  landwaiter scan ./layouts --output json > findings.json
  landwaiter scan build/image.tar --output spdx > image.spdx.json
  landwaiter scan image.spdx.json
  landwaiter scan build/image.tar --vex supplier.openvex.json --ignore ignored.txt

Exit codes: 0 done, 1 error, 2 wrong usage, 3 a finding at or above --fail-on, 4 (--fail-on only) incomplete.`
}

// Run scans the targets. It reports the others when one cannot be scanned.
func (c *scanCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	scanner, spool, err := c.scanner(e, s)
	if err != nil {
		return err
	}
	c.warnWithoutAdvisories(e, s)
	suppressions, err := c.suppressions(e, s)
	if err != nil {
		return err
	}
	job := scanJob{cmd: c, env: e, store: s, spool: spool, scanner: scanner}
	failed := false
	for _, target := range c.Targets {
		if err := job.target(e.ctx, target); err != nil {
			fmt.Fprintf(e.stderr, "landwaiter: %s: %s\n", landwaiter.Printable(target), landwaiter.Printable(err.Error()))
			failed = true
		}
	}
	if err := job.findBases(e.ctx); err != nil {
		return err
	}
	for _, r := range job.reports { // those of the store are applied already, except to SBOMs
		r.Suppress(suppressions, time.Now())
	}
	c.apply(job.reports...)
	if len(job.reports) > 0 || !failed {
		look := e.rendering()
		look.Suppressed = c.ShowSuppressed
		if err := report.Write(e.stdout, report.Format(c.Output), job.reports, look); err != nil {
			return err
		}
	}
	if failed {
		return exitCode(exitError)
	}
	return c.verdict(e, job.reports...)
}

// warnWithoutAdvisories warns that no vulnerabilities can be found, so that an
// empty list is not taken for a clean image.
func (c *scanCmd) warnWithoutAdvisories(e *environ, s *store.DB) {
	parts, err := s.Advisories().Parts(e.ctx)
	if err == nil && len(parts) == 0 && c.kinds().Has(landwaiter.ScanVul) {
		fmt.Fprintln(
			e.stderr,
			"landwaiter: there are no advisories, so vulnerabilities cannot be found; "+
				"run 'landwaiter db update' or 'landwaiter db import'",
		)
	}
}

// kinds are those of --scan, or all.
func (c *scanCmd) kinds() landwaiter.ScanKind { return cmp.Or(c.named(), landwaiter.ScanAll) }

// named are those of --scan.
func (c *scanCmd) named() landwaiter.ScanKind {
	kinds := map[string]landwaiter.ScanKind{
		"vul": landwaiter.ScanVul, "virus": landwaiter.ScanVirus, "risk": landwaiter.ScanRisk,
	}
	var k landwaiter.ScanKind
	for _, name := range c.Kinds {
		k |= kinds[name]
	}
	return k
}

type scanJob struct {
	cmd     *scanCmd
	env     *environ
	store   *store.DB
	spool   string
	scanner *scan.Scanner
	reports []*landwaiter.Report
}

// findBases looks for base images again: one may have been scanned after an
// image that is built on it.
func (j *scanJob) findBases(ctx context.Context) error {
	for _, rep := range j.reports {
		base, err := j.store.Images().Base(ctx, rep.Image)
		if err != nil {
			return err
		}
		rep.Base = base
	}
	return nil
}

// target scans the images at a path if it exists, else an image of a registry.
func (j *scanJob) target(ctx context.Context, target string) error {
	var platform source.Platform
	if j.cmd.Platform != "" {
		var err error
		if platform, err = source.ParsePlatform(j.cmd.Platform); err != nil {
			return err
		}
	}
	if isSBOM(target) {
		return j.sbom(ctx, target)
	}
	if _, err := os.Stat(target); err == nil {
		return j.archive(ctx, target, platform)
	} else if !errors.Is(err, fs.ErrNotExist) || looksLikePath(target) {
		return landwaiter.Errorf(landwaiter.NotFound, "cannot read: %w", err)
	}
	password, err := readPassword(j.cmd.Password, j.cmd.PasswordFile)
	if err != nil {
		return err
	}
	img, err := registry.Open(ctx, target, registry.Config{
		Username: j.cmd.Username, Password: password, PlainHTTP: j.cmd.PlainHTTP, Platform: platform,
	})
	if err != nil {
		return err
	}
	return j.image(ctx, img, target)
}

// looksLikePath keeps a mistyped path from being sent to a registry.
func looksLikePath(target string) bool {
	return strings.HasPrefix(target, "/") || strings.HasPrefix(target, ".") || strings.HasSuffix(target, ".tar") ||
		strings.HasSuffix(target, ".gz") ||
		strings.HasSuffix(target, ".json")
}

func (j *scanJob) archive(ctx context.Context, target string, platform source.Platform) error {
	src, err := archive.New(target, archive.Options{
		Platform: platform, Spool: j.spool,
		Skipped: func(p string, reason error) {
			fmt.Fprintf(j.env.stderr, "landwaiter: %s: not an image, skipped: %s\n",
				landwaiter.Printable(path.Join(target, p)), landwaiter.Printable(reason.Error()))
		},
	})
	if err != nil {
		return err
	}
	defer src.Close()
	found := 0
	err = src.List(ctx, func(ref source.Ref) error {
		found++
		img, err := src.Open(ctx, ref.Locator)
		if err != nil {
			return err
		}
		return j.image(ctx, img, target)
	})
	if err == nil && found == 0 {
		return landwaiter.Errorf(landwaiter.NotFound,
			"no image found; give a docker-archive, an OCI layout, or a directory of them")
	}
	return err
}

// image scans one image and adds its report. Closes the image.
func (j *scanJob) image(ctx context.Context, img source.Image, target string) error {
	defer img.Close()
	desc := img.Describe()
	if err := j.store.Images().Put(ctx, history.Image(desc), store.Place{}); err != nil {
		return err
	}
	bar := newProgress(j.env.stderr, "Scanning")
	defer bar.clear()
	total := int64(len(desc.Layers))
	bar.set(0, max(total, 1), target)
	var done atomic.Int64
	rep, err := j.scanner.Scan(ctx, img, scan.Options{
		Kinds: j.cmd.kinds(),
		Layer: func(landwaiter.LayerRef, bool) { bar.set(done.Add(1), total, target) },
	})
	if err != nil {
		return err
	}
	if err := j.store.Reports().AddFindings(ctx, rep); err != nil {
		return err
	}
	rep.Target, rep.Named = target, j.cmd.named()
	j.reports = append(j.reports, rep.Only(rep.Kinds)) // the store may have results of other kinds, too
	return nil
}
