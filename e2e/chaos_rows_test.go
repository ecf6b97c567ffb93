package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// watchRows adds triggers that record each state change of an image scan and
// each stored report.
func (c *chaos) watchRows(t *testing.T) {
	t.Helper()
	c.do(t, "CREATE TABLE chaos_step (task_id TEXT, image_id TEXT, before TEXT, after TEXT)")
	c.do(t, "CREATE TABLE chaos_report (image_id TEXT)")
	if c.database == "" {
		c.do(t, "CREATE TRIGGER chaos_step AFTER UPDATE OF state ON image_scan WHEN OLD.state <> NEW.state "+
			"BEGIN INSERT INTO chaos_step VALUES (NEW.task_id, NEW.image_id, OLD.state, NEW.state); END")
		c.do(t, "CREATE TRIGGER chaos_report AFTER UPDATE OF scan_time ON image "+
			"BEGIN INSERT INTO chaos_report VALUES (NEW.id); END")
		return
	}
	c.do(t, "CREATE FUNCTION chaos_step() RETURNS trigger LANGUAGE plpgsql AS "+
		"'BEGIN INSERT INTO chaos_step VALUES (NEW.task_id, NEW.image_id, OLD.state, NEW.state); RETURN NULL; END'")
	c.do(t, "CREATE FUNCTION chaos_report() RETURNS trigger LANGUAGE plpgsql AS "+
		"'BEGIN INSERT INTO chaos_report VALUES (NEW.id); RETURN NULL; END'")
	c.do(t, "CREATE TRIGGER chaos_step AFTER UPDATE OF state ON image_scan FOR EACH ROW "+
		"WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION chaos_step()")
	c.do(t, "CREATE TRIGGER chaos_report AFTER UPDATE OF scan_time ON image FOR EACH ROW "+
		"EXECUTE FUNCTION chaos_report()")
}

// never are queries for rows that must not exist when all tasks have ended.
var never = map[string]string{
	"a task without a result": `SELECT id FROM task WHERE status <> 'END' OR result = '' OR ended_at < started_at`,
	"Cancel without a stop":   `SELECT id FROM task WHERE (result = 'Cancel') <> stopped`,
	"Timeout without a late scan": `
		SELECT id FROM task AS t
		WHERE result = 'Timeout' AND NOT EXISTS (
			SELECT 1 FROM image_scan AS s WHERE s.task_id = t.id AND s.state = 'SCAN_TIMEOUT')`,
	"an unfinished scan": `
		SELECT image_id FROM image_scan
		WHERE state NOT IN ('SCANNED', 'SCAN_ERR', 'CANCELED', 'SCAN_TIMEOUT')`,
	"a scan with impossible times": `SELECT image_id FROM image_scan WHERE ended_at = 0 OR ended_at < started_at`,
	"a scan with impossible tries": `
		SELECT image_id FROM image_scan
		WHERE tries < 0 OR retries > tries OR (state = 'SCANNED' AND tries = 0)`,
	"a scan that failed for good": `
		SELECT image_id || ' ' || reason FROM image_scan
		WHERE state = 'SCAN_ERR' AND NOT (reason LIKE 'the worker died%' AND tries - retries > 3)`,
	"a scan that ended twice": `
		SELECT image_id FROM chaos_step
		WHERE after IN ('SCANNED', 'SCAN_ERR', 'CANCELED', 'SCAN_TIMEOUT')
		GROUP BY task_id, image_id HAVING COUNT(*) > 1`,
	"more or fewer reports than scans": `
		SELECT id FROM image AS i
		WHERE (SELECT COUNT(*) FROM chaos_report AS r WHERE r.image_id = i.id)
			<> (SELECT COUNT(*) FROM image_scan AS s WHERE s.image_id = i.id AND s.state = 'SCANNED')`,
	"a scan without a report": `
		SELECT i.id FROM image_scan AS s JOIN image AS i ON i.id = s.image_id
		WHERE s.state = 'SCANNED'
			AND (i.scan_time < s.started_at OR i.scan_kinds <> 7 OR i.component_cnt <> 2)`,
	"an image in another state than its last scan": `
		SELECT i.id || ' ' || i.scan_state || ' ' || s.state
		FROM image AS i JOIN image_scan AS s ON s.image_id = i.id
		WHERE s.state <> i.scan_state AND s.task_id = (
			SELECT t.id FROM task AS t JOIN image_scan AS o ON o.task_id = t.id
			WHERE o.image_id = i.id
			ORDER BY t.created_at DESC, t.id DESC LIMIT 1)`,
	"an image that the chaos lost": `SELECT image_id FROM image_place WHERE gone`,
}

