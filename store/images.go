package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Images is the inventory: images by their config digest, the names and places
// where sources found them, and what is known of each.
//
// After Put returns, the image can be scanned, and is chosen by the selections
// that match it. An image that no source has any more keeps its findings and is
// marked gone. Facts about packages and findings are not written here: see
// [Reports].
type Images struct{ db *DB }

// Images gives access to the inventory of images.
func (s *DB) Images() Images { return Images{s} }

type imageRow struct {
	bun.BaseModel  `bun:"table:image,alias:image"`
	ID             string `bun:",pk"`
	ManifestDigest string
	RepoDigests    string
	Created        int64
	Size           int64
	OS             string `bun:"os"`
	Architecture   string
	Variant        string
	Author         string
	Config         string
	ChainID        string
	FirstSeen      int64
	Authorized     bool
	AwaitsRule     bool
}

type imageNameRow struct {
	bun.BaseModel `bun:"table:image_name,alias:image_name"`
	ImageID       string
	Name          string
	Source        string
	SeenAt        int64
}

type imageLayerRow struct {
	bun.BaseModel `bun:"table:image_layer,alias:image_layer"`
	ImageID       string
	Idx           int
	DiffID        string
	Digest        string
	MediaType     string
	Size          int64
}

// Place says where an image was seen: a source, and what that source's Open
// understands.
type Place struct {
	Source  string
	Locator string
	// Digest is what the locator means there now; "" when the locator itself
	// names content, or when it is not known.
	Digest string
}

// Put stores what a source says of an image, and where it was seen
// unless place is the zero value. Names are added to those known; content
// never changes, since the ID is its digest. An image that is new is
// authorized, or waits for the AutoRule when that is enabled.
func (s Images) Put(ctx context.Context, img landwaiter.Image, place Place) error {
	config, err := json.Marshal(img.Config)
	if err != nil {
		return err
	}
	digests, err := json.Marshal(nonNil(img.RepoDigests))
	if err != nil {
		return err
	}
	rule, err := enabledAutoRule(ctx, s.db.r)
	if err != nil {
		return err
	}
	row := imageRow{
		ID: img.ID, ManifestDigest: img.ManifestDigest, RepoDigests: clean(string(digests)),
		Created: millis(img.Created), Size: img.Size, OS: clean(img.OS), Architecture: clean(img.Architecture),
		Variant: clean(img.Variant), Author: clean(img.Author), Config: clean(string(config)),
		ChainID: last(landwaiter.ChainIDs(img.Layers)), FirstSeen: s.db.now(),
		Authorized: !rule.Enabled, AwaitsRule: rule.Enabled,
	}
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		// A docker-archive has no manifest: keep the digest that another source knows.
		_, err := tx.NewInsert().Model(&row).
			On("CONFLICT (id) DO UPDATE").
			Set("chain_id = excluded.chain_id").
			Set("manifest_digest = COALESCE(NULLIF(excluded.manifest_digest, ''), image.manifest_digest)").
			Set("repo_digests = COALESCE(NULLIF(excluded.repo_digests, '[]'), image.repo_digests)").
			Returning("awaits_rule").Exec(ctx)
		if err != nil {
			return err
		}
		if err := putNames(ctx, tx, img.ID, img.Names, place.Source, s.db.now()); err != nil {
			return err
		}
		if err := insert(ctx, tx, layerRows(img), func(q *bun.InsertQuery) *bun.InsertQuery {
			return q.On("CONFLICT (image_id, idx) DO UPDATE").
				Set("digest = CASE WHEN excluded.digest <> '' THEN excluded.digest ELSE image_layer.digest END")
		}); err != nil {
			return err
		}
		if place == (Place{}) {
			return nil
		}
		const query = `
			INSERT INTO image_place (source, locator, image_id, seen_at, digest)
			VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (source, locator, image_id) DO UPDATE
			SET seen_at = excluded.seen_at, gone = FALSE, digest = excluded.digest`
		_, err = tx.NewRaw(query, place.Source, clean(place.Locator), img.ID, s.db.now(), place.Digest).Exec(ctx)
		return err
	})
	if err != nil || !row.AwaitsRule {
		return err
	}
	return s.db.decide(ctx, cond("i.id = ?", img.ID))
}

// TouchPlace records that a place was seen again with the same content, and under
// these names. It reports false when the place is not known, or known with other
// content: the caller must read the image then.
func (s Images) TouchPlace(ctx context.Context, place Place, names []string) (known bool, err error) {
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		var ids []string
		const query = `
			UPDATE image_place SET seen_at = ?, gone = FALSE
			WHERE source = ? AND locator = ? AND digest = ?
			RETURNING image_id`
		err := tx.NewRaw(query, s.db.now(), place.Source, clean(place.Locator), place.Digest).Scan(ctx, &ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		known = true
		return putNames(ctx, tx, ids[0], names, place.Source, s.db.now())
	})
	return known, err
}

