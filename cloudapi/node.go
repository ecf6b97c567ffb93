package cloudapi

// A node is a parameter as it was sent, before its declared type is known. All
// request forms are parsed to nodes, and one binder fills structs from them.
type node struct {
	kind  nodeKind
	text  string   // of a scalar, decoded
	names []string // of an object or group; distinct
	items []*node  // of a list; of an object or group, in the order of names
}

type nodeKind int

const (
	kindNull   nodeKind = iota
	kindBool            // JSON: text is true or false
	kindNumber          // JSON: text is the number as written
	kindString          // JSON
	kindText            // a form value: any scalar
	kindList            // JSON
	kindObject          // JSON
	kindGroup           // form names with a common prefix: an object or a list
)

// Limits of the parameters of one request.
const (
	// maxDepth bounds the nesting. The deepest TCSS parameter,
	// Filters.0.Values.0, has four levels.
	maxDepth = 8

	// maxElements bounds the number of values in JSON. 10 MB hold 147,000
	// quoted image IDs of 71 bytes; a node takes about 100 bytes.
	maxElements = 200_000

	// maxParameters bounds the number of parameters of a form. 1 MB holds
	// 12,200 image IDs as "Images.12345=sha256%3A...&".
	maxParameters = 16_384
)

// parsingError returns an error about the form of the parameter at the path,
// or of all parameters if the path is "".
func parsingError(path, format string, args ...any) error {
	if path == "" {
		return Errorf(InvalidParameterParsing, "the parameters "+format, args...)
	}
	return Errorf(InvalidParameterParsing, path+" "+format, args...)
}
