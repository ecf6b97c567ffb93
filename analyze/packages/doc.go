// Package packages finds the installed software of a layer: distribution
// packages, language packages and the distribution itself.
//
// Most formats are read by the extractors of OSV-SCALIBR, one file at a time as
// the tar goes by; the RPM database is read by our own package rpmdb. The file
// lists of distribution packages tell which language packages they own. FormatOf
// decides by the path alone, in nanoseconds, whether a file is of interest. A
// Collector gathers what the files of one layer say. Whatever goes wrong in one
// file, a panic included, is an error of that file.
package packages
