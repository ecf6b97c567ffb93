package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Page says which rows of a list are wanted. Limit 0 means none at all: the
// caller sets the default.
type Page struct {
	Filters []landwaiter.Filter
	By      OrderBy // "" means the order that is usual for the list
	Desc    bool    // turns By round; the usual order has its own direction
	Limit   int
	Offset  int
}

// ImageSummary is a row of the image list.
type ImageSummary struct {
	ID         string
	Names      []string
	Created    time.Time
	Size       int64
	Distro     string // "debian:12"
	State      landwaiter.ScanState
	Reason     string
	ScanTime   time.Time
	Kinds      landwaiter.ScanKind // kinds that have a report
	Authorized bool
	Trusted    bool
	Components int
	Vulns      [5]int // by severity
	Fixable    bool   // a critical vulnerability can be fixed
	Viruses    int
	Risks      int // dangerous configuration
	Sensitive  int // secrets
	Hosts      int // hosts whose engine holds it
	Containers int // made from it, running or not
	// Incomplete says, by kind, why the verdict is not complete; complete ones
	// have no entry.
	Incomplete map[landwaiter.ScanKind]string
	Unchecked  landwaiter.ScanKind // kinds that nothing was looked at for: their counts mean nothing
}

// VulnTotal is the number of vulnerabilities of all severities.
func (s ImageSummary) VulnTotal() int {
	n := 0
	for _, c := range s.Vulns {
		n += c
	}
	return n
}

// The counts of an image i.
const (
	hostsSQL = `
		(
			SELECT COUNT(DISTINCT h.id) FROM image_place AS l JOIN host AS h ON h.source = l.source
			WHERE l.image_id = i.id AND NOT l.gone)`
	containersSQL = "(SELECT COUNT(*) FROM container AS c WHERE c.image_id = i.id)"
)

// summaryColumns are those of summaryRow.
var summaryColumns = cond(`
	i.id, i.created, i.size, i.distro_name, i.scan_reason, i.scan_time, i.scan_kinds, i.authorized, i.trusted,
	i.component_cnt, i.incomplete, ? AS state, ? AS hosts, ? AS containers`, cond(stateSQL), cond(hostsSQL),
	cond(containersSQL))

// secretsSQL counts the secrets of an image i; 3 is the class of secrets, see
// riskClasses.
const secretsSQL = "(SELECT COUNT(*) FROM image_risk AS k WHERE k.image_id = i.id AND k.behavior = 3)"

var imageListing = listing{
	filters: imageFilters,
	orders: map[OrderBy]string{
		OrderByHosts:      hostsSQL,
		OrderByContainers: containersSQL,
		OrderByCreated:    "i.created",
		OrderByPackages:   "i.component_cnt",
		OrderBySecrets:    secretsSQL,
	},
	usual: "i.created DESC, i.id",
	tie:   "i.id",
}

// List returns a page of the images, the newest first, and how many match in
// all. Filters: ByName, ByID, ByText (name or ID), ByScanState, BySecurity,
// ByAuthorized, ByRegistrySelection. Orders: OrderByHosts, OrderByContainers,
// OrderByCreated, OrderByPackages, OrderBySecrets.
func (s Images) List(ctx context.Context, p Page) ([]ImageSummary, int, error) {
	c, order, err := imageListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.db.count(ctx, "image AS i", c)
	if err != nil || total == 0 {
		return nil, total, err
	}
	var rows []summaryRow
	err = s.db.r.NewRaw("SELECT ? FROM image AS i WHERE ? ORDER BY ? LIMIT ? OFFSET ?",
		summaryColumns, c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	if err != nil {
		return nil, 0, err
	}
	out := make([]ImageSummary, len(rows))
	byID := make(map[string]*ImageSummary, len(rows))
	ids := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.summary()
		byID[r.ID], ids[i] = &out[i], r.ID
	}
	return out, total, s.db.addCounts(ctx, ids, byID)
}

