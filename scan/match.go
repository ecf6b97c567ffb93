package scan

import (
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/store"
)

// Matcher gives the store the rules of package match.
var Matcher = store.Matcher{Keys: match.Keys, CVEs: match.CVEs, Match: match.Package}
