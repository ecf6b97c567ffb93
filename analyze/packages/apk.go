package packages

import (
	"bytes"
	"cmp"
	"context"
	"path"

	"github.com/landwaiter/landwaiter"
)

// apkRecord is one record of Alpine's database, as far as we read it.
type apkRecord struct {
	name, version, arch, origin, maintainer string
	dir                                     []byte // of the files that follow
	line                                    int    // of its start; 0 before it
	bad                                     bool   // counted as such
}

// apkReader reads the database of installed packages: records of lines
// "letter:value" that end at an empty line
// (https://wiki.alpinelinux.org/wiki/Apk_spec). It shows each file to owns:
// a line F has a directory, the lines R after it have names.
type apkReader struct {
	found
	path   string
	owns   func(owner, file string) bool
	record apkRecord
	line   int
}

// readApk reads the database record by record, and has the owners see the files
// that it lists.
func readApk(ctx context.Context, in input) ([]landwaiter.Package, error) {
	own := &in.collector.own
	r := &apkReader{path: in.Path, owns: own.add}
	err := eachLine(ctx, in.reader(), r.each)
	if err == nil {
		err = r.end()
	}
	return r.result(cmp.Or(err, own.err))
}

func (r *apkReader) each(line []byte, cut bool) error {
	r.line++
	if len(line) == 0 {
		return r.end()
	}
	if r.record.line == 0 {
		r.record.line = r.line
	}
	if len(line) < 2 || line[1] != ':' {
		r.broken("line %d is not of the form letter:value", r.line)
		return nil
	}
	field := r.record.field(line[0])
	value := line[2:]
	switch {
	case field != nil && cut:
		r.broken("line %d is longer than %d bytes", r.line, maxLine)
	case field != nil:
		*field = cutField(value)
	case line[0] == 'F' && !cut:
		r.record.dir = append(r.record.dir[:0], value...)
	case line[0] == 'R' && !cut && r.owns != nil:
		r.file(value)
	}
	return nil
}

func (a *apkRecord) field(key byte) *string {
	switch key {
	case 'P':
		return &a.name
	case 'V':
		return &a.version
	case 'A':
		return &a.arch
	case 'o':
		return &a.origin
	case 'm':
		return &a.maintainer
	}
	return nil
}

func (r *apkReader) file(base []byte) {
	if dir := r.record.dir; len(dir)+len(base) < maxPath && !bytes.ContainsRune(base, '/') {
		if !r.owns(r.record.name, path.Join(string(dir), string(base))) {
			r.owns = nil
		}
	}
}

// broken counts the record as bad, once.
func (r *apkReader) broken(format string, args ...any) {
	if !r.record.bad {
		r.spoiled(format, args...)
	}
	r.record.bad = true
}

// end takes the package of a record that is complete.
func (r *apkReader) end() error {
	a := r.record
	r.record = apkRecord{dir: a.dir[:0]}
	if a.line == 0 {
		return nil
	}
	p := landwaiter.Package{
		Type: "apk", Ecosystem: ecosystem("apk"), Name: a.name, Version: a.version, Arch: a.arch, Path: r.path,
		Vendor: vendor(a.maintainer),
	}
	p.SourceName, p.SourceVersion = source(a.origin, "", p)
	if !plausiblePackage(&p) {
		if !a.bad {
			r.spoiled("the record at line %d has no name and version", a.line)
		}
		return nil
	}
	return r.add(p)
}
