// Package advisory reads vulnerability data: OSV records, what enriches them
// (KEV, CVSS and SSVC by CVE, EPSS) and the end of life of releases, from
// files by [Walk] and over HTTP by [Updater].
//
// Nothing here stores anything. Records are handed over as published, with a
// hash of their bytes, so that those known need no parsing; [Parse] and
// [ParseAll] read the others. All input is hostile: each reader names its
// limits beside it.
package advisory
