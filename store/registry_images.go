package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// RegistryImages is the registry view of the inventory: one numbered row for
// each tag or digest at which a registry holds an image.
//
// An image gets its number from AssignNumbers once, and keeps it.
type RegistryImages struct{ db *DB }

// RegistryImages gives access to the registry view of the inventory.
func (s *DB) RegistryImages() RegistryImages { return RegistryImages{s} }

// RegistryImage is an image at a place in a registry.
type RegistryImage struct {
	ImageSummary
	Number     int64 // what callers name it by; another image under the same tag has another
	Registry   string
	Kind       string // of the registry; DefaultRegistryKind when it was added without one
	Address    string // "registry.example.com/shop/web", without the tag
	Namespace  string // "shop"; "" when the path has one element
	Repository string // "web"
	Tag        string
	Digest     string // of the manifest
	Latest     bool   // the newest of its repository
	Running    bool   // some container that runs was made from the image
	Gone       bool   // it was there once
}

type registryImageRow struct {
	summaryRow
	Number       int64
	Source       string
	RegistryType string
	Locator      string
	Namespace    string
	Repository   string
	Tag          string
	Digest       string
	Latest       bool
	Running      bool
	Gone         bool
}

func (r registryImageRow) image(sum ImageSummary) RegistryImage {
	address, _, _, _ := splitLocator(r.Locator)
	return RegistryImage{
		ImageSummary: sum, Number: r.Number, Registry: r.Source, Kind: r.RegistryType, Address: address,
		Namespace: r.Namespace, Repository: r.Repository, Tag: r.Tag, Digest: r.Digest, Latest: r.Latest, Running: r.Running,
		Gone: r.Gone,
	}
}

const registryImageFrom = `
	image_place AS g JOIN source AS r ON r.name = g.source JOIN image AS i ON i.id = g.image_id`

// registryImageColumns are those of registryImageRow.
var registryImageColumns = cond(`
	?, g.number, g.source, g.locator, g.namespace, g.repository, g.tag, g.gone, i.manifest_digest AS digest,
	COALESCE(NULLIF(r.registry_type, ''), ?) AS registry_type, ? AS latest, ? AS running`,
	summaryColumns, DefaultRegistryKind, cond(latestSQL), cond(runningSQL))

var registryImageListing = listing{
	filters: registryImageFilters,
	orders: map[OrderBy]string{
		OrderByContainers: containersSQL,
		OrderByPackages:   "i.component_cnt",
		OrderByCreated:    "g.created",
		OrderBySize:       "i.size",
		OrderByScanTime:   "i.scan_time",
		OrderBySecrets:    secretsSQL,
	},
	usual: "g.created DESC, g.number DESC",
	tie:   "g.number",
}

// List returns a page of the images that registries have now, the newest first,
// and how many match in all; latest leaves only the newest of each repository,
// running only those that a container runs. Filters: ByName, ByText (address or
// ID), ByAddress, ByTag, ByNamespace, ByID, ByDigest, ByNumber, ByRegistry,
// ByRegistryNumber, ByKind, ByScanState, BySecurity, BySeverity, ByAuthorized,
// ByRunning, ByLatest. Orders: OrderByContainers, OrderByPackages,
// OrderByCreated, OrderBySize, OrderByScanTime, OrderBySecrets.
func (s RegistryImages) List(ctx context.Context, p Page, latest, running bool) ([]RegistryImage, int, error) {
	c, order, err := registryImageListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	if err := s.AssignNumbers(ctx); err != nil {
		return nil, 0, err
	}
	c = and(cond(inRegistry), c)
	if latest {
		c = and(c, cond(latestSQL))
	}
	if running {
		c = and(c, cond(runningSQL))
	}
	total, err := s.db.count(ctx, registryImageFrom, c)
	if err != nil || total == 0 {
		return nil, total, err
	}
	list, err := s.db.registryImages(ctx, c, order, p.Limit, p.Offset)
	return list, total, err
}

