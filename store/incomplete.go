package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// reasons says, by kind of scan, why a verdict is not complete. Complete
// verdicts have no entry.
type reasons map[landwaiter.ScanKind]string

// incompleteAfter is the column incomplete of an image after a scan: kinds that
// the scan did not look for keep what they had.
func incompleteAfter(ctx context.Context, tx bun.Tx, rep *landwaiter.Report) (string, error) {
	var old string
	if err := tx.NewRaw("SELECT incomplete FROM image WHERE id = ?", rep.ID).Scan(ctx, &old); err != nil {
		return "", err
	}
	all := reasons{}
	if err := json.Unmarshal([]byte(old), &all); err != nil {
		return "", err
	}
	for _, kind := range rep.Kinds.Kinds() {
		delete(all, kind)
		if why := rep.Verdict(kind).Reason(); why != "" {
			all[kind] = why
		}
	}
	out, err := json.Marshal(all)
	return clean(string(out)), err
}

// addVerdicts says of a page of images which kinds were not looked at wholly:
// by their last scans, and by the advisories that there are now.
func (s *DB) addVerdicts(ctx context.Context, ids []string, byID map[string]*ImageSummary) error {
	var rows []struct {
		ImageID, Ecosystem, Type string
		Owned                    bool
		N                        int
	}
	const query = `
		SELECT p.image_id, k.ecosystem, k.type, p.owner <> '' AS owned, COUNT(*) AS n
		FROM image_package AS p JOIN package AS k ON k.id = p.package_id
		WHERE p.image_id IN (?) GROUP BY p.image_id, k.ecosystem, k.type, p.owner <> ''`
	if err := s.r.NewRaw(query, bun.List(ids)).Scan(ctx, &rows); err != nil {
		return err
	}
	tallies, ecosystems := map[string]*tally{}, map[string]bool{}
	for _, r := range rows {
		if tallies[r.ImageID] == nil {
			tallies[r.ImageID] = newTally()
		}
		tallies[r.ImageID].add(r.Ecosystem, r.Type, r.Owned, r.N)
		if r.Ecosystem != "" {
			ecosystems[r.Ecosystem] = true
		}
	}
	present, err := s.ecosystems(ctx, slices.Sorted(maps.Keys(ecosystems)))
	if err != nil {
		return err
	}
	for id, img := range byID {
		img.Unchecked = landwaiter.ScanAll &^ img.Kinds
		if t := tallies[id]; t != nil && img.Kinds.Has(landwaiter.ScanVul) {
			img.addVerdict(t, present)
		}
	}
	return nil
}

// addVerdict adds what the advisories say of the packages.
func (s *ImageSummary) addVerdict(t *tally, present map[string]bool) {
	rep := landwaiter.Report{Kinds: landwaiter.ScanVul, Coverage: t.coverage(present)}
	v := rep.Verdict(landwaiter.ScanVul)
	if !v.Complete && s.Incomplete[landwaiter.ScanVul] == "" {
		s.Incomplete[landwaiter.ScanVul] = v.Reason()
	}
	if s.VulnTotal() == 0 && (!v.Checked || len(t.ecosystems) == 0 && len(t.others) > 0) {
		s.Unchecked |= landwaiter.ScanVul
	}
}
