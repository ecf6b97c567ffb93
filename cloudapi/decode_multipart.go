package cloudapi

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"unicode/utf8"
)

// parseMultipart parses a multipart/form-data body. A part of the content type
// application/json holds the JSON of its parameter, which is how the Python SDK
// sends lists; any other part holds the text of a scalar, whose name may be
// flattened. The body is already in memory, so its size bounds the parts.
func parseMultipart(body []byte, boundary string) (*node, error) {
	if boundary == "" {
		return nil, Errorf(InvalidRequest, "the content type has no multipart boundary")
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	root := newGroup()
	for parts := 0; ; parts++ {
		part, err := reader.NextPart()
		if err == io.EOF { // not wrapped after the final boundary, wrapped when that is missing
			return root.node(), nil
		}
		if err != nil {
			return nil, malformedMultipart()
		}
		if parts == maxParameters {
			return nil, tooManyParameters()
		}
		if err := addPart(root, part); err != nil {
			return nil, err
		}
	}
}

func malformedMultipart() error {
	return Errorf(InvalidRequest, "the multipart body is malformed")
}

func addPart(root *group, part *multipart.Part) error {
	name := part.FormName()
	content, err := io.ReadAll(part)
	if err != nil || name == "" {
		return malformedMultipart()
	}
	if !utf8.Valid(content) || !utf8.ValidString(name) {
		return Errorf(InvalidParameter, "parameter %.64q is not UTF-8", name)
	}
	leaf := &node{kind: kindText, text: string(content)}
	if media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && media == typeJSON {
		if leaf, err = parseJSONValue(content); err != nil {
			return err
		}
	}
	return root.add(name, leaf)
}
