// Package landwaiter is the vocabulary of Landwaiter, a self-hosted service
// that scans container images for vulnerabilities, malware and risks.
//
// It holds the domain types and nothing else: no I/O, no database, no wire
// format. Other packages are named for what they do (layer, analyze, match,
// scan, task) or for the technology they adapt (source/registry, store, tcss);
// they import this package and it imports none of them.
//
// docs/ARCHITECTURE.md lists the packages and shows how a request flows through
// them. docs/GLOSSARY.md defines the terms.
package landwaiter
