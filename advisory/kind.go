package advisory

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxJSON bounds a JSON file in bytes. KEV's catalogue has 1.6 MB.
const maxJSON = 64 << 20

// maxValues bounds what is decoded of one: 64 MiB of "{}," would be 21 million
// entries of 56 bytes. KEV's catalogue has 25,000.
const maxValues = 1_000_000

// errForeign means that a file is of an unknown kind.
var errForeign = errors.New("not advisory data")

// json reads a file that is a record, KEV's catalogue or release cycles.
func (w *walker) json(f file) error {
	in, err := os.Open(f.path)
	if err != nil {
		return landwaiter.Errorf(landwaiter.NotFound, "cannot import: %w", err)
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxJSON+1))
	if err != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "cannot read %s: %w", f.path, err)
	}
	if len(raw) > maxJSON {
		return landwaiter.Errorf(landwaiter.TooLarge, "a JSON file of more than %d MB is not read", maxJSON>>20)
	}
	var shape struct {
		ID              string          `json:"id"`
		Affected        json.RawMessage `json:"affected"`
		CatalogVersion  string          `json:"catalogVersion"`
		Vulnerabilities json.RawMessage `json:"vulnerabilities"`
		Releases        json.RawMessage `json:"releases"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		var shaped *json.UnmarshalTypeError
		if errors.As(err, &shaped) {
			return errForeign // JSON, but of another shape
		}
		return landwaiter.Errorf(landwaiter.Corrupt, "damaged JSON: %w", err)
	}
	switch {
	case shape.CatalogVersion != "" && shape.Vulnerabilities != nil:
		list, err := ParseKEV(raw)
		if err != nil {
			return err
		}
		return w.enrichments(list)
	case shape.ID != "" && shape.Affected != nil:
		return w.record(shape.ID, raw)
	case shape.Releases != nil:
		list, err := ParseReleases(product(f.path), raw)
		if err != nil {
			return err
		}
		return w.lifecycles(list)
	}
	return errForeign
}

// record adds a loose record.
func (w *walker) record(id string, raw []byte) error {
	if !validID(id) {
		return landwaiter.Errorf(landwaiter.Corrupt, "the record's ID is malformed")
	}
	if err := w.loose.add(id, bytes.NewReader(raw)); err != nil {
		return err
	}
	if !w.loose.full() {
		return nil
	}
	return w.loose.flush()
}

// csv reads a plain or gzip-compressed CSV file.
func (w *walker) csv(f file) error {
	in, err := os.Open(f.path)
	if err != nil {
		return landwaiter.Errorf(landwaiter.NotFound, "cannot import: %w", err)
	}
	defer in.Close()
	r := bufio.NewReader(in)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return landwaiter.Errorf(landwaiter.Corrupt, "%s: %w", f.path, err)
		}
		r = bufio.NewReader(z)
	}
	return readCSV(r, w.enrichments, w.lifecycles)
}

// product reads a product file of endoflife.date.
func (w *walker) product(f file) error {
	if f.size > maxProduct {
		return errForeign
	}
	in, err := os.Open(f.path)
	if err != nil {
		return landwaiter.Errorf(landwaiter.NotFound, "cannot import: %w", err)
	}
	defer in.Close()
	list := ParseProduct(product(f.path), io.LimitReader(in, maxProduct))
	if len(list) == 0 {
		return errForeign
	}
	return w.lifecycles(list)
}

// product returns the product in the file name of endoflife.date.
func product(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}
