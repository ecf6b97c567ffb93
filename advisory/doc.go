// Package advisory reads vulnerability data: OSV records, enrichment (KEV, EPSS,
// CVSS and SSVC by CVE) and the end of life of releases, from
// files by [Walk] and over HTTP by [Updater].
//
// This package stores nothing. Records are delivered as published, with a hash of
// their bytes, so that callers need not parse known ones; [Parse] and [ParseAll] read
// the others. All input is untrusted: the limits are declared beside each reader.
package advisory
