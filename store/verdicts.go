package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// VerdictChange is a verdict on one package version that was added or removed.
type VerdictChange struct {
	PackageID int64
	Package   landwaiter.Package // without a path
	ID        string             // of the flaw, or of the record of a malicious package
	Aliases   []string           // other IDs of the flaw
	Severity  landwaiter.Severity
	Malware   bool
	Added     bool // else it was removed
}

// verdicts are the rows on some package versions.
type verdicts struct {
	vulns   []vulnerabilityRow
	malware []packageMalwareRow
}

// replaceVerdicts writes the verdicts on package versions where they differ
// from those stored, and calls changed for those added or removed.
func replaceVerdicts(
	ctx context.Context, tx bun.Tx, pkgs map[int64]landwaiter.Package, ids []int64, fresh verdicts,
	changed func(VerdictChange),
) error {
	var old verdicts
	if err := tx.NewSelect().Model(&old.vulns).Where("package_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return err
	}
	if err := tx.NewSelect().Model(&old.malware).Where("package_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return err
	}
	differ := map[int64]bool{}
	differing(differ, old.vulns, fresh.vulns, func(r vulnerabilityRow) int64 { return r.PackageID })
	differing(differ, old.malware, fresh.malware, func(r packageMalwareRow) int64 { return r.PackageID })
	if changed != nil {
		for _, c := range old.changes(fresh, pkgs) {
			changed(c)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	ids = slices.Sorted(maps.Keys(differ))
	for _, table := range []string{"package_vulnerability", "package_malware"} {
		if _, err := tx.NewRaw("DELETE FROM ? WHERE package_id IN (?)", bun.Ident(table), bun.List(ids)).
			Exec(ctx); err != nil {
			return err
		}
	}
	fresh.vulns = slices.DeleteFunc(fresh.vulns, func(r vulnerabilityRow) bool { return !differ[r.PackageID] })
	fresh.malware = slices.DeleteFunc(fresh.malware, func(r packageMalwareRow) bool { return !differ[r.PackageID] })
	if err := insert(ctx, tx, fresh.vulns, doNothing); err != nil {
		return err
	}
	if err := insert(ctx, tx, fresh.malware, doNothing); err != nil {
		return err
	}
	return suppressVerdicts(ctx, tx, pkgs, ids, fresh.vulns)
}

// differing adds what the rows that only one of the lists has are about.
func differing[T, K comparable](into map[K]bool, a, b []T, about func(T) K) {
	count := make(map[T]int, len(a))
	for _, r := range a {
		count[r]++
	}
	for _, r := range b {
		count[r]--
	}
	for r, n := range count {
		if n != 0 {
			into[about(r)] = true
		}
	}
}

// verdictKey is what makes two verdicts the same, whatever their details.
type verdictKey struct {
	packageID int64
	id        string
	malware   bool
}

func (v verdicts) keys() map[verdictKey]VerdictChange {
	out := make(map[verdictKey]VerdictChange, len(v.vulns)+len(v.malware))
	for _, r := range v.vulns {
		out[verdictKey{r.PackageID, r.ID, false}] = VerdictChange{
			PackageID: r.PackageID, ID: r.ID, Aliases: aliasList(r.Aliases), Severity: landwaiter.Severity(r.Severity),
		}
	}
	for _, r := range v.malware {
		out[verdictKey{r.PackageID, r.Name, true}] = VerdictChange{
			PackageID: r.PackageID, ID: r.Name, Severity: landwaiter.Severity(r.Severity), Malware: true,
		}
	}
	return out
}

// changes returns what was added and what was removed between v and fresh.
func (v verdicts) changes(fresh verdicts, pkgs map[int64]landwaiter.Package) []VerdictChange {
	before, after := v.keys(), fresh.keys()
	var out []VerdictChange
	for k, c := range after {
		if _, ok := before[k]; !ok {
			c.Added = true
			out = append(out, c)
		}
	}
	for k, c := range before {
		if _, ok := after[k]; !ok {
			out = append(out, c)
		}
	}
	for i := range out {
		out[i].Package = pkgs[out[i].PackageID]
	}
	return out
}

// ChangedImage is an image whose verdict changed.
type ChangedImage struct {
	ID             string
	Names          []string
	Added, Removed []*VerdictChange // the gravest first
}

// ChangedImages returns the images that hold the package versions of the
// changes, by ID, without those in which a suppression covers all of them.
// Images share the changes, which must stay as they are.
func (s Verdicts) ChangedImages(ctx context.Context, changes []VerdictChange) ([]ChangedImage, error) {
	byPackage := map[int64][]*VerdictChange{}
	for i := range changes {
		byPackage[changes[i].PackageID] = append(byPackage[changes[i].PackageID], &changes[i])
	}
	packages := map[string][]int64{}
	for _, part := range chunks(slices.Sorted(maps.Keys(byPackage)), insertChunk) {
		var rows []struct {
			ImageID   string
			PackageID int64
		}
		const query = "SELECT DISTINCT image_id, package_id FROM image_package WHERE package_id IN (?)"
		err := s.db.r.NewRaw(query, bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			packages[r.ImageID] = append(packages[r.ImageID], r.PackageID)
		}
	}
	filter, err := s.db.changeFilter(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ChangedImage, 0, len(packages))
	for _, part := range chunks(slices.Sorted(maps.Keys(packages)), insertChunk) {
		images, err := s.db.identities(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			img := ChangedImage{ID: id, Names: images[id].Names}
			for _, pkg := range packages[id] {
				img.add(filter(images[id], byPackage[pkg]))
			}
			if len(img.Added)+len(img.Removed) > 0 {
				slices.SortFunc(img.Added, compareChanges)
				slices.SortFunc(img.Removed, compareChanges)
				out = append(out, img)
			}
		}
	}
	return out, nil
}

func (c *ChangedImage) add(changes []*VerdictChange) {
	for _, x := range changes {
		if x.Added {
			c.Added = append(c.Added, x)
		} else {
			c.Removed = append(c.Removed, x)
		}
	}
}

func compareChanges(a, b *VerdictChange) int {
	return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.ID, b.ID),
		strings.Compare(a.Package.Name, b.Package.Name),
		strings.Compare(a.Package.Version, b.Package.Version), cmp.Compare(a.PackageID, b.PackageID))
}

