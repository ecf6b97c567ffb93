// Package packages finds the installed software of a layer: distribution
// packages, language packages and the distribution itself.
//
// The table formats lists the formats: how a path is recognised, the limits, and
// the reader, which is an extractor of OSV-SCALIBR or our own. FormatOf looks a
// path up in nanoseconds. Files are read one at a time, in the order of the tar; a
// Collector gathers the packages of one layer, and uses the file lists of
// distribution packages to tell which language packages they own. An error or a
// panic of an extractor concerns that file alone.
package packages
