package main

import (
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// suppressFlags name files of what does not count, beside what the store says.
type suppressFlags struct {
	VEX            []string `name:"vex" type:"existingfile" placeholder:"FILE" help:"VEX document (OpenVEX, CycloneDX or CSAF) of what does not count; may be given more than once."`
	Ignore         []string `type:"existingfile" placeholder:"FILE" help:"Ignore list; see 'landwaiter ignore import --help'. May be given more than once."`
	ShowSuppressed bool     `help:"List the findings that do not count, and why."`
}

// suppressions returns what the store and the files say does not count.
func (f suppressFlags) suppressions(e *environ, s *store.DB) ([]landwaiter.Suppression, error) {
	list, err := s.Suppressions().Active(e.ctx)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Concat(f.VEX, f.Ignore) {
		doc, err := readVEX(e, path)
		if err != nil {
			return nil, err
		}
		list = append(list, doc.Suppressions...)
	}
	return list, nil
}
