package packages

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/zipdir"
	"github.com/landwaiter/landwaiter/match"
)

// maxWheelMetadata bounds what is read of the metadata in a wheel. Its fields
// come first; a description may follow.
const maxWheelMetadata = 1 << 20

var errNoName = errors.New("metadata without a name and a version")

// metadataReader takes the lines of the metadata of a Python package, up to the
// first that is empty or of another form
// (https://packaging.python.org/en/latest/specifications/core-metadata/).
type metadataReader struct {
	name, version    string
	hasName, hasVers bool
}

func (m *metadataReader) line(line []byte, cut bool) error {
	if len(bytes.TrimSpace(line)) == 0 && !cut {
		return errEnough
	}
	if line[0] == ' ' || line[0] == '\t' {
		return nil
	}
	key, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		return errEnough
	}
	switch key = bytes.TrimSpace(key); {
	case cut:
	case !m.hasName && bytes.EqualFold(key, []byte("name")):
		m.name, m.hasName = cutField(bytes.TrimSpace(value)), true
	case !m.hasVers && bytes.EqualFold(key, []byte("version")):
		m.version, m.hasVers = cutField(bytes.TrimSpace(value)), true
	}
	return nil
}

func (m *metadataReader) take(g *found, f *File) error {
	pkgs := onePackage("pypi", match.NormalName(ecosystem("pypi"), m.name), m.version, f)
	if pkgs == nil {
		return errNoName
	}
	return g.add(pkgs[0])
}

// readPythonMetadata reads METADATA or PKG-INFO of an installed package.
func readPythonMetadata(ctx context.Context, in input) ([]landwaiter.Package, error) {
	var g found
	var m metadataReader
	if err := eachLine(ctx, in.reader(), m.line); err != nil {
		return nil, err
	}
	return g.result(m.take(&g, in.File))
}

// readWheel reads the metadata in a wheel or an egg.
func readWheel(ctx context.Context, in input) ([]landwaiter.Package, error) {
	a, err := zipdir.Open(in.Data, in.Size)
	if err != nil {
		return nil, err
	}
	var g found
	u := unpacker{left: maxUnpacked}
	err = a.Each(ctx, func(e *zipdir.Entry) error {
		if !isWheelMetadata(string(e.Name)) {
			return nil
		}
		var m metadataReader
		err := u.lines(ctx, a, e, maxWheelMetadata, m.line)
		if errors.Is(err, errUnpacked) || ctx.Err() != nil {
			return err
		}
		if e := m.take(&g, in.File); errors.Is(e, errFound) {
			return e
		} else if err == nil {
			err = e
		}
		if err != nil {
			g.spoiled("%s: %w", e.Name, err)
		}
		return nil
	})
	return g.result(err)
}

func isWheelMetadata(name string) bool {
	for _, suffix := range [...]string{".dist-info/METADATA", "EGG-INFO/PKG-INFO", ".egg-info/PKG-INFO", ".egg-info"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
