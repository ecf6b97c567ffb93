package main

import (
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// suppressFlags name files of suppressions, in addition to those in the store.
type suppressFlags struct {
	VEX            []string `name:"vex" type:"existingfile" placeholder:"FILE" help:"VEX document (OpenVEX, CycloneDX or CSAF) with suppressions. Repeatable."`
	Ignore         []string `type:"existingfile" placeholder:"FILE" help:"Ignore list; see 'landwaiter ignore import --help'. Repeatable."`
	ShowSuppressed bool     `help:"List the suppressed findings and their reasons."`
}

// suppressions returns the suppressions of the store and of the files.
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
