package scan

import (
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/store"
)

// Matcher provides the rules of package match to the store.
var Matcher = store.Matcher{Keys: match.Keys, CVEs: match.CVEs, Match: match.Package}
