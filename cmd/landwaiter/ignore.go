package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/vex"
)

type ignoreCmd struct {
	Add    ignoreAddCmd    `cmd:"" help:"Suppress a vulnerability."`
	Import ignoreImportCmd `cmd:"" help:"Import VEX documents (OpenVEX, CycloneDX, CSAF) or ignore lists."`
	List   ignoreListCmd   `cmd:"" help:"List the suppressions and their reasons."`
	Remove ignoreRemoveCmd `cmd:"" help:"Remove a suppression, or all those of a document."`
}

// Help shows examples.
func (ignoreCmd) Help() string {
	return `A suppression accepts findings: they stay counted and listed as suppressed.

Examples:
  landwaiter ignore add CVE-2024-1234 --reason "we do not parse XML"
  landwaiter ignore import supplier.openvex.json
  landwaiter ignore list`
}

type ignoreAddCmd struct {
	Vulnerability string `arg:"" help:"CVE or other ID of the vulnerability."`
	Reason        string `required:"" placeholder:"TEXT" help:"Reason for the suppression."`
	Package       string `placeholder:"NAME" help:"Only in this package: a name or a package URL (default: in all)."`
	Image         string `placeholder:"PATTERN" help:"Only in these images: an image ID, a digest, or names with * (default: in all)."`
	Status        string `default:"accepted" enum:"accepted,not_affected,fixed" help:"Status to record: accepted, not_affected or fixed."`
	Until         string `placeholder:"DAY" help:"Last day of the suppression, e.g. 2026-12-31 (default: no end)."`
}

// Help shows examples.
func (ignoreAddCmd) Help() string {
	return `Suppressed findings do not count as findings of an image. 'landwaiter image show'
prints their number, and lists them with --show-suppressed.

Examples:
  landwaiter ignore add CVE-2024-1234 --reason "we do not parse XML"
  landwaiter ignore add CVE-2024-5678 --package openssl --image 'shop/*' \
    --until 2026-12-31 --reason "waiting for the base image"`
}

// Run adds a suppression.
func (c *ignoreAddCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	x := landwaiter.Suppression{
		Vulnerability: c.Vulnerability, Package: c.Package, Image: c.Image, Status: landwaiter.SuppressionStatus(c.Status),
		Reason: c.Reason, Source: vex.IgnoreSource, Created: time.Now(),
	}
	if c.Until != "" {
		if x.Expires, err = vex.ParseDay(c.Until); err != nil {
			return err
		}
	}
	if isShortID(c.Image) {
		if x.Image, err = findImage(e, s, c.Image); err != nil {
			return err
		}
	}
	if err := s.Suppressions().Put(e.ctx, []landwaiter.Suppression{x}, ""); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: %s is suppressed\n", landwaiter.SuppressionID(x), landwaiter.Printable(x.Vulnerability))
	return nil
}

// isShortID reports whether text can be the beginning of an image ID.
func isShortID(text string) bool {
	return len(text) >= 6 && strings.Trim(text, "0123456789abcdef") == ""
}

type ignoreImportCmd struct {
	Files []string `arg:"" name:"file" type:"existingfile" help:"OpenVEX, CycloneDX or CSAF documents in JSON, or ignore lists."`
}

// Help shows examples.
func (ignoreImportCmd) Help() string {
	return `Importing a document again replaces its suppressions. An ignore list has one
vulnerability per line, with the reason after #:

  CVE-2024-1234                                        # we do not parse XML
  CVE-2024-5678 package=openssl image=shop/* until=2026-12-31  # waiting for the base image

A VEX document states the opinion of its author: import only those you trust.

Examples:
  landwaiter ignore import supplier.openvex.json
  landwaiter ignore import .landwaiterignore`
}

// Run imports VEX documents and ignore lists.
func (c *ignoreImportCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	for _, path := range c.Files {
		doc, err := readVEX(e, path)
		if err != nil {
			return err
		}
		if err := s.Suppressions().Put(e.ctx, doc.Suppressions, doc.Source); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s: %s, %s\n", landwaiter.Printable(path), doc.Format,
			report.Count(len(doc.Suppressions), "suppression"))
	}
	return nil
}

