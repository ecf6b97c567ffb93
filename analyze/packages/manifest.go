package packages

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// readConda reads the record that conda keeps of an installed package in
// conda-meta (https://docs.conda.io/projects/conda/en/stable/dev-guide/). Its
// names are conda's own: the "openssl" of conda is no package of PyPI. What
// conda installs for Python has a dist-info directory, too.
func readConda(f *File) ([]landwaiter.Package, error) {
	var record struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	if err := decodeJSON(f, &record); err != nil {
		return nil, err
	}
	return onePackage("conda", record.Name, record.Version, f), nil
}

// readComposerInstalled reads what Composer installed in a vendor directory.
// Version 2 writes an object, version 1 wrote the list of packages alone.
func readComposerInstalled(f *File) ([]landwaiter.Package, error) {
	type installed struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	var raw json.RawMessage
	if err := decodeJSON(f, &raw); err != nil {
		return nil, err
	}
	var file struct {
		Packages []installed `json:"packages"`
		Dev      []string    `json:"dev-package-names"`
	}
	err := json.Unmarshal(raw, &file)
	if err != nil {
		err = json.Unmarshal(raw, &file.Packages)
	}
	dev := map[string]bool{}
	for _, name := range file.Dev {
		dev[strings.ToLower(name)] = true
	}
	var pkgs []landwaiter.Package
	for _, p := range file.Packages {
		for _, pkg := range onePackage("composer", strings.ToLower(p.Name), p.Version, f) {
			pkg.Dev = dev[pkg.Name]
			pkgs = append(pkgs, pkg)
		}
	}
	return pkgs, err
}

// onePackage makes a language package, or none of what is no name and version.
func onePackage(purlType, name, version string, f *File) []landwaiter.Package {
	if !plausible(name) || !plausible(version) {
		return nil
	}
	return []landwaiter.Package{{Type: purlType, Ecosystem: ecosystem(purlType), Name: name, Version: version, Path: f.Path}}
}

func decodeJSON(f *File, into any) error {
	err := json.NewDecoder(io.NewSectionReader(f.Data, 0, f.Size)).Decode(into)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // an empty file
	}
	return err
}
