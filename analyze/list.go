package analyze

import (
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/analyze/malware"
	"github.com/landwaiter/landwaiter/analyze/packages"
	"github.com/landwaiter/landwaiter/analyze/secret"
)

// makers create the analysers, in the order in which they see a file and report.
var makers = []func(Options) (analysis.Analyser, error){
	func(Options) (analysis.Analyser, error) { return packages.Analyser{}, nil },
	func(o Options) (analysis.Analyser, error) { return malware.New(o.HashLists...) },
	func(Options) (analysis.Analyser, error) { return secret.Analyser{}, nil },
	func(Options) (analysis.Analyser, error) { return config.Files{}, nil },
}
