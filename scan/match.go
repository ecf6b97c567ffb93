package scan

import (
	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/store"
)

// Matcher gives the store the rules of package match.
var Matcher = store.Matcher{
	Keys:  func(p landwaiter.Package) []store.Lookup { return lookups(match.Keys(p)) },
	CVEs:  match.CVEs,
	Match: match.Package,
}

func lookups(keys []match.Key) []store.Lookup {
	out := make([]store.Lookup, len(keys))
	for i, k := range keys {
		out[i] = store.Lookup(k)
	}
	return out
}