// Summary returns the summary of one image. NotFound when unknown.
func (s Images) Summary(ctx context.Context, id string) (ImageSummary, error) {
	list, _, err := s.List(ctx, Page{
		Limit: 1, Filters: []landwaiter.Filter{{By: ByID, Values: []string{id}, Exact: true}},
	})
	if err != nil {
		return ImageSummary{}, err
	}
	if len(list) == 0 {
		return ImageSummary{}, landwaiter.Errorf(landwaiter.NotFound, "no image %s is known", clean(id))
	}
	return list[0], nil
}

type summaryRow struct {
	ID           string
	Created      int64
	Size         int64
	DistroName   string
	State        string
	ScanReason   string
	ScanTime     int64
	ScanKinds    uint8
	Authorized   bool
	Trusted      bool
	ComponentCnt int
	Incomplete   reasons
	Hosts        int
	Containers   int
}

func (r summaryRow) summary() ImageSummary {
	return ImageSummary{
		ID: r.ID, Created: fromMillis(r.Created), Size: r.Size, Distro: r.DistroName,
		State: landwaiter.ScanState(r.State), Reason: r.ScanReason, ScanTime: fromMillis(r.ScanTime),
		Kinds: landwaiter.ScanKind(r.ScanKinds), Authorized: r.Authorized, Trusted: r.Trusted, Components: r.ComponentCnt,
		Hosts: r.Hosts, Containers: r.Containers, Incomplete: r.Incomplete,
	}
}

// addCounts fills names and finding counts for a page of images.
func (s *DB) addCounts(ctx context.Context, ids []string, byID map[string]*ImageSummary) error {
	if len(ids) == 0 {
		return nil
	}
	var nameRows []imageNameRow
	if err := s.r.NewSelect().Model(&nameRows).Where("image_id IN (?)", bun.List(ids)).Order("name").
		Scan(ctx); err != nil {
		return err
	}
	for _, n := range nameRows {
		byID[n.ImageID].Names = append(byID[n.ImageID].Names, n.Name)
	}
	var counts []struct {
		ImageID string
		Kind    string
		Grade   int
		N       int
		Fixable int
	}
	const query = `
		SELECT p.image_id, 'vul' AS kind, v.severity AS grade, COUNT(*) AS n,
			SUM(CASE WHEN v.severity = 4 AND v.fixed <> '' THEN 1 ELSE 0 END) AS fixable
		FROM (SELECT DISTINCT image_id, package_id FROM image_package WHERE image_id IN (?0)) AS p
			JOIN package_vulnerability AS v ON v.package_id = p.package_id
		WHERE ?1 GROUP BY p.image_id, v.severity
		UNION ALL
		SELECT image_id, 'virus', 0, COUNT(*), 0 FROM image_malware WHERE image_id IN (?0)
		GROUP BY image_id
		UNION ALL
		SELECT p.image_id, 'virus', 0, COUNT(*), 0
		FROM (SELECT DISTINCT image_id, package_id FROM image_package WHERE image_id IN (?0)) AS p
			JOIN package_malware AS m ON m.package_id = p.package_id
		GROUP BY p.image_id
		UNION ALL
		SELECT image_id, 'risk', CASE WHEN behavior = 3 THEN 1 ELSE 0 END, COUNT(*), 0
		FROM image_risk WHERE image_id IN (?0)
		GROUP BY image_id, CASE WHEN behavior = 3 THEN 1 ELSE 0 END`
	err := s.r.NewRaw(query, bun.List(ids), unsuppressed("p.image_id")).Scan(ctx, &counts)
	if err != nil {
		return err
	}
	for _, c := range counts {
		img := byID[c.ImageID]
		switch {
		case c.Kind == "vul":
			img.Vulns[c.Grade] += c.N
			img.Fixable = img.Fixable || c.Fixable > 0
		case c.Kind == "virus":
			img.Viruses += c.N
		case c.Grade == 1:
			img.Sensitive += c.N
		default:
			img.Risks += c.N
		}
	}
	return s.addVerdicts(ctx, ids, byID)
}

// count counts the rows of a FROM clause under a condition.
func (s *DB) count(ctx context.Context, from string, c where) (int, error) {
	var n int
	err := s.r.NewRaw("SELECT COUNT(*) FROM ? WHERE ?", cond(from), c).Scan(ctx, &n)
	return n, err
}
