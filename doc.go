// Package landwaiter is the vocabulary of Landwaiter, a self-hosted service
// that scans container images for vulnerabilities, malware and risks.
//
// It holds the domain types and nothing else: no I/O, no database, no wire
// format. Other packages are named for what they do (layer, analyze, match,
// scan) or for the technology they adapt (source/registry, store, tcss); they
// import this package and it imports none of them.
//
// # Code map
//
//	source/...   where images come from: archives, OCI layouts, registries
//	layer        reading one layer: decompress, verify, walk; merging layers
//	analyze      the analysers and the one pass that drives them
//	advisory     OSV records and enrichment: reading, updating
//	match        packages x advisories
//	store        the SQL store (SQLite, PostgreSQL)
//	asset        source synchronisation: what images exist
//	scan         scanning one image; tasks over many
//	cloudapi     Tencent Cloud API 3.0 as a server
//	tcss         the TCSS actions
//	report       what a scan prints: table, JSON, SARIF, CycloneDX
//	cmd          the landwaiter command
//
// docs/ARCHITECTURE.md tells how a request flows through them.
package landwaiter