// readVEX reads a VEX document or an ignore list, and reports the statements
// that it skipped.
func readVEX(e *environ, path string) (*vex.Document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.NotFound, "cannot read: %w", err)
	}
	defer f.Close()
	doc, err := vex.Read(f, filepath.Base(path), time.Now())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if doc.Skipped > 0 {
		fmt.Fprintf(e.stderr, "landwaiter: %s: %s without effect, among them:\n", landwaiter.Printable(path),
			report.Count(doc.Skipped, "statement"))
		for _, r := range doc.Reasons {
			fmt.Fprintf(e.stderr, "  %s\n", landwaiter.Printable(r))
		}
	}
	return doc, nil
}

type ignoreListCmd struct{ outputFlag }

// Help shows examples.
func (ignoreListCmd) Help() string {
	return `Examples:
  landwaiter ignore list
  landwaiter ignore list --output json`
}

// suppressionJSON is a suppression in JSON.
type suppressionJSON struct {
	ID            string                       `json:"id"`
	Vulnerability string                       `json:"vulnerability"`
	Package       string                       `json:"package"`
	Image         string                       `json:"image"`
	Status        landwaiter.SuppressionStatus `json:"status"`
	Reason        string                       `json:"reason"`
	Source        string                       `json:"source"`
	Created       *time.Time                   `json:"created"`
	Expires       *time.Time                   `json:"expires"`
	Expired       bool                         `json:"expired"`
	Verdicts      int                          `json:"verdicts"` // on package versions
}

// Run lists the suppressions.
func (c *ignoreListCmd) Run(e *environ) error {
	s, err := e.reading()
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Suppressions().List(e.ctx)
	if err != nil {
		return err
	}
	out := mapped(list, suppressionOf)
	return c.print(e.stdout, out, func(w io.Writer) {
		if len(out) == 0 {
			fmt.Fprintln(w, "No finding is suppressed; see 'landwaiter ignore add --help'.")
			return
		}
		columns(w, []string{"ID", "VULNERABILITY", "PACKAGE", "IMAGE", "STATUS", "UNTIL", "MATCHES", "SOURCE", "REASON"},
			mapped(out, suppressionJSON.row))
	})
}

func suppressionOf(x store.StoredSuppression) suppressionJSON {
	return suppressionJSON{
		ID: x.ID, Vulnerability: x.Vulnerability, Package: x.Package, Image: x.Image, Status: x.Status,
		Reason: x.Reason, Source: x.Source,
		Created: timestamp(x.Created), Expires: timestamp(x.Expires), Expired: x.Expired(time.Now()), Verdicts: x.Verdicts,
	}
}

func (f suppressionJSON) row() []string {
	until := "-"
	if f.Expires != nil {
		until = day(f.Expires.Add(-time.Second)) // its last day
	}
	if f.Expired {
		until += " (expired)"
	}
	return []string{
		f.ID, f.Vulnerability, cmp.Or(f.Package, "all"), cmp.Or(f.Image, "all"), string(f.Status), until,
		strconv.Itoa(f.Verdicts), f.Source, f.Reason,
	}
}

type ignoreRemoveCmd struct {
	Names []string `arg:"" name:"id" help:"ID or SOURCE of 'landwaiter ignore list'."`
}

// Help shows examples.
func (ignoreRemoveCmd) Help() string {
	return `Examples:
  landwaiter ignore remove 3fb8c1d29a01
  landwaiter ignore remove https://supplier.example.com/vex/2026-11`
}

// Run removes suppressions.
func (c *ignoreRemoveCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	for _, name := range c.Names {
		n, err := s.Suppressions().Remove(e.ctx, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s: %d removed\n", landwaiter.Printable(name), n)
	}
	return nil
}
