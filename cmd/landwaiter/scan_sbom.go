package main

import (
	"context"
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/sbom"
)

// isSBOM reports whether a target is a file that begins like an SBOM. No
// archive does.
func isSBOM(target string) bool {
	f, err := os.Open(target)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head) // a shorter file is fine
	return sbom.Looks(head[:n])
}

// sbom scans the packages of an SBOM and adds the report.
func (j *scanJob) sbom(ctx context.Context, target string) error {
	if !j.cmd.kinds().Has(landwaiter.ScanVul) {
		return landwaiter.Errorf(landwaiter.Invalid, "an SBOM can be scanned for vulnerabilities only; add vul to --scan")
	}
	f, err := os.Open(target)
	if err != nil {
		return landwaiter.Errorf(landwaiter.NotFound, "cannot read: %w", err)
	}
	defer f.Close()
	doc, err := sbom.Read(f)
	if err != nil {
		return err
	}
	rep, err := j.scanner.SBOM(ctx, doc)
	if err != nil {
		return err
	}
	rep.Target, rep.Named = target, j.cmd.named()
	j.reports = append(j.reports, rep.Only(rep.Kinds&j.cmd.kinds()))
	return nil
}
