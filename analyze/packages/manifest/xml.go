package manifest

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter/syntax"
)

// PackagesConfig reads packages.config of NuGet: elements "package" in "packages".
// The parser of the standard library hands out one element at a time, and does not
// call itself. It holds one element, whose size is limited here.
func PackagesConfig(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	if longElement(data) {
		return nil, fmt.Errorf("an element or text of more than %d bytes; the file was not read", syntax.MaxLine)
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, seen := 0, false
	for {
		if err := ctx.Err(); err != nil {
			return f.end(err)
		}
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) && !seen {
			return f.end(errors.New("no list of packages"))
		}
		if errors.Is(err, io.EOF) {
			return f.end(nil)
		}
		if err != nil {
			return f.end(fmt.Errorf("not XML: %w", err))
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth++; depth > syntax.MaxDepth {
				return f.end(fmt.Errorf("%w; the rest was not read", syntax.ErrDeep))
			}
			seen = seen || e.Name.Local == "packages"
			if depth == 2 && e.Name.Local == "package" {
				packageElement(&f, e)
			}
		case xml.EndElement:
			depth--
		}
	}
}

func packageElement(f *found, e xml.StartElement) {
	var id, version string
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "id":
			id = a.Value
		case "version":
			version = a.Value
		}
	}
	if id == "" || version == "" {
		f.wrong("a package without id or version (%s)", some(id))
	}
	f.add(id, version, false)
}

// longElement looks for one: no "<" can be within an element.
func longElement(data []byte) bool {
	for len(data) > 0 {
		n := bytes.IndexByte(data[1:], '<') + 1
		if n == 0 {
			n = len(data)
		}
		if n > syntax.MaxLine {
			return true
		}
		data = data[n:]
	}
	return false
}
