package packages

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/manifest"
)

// maxMetadata bounds the metadata in a wheel or an egg, unpacked. Its fields come
// first; the text behind them is the project's page, of some 100 KiB at most.
const maxMetadata = 1 << 20

// maxMetadataFiles bounds how many are read of one archive, which has one.
const maxMetadataFiles = 100

// readPythonArchive reads the metadata in a wheel or an egg.
func readPythonArchive(ctx context.Context, in input) ([]landwaiter.Package, error) {
	if err := checkZip(in.File); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(in.Data, in.Size)
	if err != nil {
		return nil, err
	}
	var pkgs []landwaiter.Package
	var errs error
	read := 0
	for _, entry := range z.File {
		if err := ctx.Err(); err != nil {
			return pkgs, err
		}
		if !isMetadata(entry.Name) {
			continue
		}
		if read++; read > maxMetadataFiles {
			return pkgs, fmt.Errorf("more than %d packages in one archive", maxMetadataFiles)
		}
		found, err := readMetadata(ctx, entry, in.Path)
		pkgs = append(pkgs, found...)
		if err != nil && errs == nil {
			errs = fmt.Errorf("%s: %w", entry.Name, err)
		}
	}
	return pkgs, errs
}

func isMetadata(name string) bool {
	for _, suffix := range [...]string{"EGG-INFO/PKG-INFO", ".egg-info", ".egg-info/PKG-INFO", ".dist-info/METADATA"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

func readMetadata(ctx context.Context, entry *zip.File, path string) ([]landwaiter.Package, error) {
	r, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxMetadata))
	if len(data) == maxMetadata {
		err = nil // the text behind the fields
	}
	pkgs, readErr := readText(ctx, "pypi", manifest.PythonMetadata, &File{Path: path, Size: int64(len(data)), Whole: data})
	return pkgs, errors.Join(err, readErr)
}