// At returns the image IDs of a source by locator.
func (s Images) At(ctx context.Context, source string) (map[string]string, error) {
	var rows []struct{ Locator, ImageID string }
	const query = "SELECT locator, image_id FROM image_place WHERE source = ? AND NOT gone"
	err := s.db.r.NewRaw(query, source).Scan(ctx, &rows)
	byLocator := make(map[string]string, len(rows))
	for _, r := range rows {
		byLocator[r.Locator] = r.ImageID
	}
	return byLocator, err
}

// putNames adds the names that a source has for an image now.
func putNames(ctx context.Context, tx bun.Tx, imageID string, names []string, source string, at int64) error {
	rows := make([]imageNameRow, 0, len(names))
	seen := map[string]bool{}
	for _, n := range names {
		if n = clean(n); !seen[n] {
			seen[n] = true
			rows = append(rows, imageNameRow{ImageID: imageID, Name: n, Source: source, SeenAt: at})
		}
	}
	return insert(ctx, tx, rows, func(q *bun.InsertQuery) *bun.InsertQuery {
		return q.On("CONFLICT (image_id, name) DO UPDATE").Set("source = excluded.source").Set("seen_at = excluded.seen_at")
	})
}

func layerRows(img landwaiter.Image) []imageLayerRow {
	rows := make([]imageLayerRow, len(img.Layers))
	for i, l := range img.Layers {
		rows[i] = imageLayerRow{
			ImageID: img.ID, Idx: i, DiffID: l.DiffID, Digest: l.Digest, MediaType: clean(l.MediaType), Size: l.Size,
		}
	}
	return rows
}

// last returns the last element, "" of an empty list.
func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Get returns an image as its sources describe it. NotFound when unknown.
func (s Images) Get(ctx context.Context, id string) (landwaiter.Image, error) {
	var row imageRow
	err := s.db.r.NewSelect().Model(&row).Where("id = ?", clean(id)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return landwaiter.Image{}, landwaiter.Errorf(landwaiter.NotFound, "no image %s is known", clean(id))
	}
	if err != nil {
		return landwaiter.Image{}, err
	}
	img := landwaiter.Image{
		ID: row.ID, ManifestDigest: row.ManifestDigest, Created: fromMillis(row.Created), Size: row.Size,
		OS: row.OS, Architecture: row.Architecture, Variant: row.Variant, Author: row.Author,
	}
	if err := json.Unmarshal([]byte(row.Config), &img.Config); err != nil {
		return img, err
	}
	if err := json.Unmarshal([]byte(row.RepoDigests), &img.RepoDigests); err != nil {
		return img, err
	}
	if err := s.db.r.NewRaw("SELECT name FROM image_name WHERE image_id = ? ORDER BY name", id).
		Scan(ctx, &img.Names); err != nil {
		return img, err
	}
	var layers []imageLayerRow
	if err := s.db.r.NewSelect().Model(&layers).Where("image_id = ?", id).Order("idx").Scan(ctx); err != nil {
		return img, err
	}
	for _, l := range layers {
		img.Layers = append(img.Layers, landwaiter.LayerRef{
			DiffID: l.DiffID, Digest: l.Digest, MediaType: l.MediaType, Size: l.Size,
		})
	}
	return img, nil
}

// Check is NotFound when no image has the ID.
func (s Images) Check(ctx context.Context, id string) error {
	n, err := s.db.count(ctx, "image AS i", cond("i.id = ?", clean(id)))
	if err == nil && n == 0 {
		err = landwaiter.Errorf(landwaiter.NotFound, "no image %s is known", clean(id))
	}
	return err
}

// Find returns the IDs of the images with this ID, name, ID prefix
// ("sha256:" may be left out; at least six digits), or name without its tag,
// which is "latest" then; the first that there are.
func (s Images) Find(ctx context.Context, text string) ([]string, error) {
	text = clean(text)
	var ids []string
	const byName = "SELECT image_id FROM image_name WHERE name = ? UNION SELECT id FROM image WHERE id = ? LIMIT 10"
	err := s.db.r.NewRaw(byName, text, text).Scan(ctx, &ids)
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	if hex := trimSHA(text); len(hex) >= 6 && isHex(hex) {
		prefix := "sha256:" + hex
		err = s.db.r.NewRaw("SELECT id FROM image WHERE id >= ? AND id < ? LIMIT 10", prefix, prefix+"g").Scan(ctx, &ids)
		if err != nil || len(ids) > 0 {
			return ids, err
		}
	}
	const untagged = "SELECT DISTINCT image_id FROM image_name WHERE name = ? LIMIT 10"
	err = s.db.r.NewRaw(untagged, text+":latest").Scan(ctx, &ids)
	return ids, err
}

func trimSHA(s string) string {
	if len(s) > 7 && s[:7] == "sha256:" {
		return s[7:]
	}
	return s
}

func isHex(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Places lists where an image can be read now, newest first.
func (s Images) Places(ctx context.Context, imageID string) ([]Place, error) {
	var places []Place
	const query = `
		SELECT source, locator FROM image_place WHERE image_id = ? AND NOT gone
		ORDER BY seen_at DESC, source, locator`
	err := s.db.r.NewRaw(query, imageID).Scan(ctx, &places)
	return places, err
}
