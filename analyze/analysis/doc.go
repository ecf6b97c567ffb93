// Package analysis is the contract between the analysers and the engine that
// runs them (package analyze).
//
// An Analyser is made once. For each layer it starts a Run, which the engine
// asks about every entry of the layer, in the order of the tar: first what of
// its content the run wants, then, by the first bytes, whether it still does.
// The engine reads each file at most once, hands the content to the runs that
// want it, and collects what they put into their Findings. Nothing on this path
// allocates for a file that nobody wants.
//
// The engine takes care of what all analysers have in common: an error or a
// panic costs the analyser one file and becomes part of the coverage, and so
// does a file above its size limit or a finding above MaxFindings.
package analysis