func (c *chaos) checkRows(t *testing.T) {
	t.Helper()
	for what, q := range never {
		if rows := column(t, c.db, q); len(rows) > 0 {
			t.Errorf("%s: %d, such as %s", what, len(rows), rows[0])
		}
	}
	for _, step := range column(t, c.db, "SELECT DISTINCT before || ' ' || after FROM chaos_step") {
		before, after, _ := strings.Cut(step, " ")
		if !landwaiter.ScanState(before).CanBecome(landwaiter.ScanState(after)) {
			t.Errorf("a scan went from %s to %s", before, after)
		}
	}
	if c.database == "" {
		if got := column(t, c.db, "PRAGMA integrity_check"); len(got) != 1 || got[0] != "ok" {
			t.Errorf("integrity check: %s", got)
		}
		if got := query[int64](t, c.db, "SELECT COUNT(*) FROM pragma_foreign_key_check"); got != 0 {
			t.Errorf("%d rows refer to rows that do not exist", got)
		}
	}
	for image, found := range c.findings(t) {
		if d := cmp.Diff(c.want[image], found); d != "" {
			t.Errorf("image %s -calm +chaos:\n%s", image, d)
		}
	}
}

// findings returns the findings of each scanned image in the store.
func (c *chaos) findings(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, row := range column(t, c.db, `
		SELECT ip.image_id || ' ' || p.purl || ' ' || ip.path || ' ' || ip.layer_idx || ' ' || COALESCE(v.id, '')
		FROM image_package AS ip
			JOIN package AS p ON p.id = ip.package_id
			LEFT JOIN package_vulnerability AS v ON v.package_id = p.id
		UNION ALL
		SELECT image_id || ' ' || rule || ' ' || path || ' ' || layer_idx || ' ' || state FROM image_risk`) {
		image, finding, _ := strings.Cut(row, " ")
		found[image] = append(found[image], finding)
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}

// stuck describes the work in progress when a test has waited too long.
func (c *chaos) stuck(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		"SELECT 'task ' || id || ' ' || status || ' stopped ' || stopped FROM task WHERE status <> 'END'",
		`SELECT 'scans ' || task_id || ' ' || state || ' queued ' || queued || ' ' || COUNT(*)
		FROM image_scan WHERE state IN ('WAIT_SCAN', 'SCANNING') GROUP BY task_id, state, queued`,
		`SELECT 'scan ' || task_id || ' ' || image_id || ' ' || state || ' tries ' || tries || ' started ' ||
			started_at || ' ' || reason
		FROM image_scan WHERE state IN ('WAIT_SCAN', 'SCANNING') LIMIT 10`,
		"SELECT 'jobs ' || kind || ' ' || state || ' ' || COUNT(*) FROM river_job GROUP BY kind, state",
		c.jobsOf("SELECT image_id FROM image_scan WHERE state IN ('WAIT_SCAN', 'SCANNING')"),
		"SELECT 'worker ' || id || ' ' || beat FROM worker",
		"SELECT 'source ' || name || ' ' || sync_owner || ' ' || sync_beat || ' ' || sync_error FROM source",
	} {
		fmt.Fprintln(&b, strings.Join(column(t, c.db, q), "\n"))
	}
	return b.String()
}

// jobsOf returns a query that describes some jobs of image scans.
func (c *chaos) jobsOf(images string) string {
	image := "args ->> 'image_id'"
	if c.database == "" {
		image = "json_extract(args, '$.image_id')"
	}
	return `SELECT 'job ' || id || ' ' || state || ' attempt ' || attempt || ' by ' || CAST(attempted_by AS TEXT) ||
			' at ' || attempted_at || ' args ' || CAST(args AS TEXT)
		FROM river_job WHERE ` + image + ` IN (` + images + `) ORDER BY id DESC LIMIT 20`
}

// summary logs what happened.
func (c *chaos) summary(t *testing.T) {
	t.Helper()
	t.Logf("ends of scans: %s",
		column(t, c.db, "SELECT state || ' ' || COUNT(*) FROM image_scan GROUP BY state ORDER BY state"))
	t.Logf("tasks: %s", column(t, c.db, "SELECT result || ' ' || COUNT(*) FROM task GROUP BY result ORDER BY result"))
	t.Logf("scans started %d times, %d of these failed temporarily; "+
		"%d images whose workers died too often; %d failed requests",
		query[int64](t, c.db, "SELECT CAST(SUM(tries) AS BIGINT) FROM image_scan"),
		query[int64](t, c.db, "SELECT CAST(SUM(retries) AS BIGINT) FROM image_scan"),
		query[int64](t, c.db, "SELECT COUNT(*) FROM image_scan WHERE state = 'SCAN_ERR'"), c.harbour.failed)
}

func (c *chaos) do(t *testing.T, q string) {
	t.Helper()
	if _, err := c.db.ExecContext(t.Context(), q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// column returns the only column of a query.
func column(t *testing.T, db *sql.DB, q string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return list
}

// disk is a small file system that can be filled.
type disk struct{ ballast string }

const diskSize = "64m" // several times what the test needs

// smallDisk mounts a small file system at dir. It returns nil, and logs why, if
// that is not possible.
func smallDisk(t *testing.T, dir string) *disk {
	t.Helper()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=0700,size="+diskSize, "tmpfs",
		dir).CombinedOutput(); err != nil {
		t.Logf("the disk will not be full: no tmpfs can be mounted (%v: %s)", err, out)
		return nil
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return &disk{filepath.Join(dir, "ballast")}
}

// fill uses all free space.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(d.ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for size := len(block); size > 0; {
		n, err := f.Write(block[:size])
		if err != nil && n == 0 {
			size /= 2
		}
	}
}

func (d *disk) empty(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.ballast); err != nil {
		t.Fatal(err)
	}
}