func (s *DB) registryImages(ctx context.Context, c, order where, limit, offset int) ([]RegistryImage, error) {
	// First the numbers of the page, then its columns: in one query SQLite would
	// compute the counts and comparisons for every row that it sorts.
	var page []int64
	err := s.r.NewRaw("SELECT g.number FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?",
		cond(registryImageFrom), c, order, limit, offset).Scan(ctx, &page)
	if err != nil {
		return nil, err
	}
	var rows []registryImageRow
	for _, part := range chunks(page, insertChunk) {
		var some []registryImageRow
		err := s.r.NewRaw("SELECT ? FROM ? WHERE g.number > 0 AND g.number IN (?) ORDER BY ?",
			registryImageColumns, cond(registryImageFrom), bun.List(part), order).Scan(ctx, &some)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	byID := map[string]*ImageSummary{}
	var ids []string
	for _, r := range rows {
		if byID[r.ID] == nil {
			sum := r.summary()
			byID[r.ID] = &sum
			ids = append(ids, r.ID)
		}
	}
	for _, part := range chunks(ids, insertChunk) {
		if err := s.addCounts(ctx, part, byID); err != nil {
			return nil, err
		}
	}
	out := make([]RegistryImage, len(rows))
	for i, r := range rows {
		out[i] = r.image(*byID[r.ID])
	}
	return out, nil
}

// Get returns an image by its number, even if it has vanished since.
// NotFound when there is none.
func (s RegistryImages) Get(ctx context.Context, number int64) (RegistryImage, error) {
	return s.db.oneRegistryImage(ctx, cond("g.number = ? AND g.number > 0", number),
		landwaiter.Errorf(landwaiter.NotFound, "no image in a registry has the number %d", number))
}

// Of returns an image by its image ID, at one of the places where a registry has
// it, or had it. NotFound when none had.
func (s RegistryImages) Of(ctx context.Context, imageID string) (RegistryImage, error) {
	return s.db.oneRegistryImage(ctx, cond("g.image_id = ? AND g.number > 0", clean(imageID)),
		landwaiter.Errorf(landwaiter.NotFound, "no registry has the image %s", clean(imageID)))
}

// Find returns the image that is where ref says, or was there last. NotFound when
// there is none.
func (s RegistryImages) Find(ctx context.Context, ref RegistryRef) (RegistryImage, error) {
	return s.db.oneRegistryImage(ctx, and(refsWhere([]RegistryRef{ref}), cond("g.number > 0")), noRegistryImage(ref))
}

func (s *DB) oneRegistryImage(ctx context.Context, c where, none error) (RegistryImage, error) {
	if err := s.RegistryImages().AssignNumbers(ctx); err != nil {
		return RegistryImage{}, err
	}
	list, err := s.registryImages(ctx, c, cond("g.gone, g.number DESC"), 1, 0)
	if err == nil && len(list) == 0 {
		err = none
	}
	if err != nil {
		return RegistryImage{}, err
	}
	return list[0], nil
}

// Check is NotFound when a selection names an image that no registry has.
func (s RegistryImages) Check(ctx context.Context, r RegistrySelection) error {
	if err := s.AssignNumbers(ctx); err != nil {
		return err
	}
	for _, part := range chunks(r.Numbers, insertChunk) {
		var known []int64
		const query = "SELECT number FROM image_place WHERE number IN (?) AND number > 0 AND gone = FALSE"
		err := s.db.r.NewRaw(query, bun.List(part)).Scan(ctx, &known)
		if err != nil {
			return err
		}
		have := map[int64]bool{}
		for _, n := range known {
			have[n] = true
		}
		for _, n := range part {
			if !have[n] {
				return landwaiter.Errorf(landwaiter.NotFound, "no registry has an image with the number %d now", n)
			}
		}
	}
	for _, part := range chunks(r.Images, insertChunk) {
		var found []RegistryRef
		const query = `
			SELECT r.name AS registry, g.namespace, g.repository, g.tag, i.manifest_digest AS digest
			FROM ? WHERE ? AND ?`
		err := s.db.r.NewRaw(query, cond(registryImageFrom), cond(inRegistry), refsWhere(part)).Scan(ctx, &found)
		if err != nil {
			return err
		}
		have := map[RegistryRef]bool{}
		for _, ref := range found {
			have[ref] = true
			ref.Digest = ""
			have[ref] = true
		}
		for _, ref := range part {
			if !have[ref] {
				return noRegistryImage(ref)
			}
		}
	}
	return nil
}

func noRegistryImage(ref RegistryRef) error {
	return landwaiter.Errorf(landwaiter.NotFound,
		"the registry %q has no image %q in namespace %q with the tag %q and the digest %q",
		clean(ref.Registry), clean(ref.Repository), clean(ref.Namespace), clean(ref.Tag), clean(ref.Digest))
}

// Pick returns the image IDs that a selection picks now.
func (s RegistryImages) Pick(ctx context.Context, r RegistrySelection) ([]string, error) {
	c, err := r.where()
	if err != nil {
		return nil, err
	}
	if err := s.AssignNumbers(ctx); err != nil {
		return nil, err
	}
	var ids []string
	const query = "SELECT DISTINCT g.image_id FROM ? WHERE ? AND ? ORDER BY g.image_id"
	err = s.db.r.NewRaw(query, cond(registryImageFrom), cond(inRegistry), c).Scan(ctx, &ids)
	return ids, err
}

// Namespace is a namespace of one registry or more.
type Namespace struct {
	Name         string
	Repositories int
	Images       int // places: an image with two tags counts twice
	Risky        int // of Images, those with findings
}

var namespaceFilters = filters{ByNamespace: registryImageFilters[ByNamespace], ByKind: registryImageFilters[ByKind]}

// Namespaces returns a page of the namespaces that images of registries are in,
// by name, and how many match in all. Filters: ByNamespace, ByKind. No orders.
func (s RegistryImages) Namespaces(ctx context.Context, p Page) ([]Namespace, int, error) {
	c, order, err := listing{filters: namespaceFilters, usual: "g.namespace"}.query(p)
	if err != nil {
		return nil, 0, err
	}
	if err := s.AssignNumbers(ctx); err != nil {
		return nil, 0, err
	}
	c = and(cond(inRegistry), cond("g.namespace <> ''"), c)
	var total int
	err = s.db.r.NewRaw("SELECT COUNT(DISTINCT g.namespace) FROM ? WHERE ?", cond(registryImageFrom), c).Scan(ctx, &total)
	if err != nil || total == 0 {
		return nil, total, err
	}
	risks := []where{imageSecurity[HasVulnerability], imageSecurity[HasMalware], imageSecurity[HasRisk]}
	var out []Namespace
	const query = `
		SELECT g.namespace AS name, COUNT(DISTINCT r.name || '/' || g.repository) AS repositories,
			COUNT(*) AS images, COUNT(CASE WHEN ? THEN 1 END) AS risky
		FROM ? WHERE ? GROUP BY g.namespace ORDER BY ? LIMIT ? OFFSET ?`
	err = s.db.r.NewRaw(query, or(risks), cond(registryImageFrom), c, order, p.Limit, p.Offset).Scan(ctx, &out)
	return out, total, err
}
