package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
)

// hack/oldstore sets these.
var (
	oldStoreMake   = flag.String("oldstore.make", "", "name of the old store that TestOldStore makes first")
	oldStoreBinary = flag.String("oldstore.binary", "", "the landwaiter command that makes it")
)

// oldImages are the images of old stores. They have findings of each kind. They
// must not change, since the stores have their IDs.
func oldImages() []imagetest.Image {
	base := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Old GNU/Linux 12\"\n"),
		imagetest.Text("var/lib/dpkg/status", dpkg("libfleet3", "3.0.1-1", "fleet")+dpkg("fleetsh", "5.2-1",
			"fleetsh")),
		imagetest.File{Path: "usr/bin/oldsu", Content: []byte("#!/bin/sh\n"), Mode: 0o4755},
	)
	web := imagetest.NewLayer(
		imagetest.Text("app/node_modules/fleet-template/package.json", `{"name":"fleet-template","version":"1.2.0"}`),
		imagetest.Text("app/tls/server.key", privateKey()),
	)
	web.CreatedBy = "COPY . /app"
	upload := imagetest.NewLayer(imagetest.Text("srv/upload/eicar.com", eicar))
	cleanup := imagetest.NewLayer(imagetest.Whiteout("srv/upload/eicar.com"))
	cleanup.CreatedBy = "RUN rm /srv/upload/eicar.com"
	clean := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME=\"Old Linux v3.99\"\n"),
		imagetest.Text("lib/apk/db/installed", "P:old-libc\nV:1.3-r0\nA:x86_64\no:old-libc\n\n"),
	)
	day := func(n int) time.Time { return time.Date(2026, 10, n, 12, 0, 0, 0, time.UTC) }
	return []imagetest.Image{
		{Names: []string{"old/base:12"}, Created: day(1), Layers: []imagetest.Layer{base}},
		{Names: []string{"old/web:1.4"}, Created: day(2), Layers: []imagetest.Layer{base, web},
			Config: landwaiter.ImageConfig{Env: []string{"PATH=/usr/bin", "DB_PASSWORD=correct-horse-battery"}}},
		{Names: []string{"old/worker:2.0"}, Created: day(3), Layers: []imagetest.Layer{base, upload, cleanup}},
		{Names: []string{"old/upload:1.0"}, Created: day(4), Layers: []imagetest.Layer{base, upload}},
		{Names: []string{"old/clean:1.0"}, Created: day(5), Layers: []imagetest.Layer{clean},
			Config: landwaiter.ImageConfig{User: "app", Healthcheck: []string{"CMD", "/healthy"}}},
	}
}

// makeOldStore writes the files of an old store, using an old version of the
// command.
func makeOldStore(t *testing.T, command, dir string) {
	defer func(current string) { binary = current }(binary)
	binary = command
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := newStore(t)
	facts := map[string]oldFacts{"sqlite": fillOldStore(t, s)}
	db := open(t, "sqlite", "file:"+filepath.Join(s.dir, "landwaiter.db"))
	for _, statement := range []string{"PRAGMA journal_mode = DELETE", "VACUUM"} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	writeGzip(t, filepath.Join(dir, oldSQLite), readFile(t, filepath.Join(s.dir, "landwaiter.db")))
	masterKey := readFile(t, filepath.Join(s.dir, "master.key"))
	writeFile(t, filepath.Join(dir, oldMasterKey), masterKey)

	s = newStore(t)
	s.database = realtest.Postgres(t)(t)
	writeSecret(t, filepath.Join(s.dir, "master.key"), masterKey)
	facts["postgres"] = fillOldStore(t, s)
	writeGzip(t, filepath.Join(dir, oldPostgres), dumpPostgres(t, s.database))

	raw, err := json.MarshalIndent(facts, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, oldFactsFile), append(raw, '\n'))
}

// fillOldStore adds data of every kind to a store.
func fillOldStore(t *testing.T, s store) oldFacts {
	dir := t.TempDir()
	writeFleet(t, filepath.Join(dir, "images"), oldImages())
	writeAdvisories(t, filepath.Join(dir, "osv"))
	s.do(t, "db", "import", filepath.Join(dir, "osv"))
	s.do(t, "source", "add", "old", "--type", "archive", "--path", filepath.Join(dir, "images"))
	s.do(t, "source", "sync", "old")
	s.do(t, "ignore", "add", "CVE-2099-1001", "--package", "libfleet3", "--image", "old/base*",
		"--reason", "not reachable")
	s.do(t, "ignore", "add", "CVE-2099-1002", "--until", "2099-12-31", "--status", "not_affected",
		"--reason", "no templates")
	facts := oldFacts{Admin: s.keyFor(t, "admin"), Reader: s.keyFor(t, "reader"), Revoked: s.keyFor(t, "admin")}
	s.do(t, "key", "revoke", facts.Revoked.ID)
	srv := serve(t, s, "--sync-every", "0")
	ses := session{goClient{}, srv.url, facts.Admin}
	follow(t, ses, create(t, ses, params{"All": true}))
	tasks := srv.tasks(t, facts.Admin)
	srv.kill(syscall.SIGTERM)
	facts.View = s.view(t)
	facts.View.Tasks = tasks
	return facts
}

// settings matches lines of a dump that other versions of PostgreSQL may not
// support, and commands of psql.
var settings = regexp.MustCompile(`(?m)^(SET |\\).*\n`)

// dumpPostgres returns a dump that can be loaded without psql.
func dumpPostgres(t testing.TB, database string) []byte {
	t.Helper()
	program := realtest.Need(t, "pg_dump", "postgresql-client")
	dump := exec.CommandContext(t.Context(), program,
		"--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", database)
	dump.Stderr = os.Stderr
	out, err := dump.Output()
	if err != nil {
		t.Fatal(err)
	}
	return settings.ReplaceAll(out, nil)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func writeGzip(t testing.TB, path string, content []byte) {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.Bytes())
}
