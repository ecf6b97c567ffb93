package sbom

// The limits of reading. A package with its facts is about 1 KB of JSON, so the
// largest document has room for more than 100,000 packages. The largest real images
// have 10,000.
const (
	// maxDocument is the size of a document in bytes. The decoder holds one JSON
	// value at a time, which may be the whole document: with its buffer, up to
	// three times this.
	maxDocument = 128 << 20
	// maxPackages is the number of packages. At about 500 bytes each they take 128
	// MB of memory.
	maxPackages = 1 << 18
	// maxTokens is the number of names, values and brackets that are read. A
	// package of syft has up to 200, so there is room for 80,000 of them. It limits
	// the time for a document of nothing but brackets to some fifteen seconds.
	maxTokens = 1 << 24
	// maxDepth is how deep objects and lists may nest. CycloneDX nests components;
	// real documents nest less than 20 levels deep.
	maxDepth = 64
	// maxText is the length of a name, version, path or package URL in bytes.
	// The longest real ones are below 1 KB.
	maxText = 4 << 10
	// maxFacts is how many properties or annotations of one entry are kept, and
	// how many names, digests and layers an image may have.
	maxFacts = 1 << 10
	// maxWrapped is how many envelopes may be around a document: a signature and a
	// statement.
	maxWrapped = 2
)
