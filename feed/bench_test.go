package feed_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// The fleet of BenchmarkFleetImport: each image holds some versions of some
// of the names, as images on a few bases do.
const (
	benchImages   = 100_000
	benchNames    = 5_000
	benchVersions = 10 // of each name
	benchPackages = 20 // in each image
	benchRecords  = 1_000
)

// BenchmarkFleetImport imports 1,000 changed advisories into a store of
// 100,000 images, and lists the images whose verdict changed.
func BenchmarkFleetImport(b *testing.B) {
	dir := b.TempDir()
	s, err := store.Open(b.Context(), store.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	records := b.TempDir()
	writeRecords(b, records, "9.0.0")
	if _, err := feed.Import(b.Context(), s, scan.Matcher, []string{records}, nil); err != nil {
		b.Fatal(err)
	}
	fillImages(b, s)
	n := 0
	var importing, listing time.Duration
	var versions, changed int
	for b.Loop() {
		b.StopTimer()
		n++
		writeRecords(b, records, fmt.Sprintf("%d.0.0", 4+n%3)) // some versions are fixed now
		b.StartTimer()
		at := time.Now()
		res, err := feed.Import(b.Context(), s, scan.Matcher, []string{records}, nil)
		if err != nil || res.Changed != benchRecords || len(res.Changes) == 0 {
			b.Fatalf("%+v, %v", res.Changed, err)
		}
		importing += time.Since(at)
		at = time.Now()
		images, err := s.Verdicts().ChangedImages(b.Context(), res.Changes)
		if err != nil || len(images) == 0 {
			b.Fatal(len(images), err)
		}
		listing += time.Since(at)
		versions, changed = res.Rematched, len(images)
	}
	b.ReportMetric(importing.Seconds()/float64(n), "import-s/op")
	b.ReportMetric(listing.Seconds()/float64(n), "list-s/op")
	b.ReportMetric(float64(versions), "versions")
	b.ReportMetric(float64(changed), "changed-images")
	if info, err := os.Stat(filepath.Join(dir, "landwaiter.db")); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}

// writeRecords writes one advisory for each of the first names.
func writeRecords(b *testing.B, dir, fixed string) {
	b.Helper()
	for i := range benchRecords {
		text := fmt.Sprintf(`{"id":"GHSA-%04d","modified":"2026-01-02T00:00:00Z","aliases":["CVE-2099-%04d"],`+
			`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],`+
			`"affected":[{"package":{"ecosystem":"npm","name":"name-%d"},"ranges":[`+
			`{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":%q}]}]}]}`, i, i, i, fixed)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("GHSA-%04d.json", i)), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// fillImages stores the package versions by one scan, and the other images by
// SQL, as scans of them would.
func fillImages(b *testing.B, s *store.DB) {
	b.Helper()
	img := landwaiter.Image{ID: fmt.Sprintf("sha256:%064x", benchImages)}
	if err := s.Images().Put(b.Context(), img, store.Place{}); err != nil {
		b.Fatal(err)
	}
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul}
	for i := range benchNames * benchVersions {
		rep.Packages = append(rep.Packages, landwaiter.ImagePackage{Package: landwaiter.Package{
			Type: "npm", Ecosystem: "npm", Name: fmt.Sprintf("name-%d", i/benchVersions), Version: fmt.Sprintf("%d.2.3",
				i%benchVersions), Path: "package-lock.json",
		}})
	}
	if err := s.Reports().Commit(b.Context(), rep, scan.Matcher, nil); err != nil {
		b.Fatal(err)
	}
	if err := fillFleet(s.SQL()); err != nil {
		b.Fatal(err)
	}
}

// fillFleet writes the rows of all images but the first.
func fillFleet(db *sql.DB) error {
	for _, query := range []string{
		"CREATE TEMP TABLE numbered AS SELECT ROW_NUMBER() OVER (ORDER BY name, version) - 1 AS n, id FROM package",
		"CREATE UNIQUE INDEX temp.numbered_n ON numbered (n)",
		fmt.Sprintf("WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < %d) "+
			"INSERT INTO image (id, manifest_digest, repo_digests, created, size, os, architecture, variant, author, config, "+
			"first_seen, scan_time, scan_kinds) "+
			"SELECT printf('sha256:%%064x', i), '', '[]', 1, 1, 'linux', 'amd64', '', '', '{}', 1, 1, 7 FROM c", benchImages-1),
		// The strides have no common divisor with the number of packages:
		// images differ, and share.
		fmt.Sprintf("WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < %d), "+
			"p (j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM p WHERE j < %d) "+
			"INSERT INTO image_package (image_id, package_id, path, layer_idx, dev) "+
			"SELECT printf('sha256:%%064x', i), x.id, 'package-lock.json', 0, FALSE FROM c CROSS JOIN p "+
			"JOIN numbered AS x ON x.n = (i * 7 + j * 2503) %% %d", benchImages-1, benchPackages-1, benchNames*benchVersions),
	} {
		if _, err := db.Exec(query); err != nil {
			return err
		}
	}
	return nil
}
