// Package match compares package versions with advisories: which flaws a
// version has, how severe they are and which version fixes them.
//
// Everything here is a pure function over the domain types and safe for
// concurrent use. [Keys] and [AdvisoryKeys] return the keys under which
// packages and advisories meet, so that a store can join them by equality.
// [Package] then matches one package version with the advisories that have one
// of its keys.
//
// The evaluation of ranges follows the OSV schema
// (https://ossf.github.io/osv-schema/#evaluation).
package match

// Rules is the version of the matching rules. Increase it whenever [Package]
// may give another result for the same arguments: the next import then
// re-matches all stored packages.
const Rules = "3"
