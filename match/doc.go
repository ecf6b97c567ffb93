// Package match judges packages by advisories: which flaws a package version
// has, how grave they are and which version closes them.
//
// Everything here is a pure function over the domain types and safe for
// concurrent use. [Keys] and [AdvisoryKeys] give the names under which a
// package and an advisory meet, so that a store can join them by equality;
// [Package] judges one package version by the advisories that met it.
//
// The evaluation of ranges follows the OSV schema
// (https://ossf.github.io/osv-schema/#evaluation).
package match

// Rules is the version of the rules by which [Package] judges. It is raised
// when they change: verdicts that are stored are then judged anew at the next
// import.
const Rules = "2"