// changeFilter returns what leaves out changes that are suppressed in an image.
func (s *DB) changeFilter(ctx context.Context) (func(landwaiter.Image, []*VerdictChange) []*VerdictChange, error) {
	active, err := s.Suppressions().Active(ctx)
	if err != nil || len(active) == 0 {
		return func(_ landwaiter.Image, list []*VerdictChange) []*VerdictChange { return list }, err
	}
	suppressed := func(img landwaiter.Image, c *VerdictChange) bool {
		return !c.Malware && slices.ContainsFunc(active, func(x landwaiter.Suppression) bool {
			return x.CoversFlaw(c.ID, c.Aliases) && x.CoversPackage(c.Package) && x.CoversImage(img)
		})
	}
	return func(img landwaiter.Image, list []*VerdictChange) []*VerdictChange {
		return slices.DeleteFunc(slices.Clone(list), func(c *VerdictChange) bool { return suppressed(img, c) })
	}, nil
}

// identities returns IDs, names and digests of images.
func (s *DB) identities(ctx context.Context, ids []string) (map[string]landwaiter.Image, error) {
	var rows []struct{ ID, ManifestDigest, RepoDigests string }
	const query = "SELECT id, manifest_digest, repo_digests FROM image WHERE id IN (?)"
	if err := s.r.NewRaw(query, bun.List(ids)).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	out := make(map[string]landwaiter.Image, len(ids))
	for _, r := range rows {
		out[r.ID] = landwaiter.Image{ID: r.ID, ManifestDigest: r.ManifestDigest, RepoDigests: aliasList(r.RepoDigests)}
	}
	var names []imageNameRow
	if err := s.r.NewSelect().Model(&names).Where("image_id IN (?)", bun.List(ids)).Order("name").Scan(ctx); err != nil {
		return nil, err
	}
	for _, n := range names {
		img := out[n.ImageID]
		img.Names = append(img.Names, n.Name)
		out[n.ImageID] = img
	}
	return out, nil
}
