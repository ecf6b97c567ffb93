package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Reports stores what a scan found in an image, and gives it back.
//
// After Commit returns, the report has replaced the one before it, in one
// transaction; until then readers see the old one. Kinds that the scan did not
// look for keep their findings.
type Reports struct{ db *DB }

// Reports gives access to the reports of images.
func (s *DB) Reports() Reports { return Reports{s} }

type imagePackageRow struct {
	bun.BaseModel `bun:"table:image_package,alias:image_package"`
	ImageID       string
	PackageID     int64
	Path          string
	LayerIdx      int
	Dev           bool
	Owner         string
}

type malwareRow struct {
	bun.BaseModel `bun:"table:image_malware,alias:image_malware"`
	ImageID       string
	Path          string
	Name          string
	LayerIdx      int
	Engine        string
	Severity      int
	Sha256        string
	Md5           string
	Size          int64
	State         string
	FirstSeen     int64
	LastSeen      int64
}

type riskRow struct {
	bun.BaseModel `bun:"table:image_risk,alias:image_risk"`
	ImageID       string
	N             int
	Rule          string
	Severity      int
	Behavior      int
	Type          int
	Path          string
	Line          int
	Message       string
	Instruction   string
	LayerIdx      int
	State         string
}

// Commit stores the report of a finished scan, in one transaction: until then
// the last good report stays readable. around, if not nil, is called in that
// transaction, and decides whether to write the report, and what else to do; it
// learns whether the image has findings of the kinds that were scanned.
//
// Vulnerabilities are not taken from the report but matched here, for package
// versions that are new to the store. Only rows that changed are written. Kinds
// that the scan did not look for keep their rows. The report's packages become
// those that are stored: each once, in the order of their names, without what
// no database takes, and its coverage says what no advisories exist for.
func (s Reports) Commit(
	ctx context.Context, rep *landwaiter.Report, m Matcher,
	around func(tx TaskTx, write func() (risky bool, err error)) error,
) error {
	pkgs := map[int64]landwaiter.Package{}
	c := committer{rep: rep, layers: layerIndex(rep.Layers), at: s.db.now()}
	if rep.Kinds&(landwaiter.ScanVul|landwaiter.ScanVirus) != 0 {
		c.packages = c.packageRows(pkgs)
	}
	if rep.Kinds.Has(landwaiter.ScanVul) {
		if err := s.db.compareImage(ctx, rep); err != nil {
			return err
		}
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		write := func() (bool, error) {
			if err := s.db.lockMatches(ctx, tx, false); err != nil {
				return false, err
			}
			if err := s.db.addPackages(ctx, tx, pkgs, m); err != nil {
				return false, err
			}
			if err := c.write(ctx, tx); err != nil {
				return false, err
			}
			return hasFindings(ctx, tx, rep.ID, rep.Kinds)
		}
		if around == nil {
			_, err := write()
			return err
		}
		return around(TaskTx{s.db, tx}, write)
	})
}

func layerIndex(layers []landwaiter.LayerRef) map[string]int {
	m := make(map[string]int, len(layers))
	for i := len(layers) - 1; i >= 0; i-- { // the lowest wins when a layer repeats
		m[layers[i].DiffID] = i
	}
	return m
}

type committer struct {
	rep      *landwaiter.Report
	layers   map[string]int
	at       int64
	packages []imagePackageRow
}

func (c *committer) layer(diffID string) int {
	if i, ok := c.layers[diffID]; ok {
		return i
	}
	return -1
}

func (c *committer) packageRows(pkgs map[int64]landwaiter.Package) []imagePackageRow {
	seen := make(map[imagePackageRow]bool, len(c.rep.Packages))
	rows := make([]imagePackageRow, 0, len(c.rep.Packages))
	kept := c.rep.Packages[:0]
	for _, p := range c.rep.Packages {
		p.Package = cleanPackage(p.Package)
		id := packageID(p.Package)
		pkgs[id] = p.Package
		row := imagePackageRow{
			ImageID: c.rep.ID, PackageID: id, Path: p.Path, LayerIdx: c.layer(p.Layer), Dev: p.Dev, Owner: p.Owner,
		}
		key := row
		key.LayerIdx, key.Dev, key.Owner = 0, false, ""
		if !seen[key] {
			seen[key] = true
			rows = append(rows, row)
			kept = append(kept, p)
		}
	}
	slices.SortFunc(kept, func(a, b landwaiter.ImagePackage) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Path, b.Path))
	})
	c.rep.Packages = kept
	return rows
}

func (c *committer) write(ctx context.Context, tx bun.Tx) error {
	kinds := c.rep.Kinds
	if kinds&(landwaiter.ScanVul|landwaiter.ScanVirus) != 0 {
		var old []imagePackageRow
		if err := tx.NewSelect().Model(&old).Where("image_id = ?", c.rep.ID).Scan(ctx); err != nil {
			return err
		}
		if err := replaceDiff(ctx, tx, "image_package", c.rep.ID, old, c.packages); err != nil {
			return err
		}
	}
	if kinds.Has(landwaiter.ScanVirus) {
		if err := c.writeMalware(ctx, tx); err != nil {
			return err
		}
	}
	if kinds.Has(landwaiter.ScanRisk) {
		var old []riskRow
		if err := tx.NewSelect().Model(&old).Where("image_id = ?", c.rep.ID).Scan(ctx); err != nil {
			return err
		}
		if err := replaceDiff(ctx, tx, "image_risk", c.rep.ID, old, c.riskRows()); err != nil {
			return err
		}
	}
	return c.writeImage(ctx, tx)
}

