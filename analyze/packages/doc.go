// Package packages finds the installed software of a layer: distribution
// packages, language packages and the distribution itself.
//
// The table formats lists the formats: how a path is recognised, the limits, and
// the reader. Text formats are read by package manifest; databases, archives and
// executables by readers that take one record after another and look at the
// context between them. FormatOf looks a path up in nanoseconds. Files are read
// one at a time, in the order of the tar; a Collector gathers the packages of one
// layer, and uses the file lists of distribution packages to tell which language
// packages they own. An error concerns its file alone.
package packages
