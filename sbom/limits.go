package sbom

// The limits of reading. A package with its facts is about 1 KB of JSON, so
// the largest document has room for 128,000 packages with much beside them;
// the biggest honest images have 10,000.
const (
	// maxDocument is the size of a document in bytes. The decoder holds one
	// JSON value at a time, which may be all of it: at most three times this
	// with its buffer.
	maxDocument = 128 << 20
	// maxPackages is how many packages are taken: of about 500 bytes each in
	// memory, 128 MB.
	maxPackages = 1 << 18
	// maxTokens is how many names, values and brackets are looked at: a package
	// of syft has up to 200, so there is room for 80,000 of those. It bounds the
	// time that a document of brackets can take, to some fifteen seconds.
	maxTokens = 1 << 24
	// maxDepth is how deep objects and lists may nest. CycloneDX nests
	// components; real ones need less than 20.
	maxDepth = 64
	// maxText is the length of a name, version, path or package URL in bytes.
	// The longest honest ones are below 1 KB.
	maxText = 4 << 10
	// maxFacts is how many properties or annotations of one thing are looked
	// at, and how many names, digests and layers an image may have.
	maxFacts = 1 << 10
	// maxWrapped is how many envelopes may lie around a document: a signature
	// and a statement.
	maxWrapped = 2
)