// replaceDiff replaces an image's rows only when they differ: a repeated scan
// of the same image writes nothing.
func replaceDiff[T comparable](ctx context.Context, tx bun.Tx, table, imageID string, old, rows []T) error {
	if len(old) == len(rows) {
		have := make(map[T]bool, len(old))
		for _, r := range old {
			have[r] = true
		}
		same := true
		for _, r := range rows {
			same = same && have[r]
		}
		if same {
			return nil
		}
	}
	if _, err := tx.NewRaw("DELETE FROM ? WHERE image_id = ?", bun.Ident(table), imageID).Exec(ctx); err != nil {
		return err
	}
	return insert(ctx, tx, rows, nil)
}

func (c *committer) writeMalware(ctx context.Context, tx bun.Tx) error {
	var rows []malwareRow
	for _, m := range c.rep.Malware {
		rows = append(rows, malwareRow{
			ImageID: c.rep.ID, Path: clean(m.Path), Name: clean(m.Name), LayerIdx: c.layer(m.Layer), Engine: m.Engine,
			Severity: int(m.Severity), Sha256: m.SHA256, Md5: m.MD5, Size: m.Size, State: string(m.State), FirstSeen: c.at,
			LastSeen: c.at,
		})
	}
	err := insert(ctx, tx, rows, func(q *bun.InsertQuery) *bun.InsertQuery {
		return q.On("CONFLICT (image_id, path, name, layer_idx) DO UPDATE").
			Set("state = excluded.state").Set("last_seen = excluded.last_seen").Set("severity = excluded.severity")
	})
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("DELETE FROM image_malware WHERE image_id = ? AND last_seen < ?", c.rep.ID, c.at).Exec(ctx)
	return err
}

func (c *committer) riskRows() []riskRow {
	rows := make([]riskRow, len(c.rep.Risks))
	for i, k := range c.rep.Risks {
		behavior, kind := riskColumns(k)
		rows[i] = riskRow{
			ImageID: c.rep.ID, N: i, Rule: k.Rule, Severity: int(k.Severity), Behavior: behavior, Type: kind,
			Path: clean(k.Path), Line: k.Line, Message: clean(k.Message), Instruction: clean(k.Instruction),
			LayerIdx: c.layer(k.Layer), State: string(k.State),
		}
	}
	return rows
}

func (c *committer) writeImage(ctx context.Context, tx bun.Tx) error {
	distro, err := json.Marshal(c.rep.Distro)
	if err != nil {
		return err
	}
	unread, err := json.Marshal(c.unread())
	if err != nil {
		return err
	}
	scanned := *c.rep
	scanned.Coverage = slices.DeleteFunc(slices.Clone(c.rep.Coverage), ofAdvisories)
	incomplete, err := incompleteAfter(ctx, tx, &scanned)
	if err != nil {
		return err
	}
	const query = `
		UPDATE image
		SET scan_state = ?, scan_reason = ?, incomplete = ?, scan_time = ?, scan_kinds = scan_kinds | ?, unread = ?,
			scan_engine = ?
		WHERE id = ?`
	_, err = tx.NewRaw(query,
		string(landwaiter.ScanDone), clean(scanned.Shortfall()), incomplete, c.at, int(c.rep.Kinds), clean(string(unread)),
		c.rep.Analysers,
		c.rep.ID).Exec(ctx)
	if err != nil || c.rep.Kinds&(landwaiter.ScanVul|landwaiter.ScanVirus) == 0 {
		return err
	}
	_, err = tx.NewRaw("UPDATE image SET distro = ?, distro_name = ?, component_cnt = ? WHERE id = ?",
		clean(string(distro)), clean(c.rep.Distro.String()), len(c.packages), c.rep.ID).Exec(ctx)
	return err
}

// unread is the coverage that belongs to this image and not to a stored
// layer: nothing is stored of a layer that could not be read to its end and
// verified.
func (c *committer) unread() []landwaiter.Coverage {
	list := []landwaiter.Coverage{}
	for _, v := range c.rep.Coverage {
		if v.State == landwaiter.Failed || v.Analyser == landwaiter.AnalyserConfig || c.rep.Cut[v.Layer] {
			list = append(list, v)
		}
	}
	return list
}

// hasFindings reports whether an image has a finding of the kinds.
func hasFindings(ctx context.Context, tx bun.Tx, imageID string, kinds landwaiter.ScanKind) (bool, error) {
	var found []where
	for _, kind := range findingKinds {
		if kinds.Has(kind) {
			found = append(found, hasFinding(kind))
		}
	}
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM image AS i WHERE i.id = ? AND ?", imageID, or(found)).Scan(ctx, &n)
	return n > 0, err
}
