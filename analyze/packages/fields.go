package packages

import (
	"bufio"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// readRDescription reads the DESCRIPTION of an installed R package. Source trees
// have the file, too, without the field Built, and those that are part of R have
// its version. biocViews is what Bioconductor asks of its packages.
func readRDescription(f *File) ([]landwaiter.Package, error) {
	fields, err := readFields(f, "Package", "Version", "Built", "Priority", "biocViews")
	if fields["Built"] == "" || fields["Priority"] == "base" {
		return nil, err
	}
	purlType := "cran"
	if _, ok := fields["biocViews"]; ok {
		purlType = "bioconductor"
	}
	return onePackage(purlType, fields["Package"], fields["Version"], f), err
}

// readGHCPackage reads what the compiler of Haskell registers of an installed
// library (https://downloads.haskell.org/ghc/latest/docs/users_guide/packages.html).
func readGHCPackage(f *File) ([]landwaiter.Package, error) {
	fields, err := readFields(f, "name", "version")
	return onePackage("hackage", fields["name"], fields["version"], f), err
}

// readFields reads the wanted fields of a file in the format of Debian control
// files. A value may stand, indented, on the line below.
func readFields(f *File, want ...string) (map[string]string, error) {
	fields := map[string]string{}
	lines := bufio.NewScanner(io.NewSectionReader(f.Data, 0, f.Size))
	last := ""
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if value, ok := fields[last]; ok && value == "" {
				fields[last] = strings.TrimSpace(line)
			}
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		last = key
		for _, w := range want {
			if key == w {
				fields[key] = strings.TrimSpace(value)
			}
		}
	}
	return fields, lines.Err()
}

// readOpamState reads what opam has installed in a switch: quoted "name.version"
// in the list "installed"
// (https://opam.ocaml.org/doc/Manual.html#switch-state).
func readOpamState(f *File) ([]landwaiter.Package, error) {
	data, err := f.readUpTo(maxManifest)
	_, list, ok := strings.Cut("\n"+string(data), "\ninstalled:")
	if !ok {
		return nil, err
	}
	list, _, _ = strings.Cut(list, "]")
	var pkgs []landwaiter.Package
	for _, quoted := range strings.Fields(strings.TrimLeft(list, " [")) {
		name, version, _ := strings.Cut(strings.Trim(quoted, `"`), ".")
		pkgs = append(pkgs, onePackage("opam", name, version, f)...)
	}
	return pkgs, err
}
