package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/landwaiter/landwaiter/realtest"
)

// The files of an old store, in a directory in testdata/oldstore. Its README says
// how it was made.
const (
	oldStores    = "testdata/oldstore"
	oldMasterKey = "master.key"
	oldSQLite    = "landwaiter.db.gz"  // what was DIR/landwaiter.db
	oldPostgres  = "landwaiter.sql.gz" // a plain dump with INSERT statements
	oldFactsFile = "facts.json"        // of either engine: map[string]oldFacts
)

// oldFacts is what the old binary printed about its store.
type oldFacts struct {
	Admin   key     `json:"admin"`
	Reader  key     `json:"reader"`
	Revoked key     `json:"revoked"`
	View    oldView `json:"view"`
}

// oldView is what commands print about a store, reduced to the fields that an
// upgrade must not change.
type oldView struct {
	Images       []oldImage       `json:"images"`
	Shown        []oldShown       `json:"shown"` // in the order of Images
	Tasks        []oldTask        `json:"tasks"`
	Keys         []oldKey         `json:"keys"`
	Suppressions []oldSuppression `json:"suppressions"`
	Sources      []oldSource      `json:"sources"`
}

type oldImage struct {
	ImageID  string   `json:"imageID"`
	Names    []string `json:"names"`
	OS       string   `json:"os"`
	State    string   `json:"state"`
	Packages int      `json:"packages"`
	Critical int      `json:"critical"`
	High     int      `json:"high"`
	Medium   int      `json:"medium"`
	Low      int      `json:"low"`
	Unknown  int      `json:"unknown"`
	Malware  int      `json:"malware"`
	Risks    int      `json:"risks"`
	Secrets  int      `json:"secrets"`
}

type oldShown struct {
	ImageID         string       `json:"imageID"`
	Packages        []oldPackage `json:"packages"`
	Vulnerabilities []oldFinding `json:"vulnerabilities"`
	Suppressed      []oldFinding `json:"suppressed"`
	Malware         []oldFinding `json:"malware"`
	Risks           []oldFinding `json:"risks"`
}

type oldPackage struct {
	PURL string `json:"purl"`
}

type oldFinding struct {
	ID       string `json:"id,omitempty"`
	Package  string `json:"package,omitempty"`
	Severity string `json:"severity,omitempty"`
	Name     string `json:"name,omitempty"` // of malware
	Rule     string `json:"rule,omitempty"` // of a risk
	Path     string `json:"path,omitempty"`
}

type oldTask struct {
	TaskID string `json:"taskID"`
	Status string `json:"status"`
	Result string `json:"result"`
	Total  int    `json:"total"`
	Done   int    `json:"done"`
	Safe   int    `json:"safe"`
	Risky  int    `json:"risky"`
}

type oldKey struct {
	ID   string `json:"SecretId"`
	Role string `json:"role"`
}

type oldSuppression struct {
	ID            string `json:"id"`
	Vulnerability string `json:"vulnerability"`
	Package       string `json:"package"`
	Image         string `json:"image"`
	Status        string `json:"status"`
	Reason        string `json:"reason"`
	Verdicts      int    `json:"verdicts"`
}

type oldSource struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Images int    `json:"images"`
}

// view returns everything except the tasks, for which a server is needed.
func (s store) view(t testing.TB) oldView {
	t.Helper()
	var v oldView
	s.decode(t, &v.Images, "image", "list", "--output", "json")
	slices.SortFunc(v.Images, func(a, b oldImage) int { return strings.Compare(a.ImageID, b.ImageID) })
	for _, im := range v.Images {
		var shown struct{ Images []oldShown }
		s.decode(t, &shown, "image", "show", im.ImageID, "--output", "json")
		v.Shown = append(v.Shown, shown.Images...)
	}
	s.decode(t, &v.Keys, "key", "list", "--output", "json")
	s.decode(t, &v.Suppressions, "ignore", "list", "--output", "json")
	s.decode(t, &v.Sources, "source", "list", "--output", "json")
	return v
}

// tasks returns the tasks from a server, using a key of its store.
func (s *server) tasks(t testing.TB, k key) []oldTask {
	t.Helper()
	env := s.env("LANDWAITER_SECRET_ID="+k.ID, "LANDWAITER_SECRET_KEY="+k.Secret)
	out := succeed(t, env, "task", "list", "--server", s.url, "--output", "json")
	var tasks []oldTask
	if err := json.Unmarshal([]byte(out), &tasks); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	return tasks
}

