package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// advisoriesAnalyser is whose coverage says what could not be compared.
const advisoriesAnalyser = "advisories"

// unjudged keeps "no vulnerabilities" apart from "no advisories to compare
// with": it names the ecosystems of packages that no record in the store
// speaks of, and the types of packages that have no ecosystem.
func (s *DB) unjudged(ctx context.Context, pkgs []landwaiter.ImagePackage) ([]landwaiter.Coverage, error) {
	count, nameless := map[string]int{}, map[string]int{} // by ecosystem, by type
	for _, p := range pkgs {
		switch {
		case p.Ecosystem != "":
			count[p.Ecosystem]++
		case p.Owner == "": // else its owner is judged
			nameless[p.Type]++
		}
	}
	present, err := s.ecosystems(ctx, slices.Collect(maps.Keys(count)))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(count, func(ecosystem string, _ int) bool { return present[ecosystem] })
	state := landwaiter.Partial
	if len(present) == 0 {
		state = landwaiter.Skipped
	}
	var out []landwaiter.Coverage
	if len(count) > 0 {
		out = append(out, landwaiter.Coverage{Analyser: advisoriesAnalyser, State: state,
			Reason: "the store has no advisories of " +
				counted(count) + ": load them with 'landwaiter db update' or 'landwaiter db import'"})
	}
	if len(nameless) > 0 {
		out = append(out, landwaiter.Coverage{Analyser: advisoriesAnalyser, State: state,
			Reason: "OSV has no ecosystem for packages of the type " +
				counted(nameless) + ", or of their distribution"})
	}
	return out, nil
}

// ecosystems returns those that have advisories: of the release ("Debian:12"),
// or of all releases ("Debian"). Advisories are filed under other names than
// those of packages; see [landwaiter.AdvisoryEcosystems].
func (s *DB) ecosystems(ctx context.Context, names []string) (map[string]bool, error) {
	present := map[string]bool{}
	if len(names) == 0 {
		return present, nil
	}
	parts, args := make([]string, len(names)), []any{}
	for i, name := range names {
		parts[i] = "SELECT ? AS name WHERE EXISTS (SELECT 1 FROM advisory_affected WHERE ecosystem IN (?))"
		args = append(args, name, bun.List(landwaiter.AdvisoryEcosystems(name)))
	}
	var rows []string
	if err := s.r.NewRaw(strings.Join(parts, " UNION ALL "), args...).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for _, name := range rows {
		present[name] = true
	}
	return present, nil
}

// counted lists how many packages there are of each.
func counted(count map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		noun := "packages"
		if count[name] == 1 {
			noun = "package"
		}
		out = append(out, fmt.Sprintf("%s (%d %s)", name, count[name], noun))
	}
	return strings.Join(out, ", ")
}
