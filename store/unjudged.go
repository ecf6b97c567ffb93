package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// tally counts packages by ecosystem and, where they have none, by type.
type tally struct {
	ecosystems, systems, others map[string]int // systems: types of distribution packages
}

func newTally() *tally {
	return &tally{ecosystems: map[string]int{}, systems: map[string]int{}, others: map[string]int{}}
}

func (t *tally) add(ecosystem, typ string, owned bool, n int) {
	switch {
	case ecosystem != "":
		t.ecosystems[ecosystem] += n
	case owned: // its owner is judged
	case landwaiter.IsDistribution(typ):
		t.systems[typ] += n
	default:
		t.others[typ] += n
	}
}

// unjudged keeps "no vulnerabilities" apart from "no advisories to compare
// with": it names the ecosystems of packages that no record in the store
// speaks of, and the types of packages that have no ecosystem. It also returns
// how old the advisories of the other ecosystems are.
func (s *DB) unjudged(
	ctx context.Context, pkgs []landwaiter.ImagePackage,
) ([]landwaiter.Coverage, []landwaiter.AdvisoryAge, error) {
	t := newTally()
	for _, p := range pkgs {
		t.add(p.Ecosystem, p.Type, p.Owner != "", 1)
	}
	present, err := s.ecosystems(ctx, slices.Collect(maps.Keys(t.ecosystems)))
	if err != nil {
		return nil, nil, err
	}
	parts, err := s.Advisories().Parts(ctx)
	return t.coverage(present), agesOf(present, parts), err
}

// coverage says what could not be compared, given the ecosystems that have
// advisories.
func (t *tally) coverage(present map[string]bool) []landwaiter.Coverage {
	missing := maps.Clone(t.ecosystems)
	maps.DeleteFunc(missing, func(ecosystem string, _ int) bool { return present[ecosystem] })
	state := landwaiter.Partial
	if len(missing) == len(t.ecosystems) {
		state = landwaiter.Skipped // nothing was compared
	}
	var out []landwaiter.Coverage
	add := func(state landwaiter.CoverageState, text string) {
		out = append(out, landwaiter.Coverage{Analyser: landwaiter.AnalyserAdvisories, State: state, Reason: text})
	}
	if len(missing) > 0 {
		add(state, "no advisories for "+counted(missing)+
			"; load them with 'landwaiter db update' or 'landwaiter db import'")
	}
	if len(t.systems) > 0 {
		add(state, "no advisories for packages of the type "+counted(t.systems)+
			"; OSV has none for their distribution, or the image does not name it")
	}
	if len(t.others) > 0 {
		add(landwaiter.Noted, "no advisories exist for packages of the type "+counted(t.others))
	}
	return out
}

// agesOf returns when the advisories of the ecosystems were last updated: those
// of all releases together, as they are published.
func agesOf(ecosystems map[string]bool, parts []Part) []landwaiter.AdvisoryAge {
	checked := map[string]time.Time{}
	for ecosystem := range ecosystems {
		base, _, _ := strings.Cut(ecosystem, ":")
		checked[base] = time.Time{}
	}
	for _, p := range parts {
		base, _, _ := strings.Cut(p.Ecosystem, ":")
		if old, ok := checked[base]; ok && p.Imported.After(old) {
			checked[base] = p.Imported
		}
	}
	var out []landwaiter.AdvisoryAge
	for _, base := range slices.Sorted(maps.Keys(checked)) {
		out = append(out, landwaiter.AdvisoryAge{Ecosystem: base, Checked: checked[base]})
	}
	return out
}

// compare makes a report's coverage say what can not be compared with today's
// advisories, and how old those are that it is compared with.
func (s *DB) compare(ctx context.Context, rep *landwaiter.Report, pkgs []landwaiter.ImagePackage) error {
	missing, ages, err := s.unjudged(ctx, pkgs)
	if err != nil {
		return err
	}
	rep.Coverage = slices.DeleteFunc(slices.Clone(rep.Coverage), ofAdvisories)
	rep.Coverage, rep.Advisories = append(rep.Coverage, missing...), ages
	rep.CheckAge(s.clock(), 0)
	return nil
}

// compareImage is compare for an image, of which packages may be missing as well.
// Calling it again changes nothing.
func (s *DB) compareImage(ctx context.Context, rep *landwaiter.Report) error {
	for _, c := range noDatabase(rep.Distro, rep.Packages) {
		if !slices.Contains(rep.Coverage, c) {
			rep.Coverage = append(rep.Coverage, c)
		}
	}
	return s.compare(ctx, rep, rep.Packages)
}

// ofAdvisories reports whether the coverage follows from the advisories, and not
// from what a scan found.
func ofAdvisories(c landwaiter.Coverage) bool {
	return c.Analyser == landwaiter.AnalyserAdvisories || c.Analyser == landwaiter.AnalyserAdvisoryAge
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