// TestOldStore upgrades stores of older versions. All data must still exist, and
// new scans must work.
func TestOldStore(t *testing.T) {
	if *oldStoreMake != "" {
		makeOldStore(t, *oldStoreBinary, filepath.Join(oldStores, *oldStoreMake))
	}
	dirs, err := filepath.Glob(filepath.Join(oldStores, "*", oldFactsFile))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no old stores: %v", err)
	}
	for _, dir := range dirs {
		dir = filepath.Dir(dir)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Run("sqlite", func(t *testing.T) {
				checkOldStore(t, restoreSQLite(t, dir), readOldFacts(t, dir, "sqlite"))
			})
			t.Run("postgres", func(t *testing.T) {
				s := restorePostgres(t, dir, realtest.Postgres(t)(t))
				checkOldStore(t, s, readOldFacts(t, dir, "postgres"))
			})
		})
	}
}

// checkOldStore checks all data of a store, and scans its images and a new one.
func checkOldStore(t *testing.T, s store, facts oldFacts) {
	got := s.view(t)
	// The archives of the old source no longer exist, so it must not be synced.
	srv := serve(t, s, "--sync-every", "0")
	got.Tasks = srv.tasks(t, facts.Reader)
	if diff := cmp.Diff(facts.View, got); diff != "" {
		t.Errorf("after the upgrade (-before +after):\n%s", diff)
	}
	admin := session{goClient{}, srv.url, facts.Admin}
	revoked := session{goClient{}, srv.url, facts.Revoked}
	if code := revoked.code(t, "DescribeAssetImageList", params{}); !strings.HasPrefix(code, "AuthFailure") {
		t.Errorf("a revoked key: %q", code)
	}
	reader := session{goClient{}, srv.url, facts.Reader}
	if code := reader.code(t, "CreateAssetImageScanTask", params{"All": true, "ScanVul": true}); code == "" {
		t.Error("a reader created a task")
	}

	images := filepath.Join(t.TempDir(), "images")
	writeFleet(t, images, append(oldImages(), herd(1)...))
	s.do(t, "source", "add", "again", "--type", "archive", "--path", images)
	s.do(t, "source", "sync", "again")
	id := create(t, admin, params{"All": true})
	follow(t, admin, id)
	tasks := srv.tasks(t, facts.Admin)
	total := len(facts.View.Images) + 1
	if len(tasks) != len(facts.View.Tasks)+1 || tasks[0].TaskID != id ||
		tasks[0].Result != "Success" || tasks[0].Done != total {
		t.Errorf("tasks after a new one over %d images: %+v", total, tasks)
	}
	after := s.view(t)
	if len(after.Images) != total {
		t.Errorf("%d images, want %d", len(after.Images), total)
	}
	for _, was := range facts.View.Shown {
		i := slices.IndexFunc(after.Shown, func(is oldShown) bool { return is.ImageID == was.ImageID })
		if i < 0 {
			t.Errorf("%s is no longer known", was.ImageID)
			continue
		}
		is := after.Shown[i]
		if diff := cmp.Diff([][]oldFinding{was.Vulnerabilities, was.Suppressed, was.Malware},
			[][]oldFinding{is.Vulnerabilities, is.Suppressed, is.Malware}); diff != "" {
			t.Errorf("findings of %s after a new scan (-before +after):\n%s", was.ImageID, diff)
		}
	}
}

func readOldFacts(t testing.TB, dir, engine string) oldFacts {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, oldFactsFile))
	if err != nil {
		t.Fatal(err)
	}
	var facts map[string]oldFacts
	if err := json.Unmarshal(raw, &facts); err != nil {
		t.Fatal(err)
	}
	if len(facts[engine].View.Images) == 0 {
		t.Fatalf("%s knows no images on %s", dir, engine)
	}
	return facts[engine]
}

// restoreSQLite unpacks an old store into a new directory.
func restoreSQLite(t testing.TB, dir string) store {
	t.Helper()
	s := restoreMasterKey(t, dir)
	writeSecret(t, filepath.Join(s.dir, "landwaiter.db"), gunzip(t, filepath.Join(dir, oldSQLite)))
	return s
}

// restorePostgres loads an old store into an empty database.
func restorePostgres(t testing.TB, dir, database string) store {
	t.Helper()
	s := restoreMasterKey(t, dir)
	s.database = database
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	dump := string(gunzip(t, filepath.Join(dir, oldPostgres)))
	if _, err := conn.PgConn().Exec(t.Context(), dump).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return s
}

func restoreMasterKey(t testing.TB, dir string) store {
	t.Helper()
	s := newStore(t)
	masterKey, err := os.ReadFile(filepath.Join(dir, oldMasterKey))
	if err != nil {
		t.Fatal(err)
	}
	writeSecret(t, filepath.Join(s.dir, "master.key"), masterKey)
	return s
}

func writeSecret(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func gunzip(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return content
}
