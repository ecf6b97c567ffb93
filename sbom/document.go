package sbom

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Document is the content of an SBOM.
type Document struct {
	Format string // "CycloneDX 1.6", "SPDX-2.3"
	// Image is what the document says about the image. Any field may be zero.
	// Layers have only a DiffID, and the history only the steps that made them.
	Image    landwaiter.Image
	Base     landwaiter.Base      // zero if not named; only Landwaiter names it
	Distro   landwaiter.OSRelease // zero if none or several are named
	Packages []landwaiter.ImagePackage
	// Listed is the number of packages in the document, including those that are
	// not in Packages.
	Listed int

	unused map[string]*unused
}

// unused counts the packages for which no advisory can be found, for one reason.
type unused struct {
	count   int
	example string
}

// Unused says for how many packages no advisory can be found and why, with an example
// of each reason; "" if all packages can be looked up.
func (d *Document) Unused() string {
	total := 0
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(d.unused)) {
		u := d.unused[reason]
		total += u.count
		parts = append(parts, fmt.Sprintf("%d %s (such as %q)", u.count, reason, u.example))
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d packages could not be compared with advisories: %s", total, d.Listed,
		strings.Join(parts, ", "))
}

// Looks reports whether a file begins like an SBOM of any format, or like other JSON.
// No archive of images begins like that.
func Looks(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("<?xml")) ||
		bytes.HasPrefix(head, []byte("<bom")) || bytes.HasPrefix(head, []byte("SPDXVersion:"))
}

// Read reads a CycloneDX or SPDX 2 document in JSON. The document may be the predicate
// of an in-toto statement, or in a DSSE envelope, whose signature is not verified.
//
// It returns Corrupt for broken JSON, Invalid for JSON that is not an SBOM,
// Unsupported for other serializations and versions, and TooLarge for documents over
// the limits of this package.
func Read(r io.Reader) (*Document, error) {
	limited := &io.LimitedReader{R: r, N: maxDocument + 1}
	b := builder{}
	err := b.read(limited)
	if limited.N <= 0 {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the SBOM is larger than %d MiB", maxDocument>>20)
	}
	if err != nil {
		return nil, err
	}
	return b.document()
}

// read reads one document. Its format may be known only at its end, since the fields
// are in no particular order.
func (b *builder) read(r io.Reader) error {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		if base64Error := base64.CorruptInputError(0); errors.As(err, &base64Error) {
			return landwaiter.Errorf(landwaiter.Corrupt, "the payload of the envelope is not base64: %w", err)
		}
		return landwaiter.Errorf(landwaiter.Unavailable, "cannot read the SBOM: %w", err)
	}
	head = bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) {
		return landwaiter.Errorf(landwaiter.Unsupported,
			"the SBOM is not in JSON: write it as CycloneDX JSON or SPDX 2.3 JSON")
	}
	w := newWalker(io.MultiReader(bytes.NewReader(head), r))
	return w.object(func(key string) error { return b.top(w, key) })
}

// top reads a field of the outermost object of a document, statement or envelope.
func (b *builder) top(w *walker, key string) error {
	switch key {
	case "predicate":
		return w.object(func(key string) error { return b.top(w, key) })
	case "payload":
		return b.envelope(w)
	case "@context":
		return landwaiter.Errorf(landwaiter.Unsupported,
			"the SBOM is SPDX 3 (or other JSON-LD): write it as SPDX 2.3 or CycloneDX JSON")
	case "bomFormat":
		return w.text(&b.bomFormat)
	case "specVersion":
		return w.text(&b.specVersion)
	case "spdxVersion":
		return w.text(&b.spdxVersion)
	case "metadata":
		return b.metadata(w)
	case "components":
		return w.list(func() error { return b.component(w, false) })
	case "packages":
		return w.list(func() error { return b.spdxPackage(w) })
	}
	return w.skip()
}

func (b *builder) envelope(w *walker) error {
	payload, err := w.long()
	if err != nil {
		return err
	}
	if b.wrapped++; b.wrapped > maxWrapped {
		return landwaiter.Errorf(landwaiter.TooLarge, "the SBOM is nested in more than %d envelopes", maxWrapped)
	}
	return b.read(base64.NewDecoder(base64.StdEncoding, strings.NewReader(payload)))
}
