package manifest

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter/syntax"
)

// POM reads the coordinates in a pom.xml of Maven. Group and version may be those
// of its parent. What refers to a property ("${revision}") is "".
func POM(ctx context.Context, data []byte) (group, artifact, version string, err error) {
	if longElement(data) {
		return "", "", "", fmt.Errorf("an element or text of more than %d bytes", syntax.MaxLine)
	}
	p := pomReader{values: map[string]string{}}
	d := xml.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return "", "", "", ctx.Err()
		}
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = p.token(token)
		}
		if err != nil {
			return "", "", "", fmt.Errorf("not XML of a project: %w", err)
		}
	}
	get := func(name string) string {
		value := p.values["project/"+name]
		if value == "" && name != "artifactId" {
			value = p.values["project/parent/"+name]
		}
		if strings.ContainsAny(value, "${} \n\t") {
			return ""
		}
		return value
	}
	return get("groupId"), get("artifactId"), get("version"), nil
}

// pomReader keeps the texts of the elements that matter, the first of each.
type pomReader struct {
	path   []string
	values map[string]string
	text   []byte
}

// pomDepth is how deep the elements are that matter: project/parent/groupId.
const pomDepth = 3

func (p *pomReader) token(token xml.Token) error {
	switch e := token.(type) {
	case xml.StartElement:
		if len(p.path) == syntax.MaxDepth {
			return syntax.ErrDeep
		}
		p.path, p.text = append(p.path, e.Name.Local), p.text[:0]
	case xml.CharData:
		if len(p.path) <= pomDepth && len(p.text)+len(e) <= syntax.MaxLine {
			p.text = append(p.text, e...)
		}
	case xml.EndElement:
		if len(p.path) == 0 {
			return errors.New("an end without a start")
		}
		if n := len(p.path); n == pomDepth-1 || n == pomDepth && p.path[1] == "parent" {
			switch p.path[n-1] {
			case "groupId", "artifactId", "version":
				if key := strings.Join(p.path, "/"); p.values[key] == "" {
					p.values[key] = string(bytes.TrimSpace(p.text))
				}
			}
		}
		p.path, p.text = p.path[:len(p.path)-1], p.text[:0]
	}
	return nil
}
