package packages

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// The fields of dpkg's database that are read.
const (
	dpkgPackage = iota
	dpkgStatus
	dpkgVersion
	dpkgArch
	dpkgSource
	dpkgMaintainer
	dpkgFields
)

var dpkgNames = [dpkgFields]string{"Package", "Status", "Version", "Architecture", "Source", "Maintainer"}

// onDisk are the states in which the files of a package are there: by dpkg(1),
// from "unpacked" on. Of "half-installed" nobody knows.
var onDisk = map[string]bool{
	"installed": true, "unpacked": true, "half-configured": true, "triggers-awaited": true, "triggers-pending": true,
}

// dpkgReader reads the database of dpkg and of opkg, and the files that
// distroless images have instead: stanzas as of deb822(5), with empty lines
// between them.
type dpkgReader struct {
	found
	path   string
	kind   string // type of the packages
	single bool   // a file of status.d: a stanza needs no status
	values [dpkgFields]string
	start  int // line of the stanza; 0 before it
	bad    bool
	line   int
}

// readDpkg reads a file of dpkg's database stanza by stanza.
func readDpkg(ctx context.Context, in input) ([]landwaiter.Package, error) {
	r := &dpkgReader{path: in.Path, kind: "deb", single: strings.HasPrefix(in.Path, statusDir)}
	if in.Path == "usr/lib/opkg/status" {
		r.kind = "opkg"
	}
	err := eachLine(ctx, in.reader(), r.each)
	if err == nil {
		err = r.end()
	}
	return r.result(err)
}

func (r *dpkgReader) each(line []byte, cut bool) error {
	r.line++
	if len(bytes.TrimSpace(line)) == 0 && !cut {
		return r.end()
	}
	if r.start == 0 {
		r.start = r.line
	}
	if line[0] == ' ' || line[0] == '\t' {
		return nil // more of a field that is none of ours
	}
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		r.broken("line %d is not of the form Field: value", r.line)
		return nil
	}
	for i, known := range dpkgNames {
		if len(name) != len(known) || !strings.EqualFold(string(name), known) {
			continue
		}
		if cut {
			r.broken("line %d is longer than %d bytes", r.line, maxLine)
		} else if r.values[i] == "" {
			r.values[i] = cutField(bytes.TrimSpace(value))
		}
	}
	return nil
}

// broken counts the stanza as bad, once.
func (r *dpkgReader) broken(format string, args ...any) {
	if !r.bad {
		r.spoiled(format, args...)
	}
	r.bad = true
}

// end takes the package of a stanza that is complete.
func (r *dpkgReader) end() error {
	v, start := r.values, r.start
	if start == 0 {
		return nil
	}
	defer func() { r.values, r.start, r.bad = [dpkgFields]string{}, 0, false }()
	there, err := r.onDisk(v[dpkgStatus])
	if err != nil {
		r.broken("the stanza at line %d: %w", start, err)
	}
	if !there {
		return nil
	}
	p := landwaiter.Package{
		Type: r.kind, Ecosystem: ecosystem(r.kind), Name: v[dpkgPackage], Version: v[dpkgVersion],
		Arch: v[dpkgArch], Path: r.path,
		Vendor: vendor(v[dpkgMaintainer]),
	}
	name, version, err := splitSource(v[dpkgSource])
	if err != nil {
		r.broken("the stanza at line %d: %w", start, err)
	}
	p.SourceName, p.SourceVersion = source(name, version, p)
	if !plausiblePackage(&p) {
		r.broken("the stanza at line %d has no package and version", start)
		return nil
	}
	return r.add(p)
}

// onDisk reports whether the files of a package are there by its status, which
// has three words: what is wanted, a flag, the state.
func (r *dpkgReader) onDisk(status string) (bool, error) {
	if status == "" {
		return r.single, nil // elsewhere it means "not installed"
	}
	words := strings.Fields(status)
	if len(words) != 3 {
		return false, fmt.Errorf("status %q", status)
	}
	return onDisk[words[2]], nil
}

// splitSource splits "openssl (3.0.11-1)"; the version may be missing.
func splitSource(source string) (name, version string, err error) {
	name, version, ok := strings.Cut(source, " (")
	if !ok {
		return name, "", nil
	}
	if version, ok = strings.CutSuffix(version, ")"); !ok {
		return "", "", fmt.Errorf("source %q", source)
	}
	return name, version, nil
}
