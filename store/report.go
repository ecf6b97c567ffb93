package store

import (
	"context"
	"encoding/json"
	"math"

	"github.com/landwaiter/landwaiter"
)

// Get returns what is known of an image: the last finished scan's facts
// joined with today's advisories. NotFound when the image is unknown, or was
// never scanned.
func (s Reports) Get(ctx context.Context, imageID string, analysers []landwaiter.Analyser) (*landwaiter.Report, error) {
	img, err := s.db.Images().Get(ctx, imageID)
	if err != nil {
		return nil, err
	}
	rep := &landwaiter.Report{Image: img}
	var row struct {
		Distro    string
		ScanTime  int64
		ScanKinds uint8
		Unread    string
	}
	const query = "SELECT distro, scan_time, scan_kinds, unread FROM image WHERE id = ?"
	if err := s.db.r.NewRaw(query, imageID).Scan(ctx, &row); err != nil {
		return nil, err
	}
	if row.ScanTime == 0 {
		return nil, landwaiter.Errorf(landwaiter.NotFound, "image %s was not scanned yet", imageID)
	}
	if rep.Base, err = s.db.Images().Base(ctx, img); err != nil {
		return nil, err
	}
	rep.ScanTime, rep.Kinds = fromMillis(row.ScanTime), landwaiter.ScanKind(row.ScanKinds)
	if err := json.Unmarshal([]byte(row.Distro), &rep.Distro); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(row.Unread), &rep.Coverage); err != nil {
		return nil, err
	}
	components, _, err := s.db.Findings().Components(ctx, rep.ID, everything)
	if err != nil {
		return nil, err
	}
	for _, c := range components {
		rep.Packages = append(rep.Packages, landwaiter.ImagePackage{Package: c.Package, Layer: c.Layer})
	}
	stored, err := s.db.coverage(ctx, rep, analysers)
	if err != nil {
		return nil, err
	}
	rep.Coverage = append(append(rep.Coverage, stored...), landwaiter.Limits(analysers, rep.Kinds)...)
	return rep, s.AddFindings(ctx, rep)
}

var everything = Page{Limit: math.MaxInt32}

// AddFindings gives the report of a scan that was committed the findings of
// all kinds that the store has of the image today, and says in its coverage
// which packages there are no advisories for. With what the scan found
// itself this is what Get returns, without reading all packages back.
func (s Reports) AddFindings(ctx context.Context, rep *landwaiter.Report) error {
	rep.Vulnerabilities, rep.Malware, rep.Risks = nil, nil, nil
	var vulns []vulnRow
	err := s.db.r.NewRaw("SELECT ? FROM ? WHERE ? ORDER BY ?", cond(vulnColumns), cond(vulnFrom, rep.ID),
		unsuppressed("p.image_id"), cond(vulnOrder)).Scan(ctx, &vulns)
	if err != nil {
		return err
	}
	for _, v := range vulns {
		rep.Vulnerabilities = append(rep.Vulnerabilities, v.vulnerability(rep.Layers))
	}
	if rep.Suppressed, err = s.db.suppressedOf(ctx, rep.ID, rep.Layers); err != nil {
		return err
	}
	malware, _, err := s.db.Findings().Malware(ctx, rep.ID, everything)
	if err != nil {
		return err
	}
	for _, m := range malware {
		rep.Malware = append(rep.Malware, m.Malware)
	}
	risks, _, err := s.db.Findings().Risks(ctx, rep.ID, everything)
	if err != nil {
		return err
	}
	for _, r := range risks {
		rep.Risks = append(rep.Risks, r.Risk)
	}
	if !rep.Kinds.Has(landwaiter.ScanVul) {
		return nil
	}
	return s.db.compareImage(ctx, rep)
}

// coverage lists what the current analysers could look at in the layers, but
// for those that this image's scan could not read.
func (s *DB) coverage(
	ctx context.Context, rep *landwaiter.Report, analysers []landwaiter.Analyser,
) ([]landwaiter.Coverage, error) {
	var rows []struct{ DiffID, Analyser, Version, State, Reason string }
	const query = `
		SELECT l.diff_id, a.analyser, a.version, a.state, a.reason
		FROM image_layer AS l JOIN layer_analysis AS a ON a.diff_id = l.diff_id
		WHERE l.image_id = ? ORDER BY l.idx, a.analyser`
	err := s.r.NewRaw(query, rep.ID).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	current := map[string]string{}
	for _, a := range analysers {
		if rep.Kinds&a.Kind != 0 {
			current[a.Name] = a.Version
		}
	}
	unread := map[string]bool{}
	for _, c := range rep.Coverage {
		unread[c.Layer+c.Analyser] = true
	}
	var out []landwaiter.Coverage
	for _, r := range rows {
		if unread[r.DiffID+r.Analyser] {
			continue
		}
		if v, ok := current[r.Analyser]; ok && v == r.Version {
			out = append(out, landwaiter.Coverage{
				Layer: r.DiffID, Analyser: r.Analyser, State: landwaiter.CoverageState(r.State), Reason: r.Reason,
			})
		}
	}
	return out, nil
}
