package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
)

const (
	// spoolWanted is enough for the files of four layers that are read at once, at
	// most 1 GiB each.
	spoolWanted = 4 << 30
	// oldAdvisories is the age at which advisories miss what is exploited now.
	oldAdvisories = 7 * 24 * time.Hour
	// clockApart is how far clocks may differ. The API refuses requests that are
	// five minutes off; a worker counts as dead after 15 seconds without heartbeat.
	clockApart = 10 * time.Second
)

// built is a day in the past: a clock that shows an earlier day is wrong.
var built = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// spool checks the directory for temporary files.
func (d *doctor) spool() {
	const name = "spool"
	dir := filepath.Join(d.env.Data, "spool")
	at := dir
	for { // a check creates no directories
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	const do = "make the directory writable for this user, or choose another with --data"
	f, err := os.CreateTemp(at, "landwaiter-*")
	if err != nil {
		d.problem(name, do, "%v", err)
		return
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		d.problem(name, do, "%v", err)
		return
	}
	free, err := freeBytes(f)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		d.ok(name, "%s is writable", at)
	case err != nil:
		d.problem(name, do, "%v", err)
	case free < spoolWanted:
		d.note(name, "free space or choose another directory with --data: files over 8 MiB are spooled there",
			"%s has %d MiB left; four large layers at once need %d MiB", at, free>>20, spoolWanted>>20)
	default:
		d.ok(name, "%s is writable and has %d GiB left", at, free>>30)
	}
}

// storage checks the database and its contents.
func (d *doctor) storage() {
	path := filepath.Join(d.env.Data, "landwaiter.db")
	if d.env.Database == "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			d.note("database", "nothing: the first command that needs the database creates it", "%s does not exist yet", path)
			d.clock(nil, time.Time{})
			return
		}
	}
	s, err := d.env.store()
	if err != nil {
		d.problem("database", "check that the database exists and that this user may use it", "%v", err)
		d.clock(nil, time.Time{})
		return
	}
	defer s.Close()
	newest := d.advisories(s)
	if at := d.key(s); at.After(newest) {
		newest = at
	}
	d.clock(s, newest)
}

// advisories checks the advisories and returns when they were last imported.
func (d *doctor) advisories(s *store.DB) (newest time.Time) {
	where := "SQLite in " + d.env.Data
	if s.Postgres() {
		where = "PostgreSQL"
	}
	parts, err := s.Advisories().Parts(d.env.ctx)
	if err != nil {
		d.problem("database", "check the database, and restore a backup if it is damaged", "%s: %v", where, err)
		return time.Time{}
	}
	d.ok("database", "%s answers", where)
	for _, p := range parts {
		if p.Imported.After(newest) {
			newest = p.Imported
		}
	}
	const do = "run 'landwaiter db update' or 'landwaiter db import'"
	switch age := d.now.Sub(newest); {
	case len(parts) == 0:
		d.note("advisories", do, "there are none, so vulnerabilities cannot be found")
	case age > oldAdvisories:
		d.note("advisories", do, "last imported %d days ago", int(age.Hours()/24))
	default:
		d.ok("advisories", "%s, last imported %s", report.Count(len(parts), "ecosystem"), when(newest))
	}
	return newest
}

// key checks that the master key opens the API keys, and returns when the newest
// of them was created.
func (d *doctor) key(s *store.DB) (newest time.Time) {
	const name = "key"
	keys, err := s.Keys().List(d.env.ctx)
	if err != nil {
		d.problem(name, "check the database, and restore a backup if it is damaged", "%v", err)
		return time.Time{}
	}
	path := filepath.Join(d.env.Data, "master.key")
	info, err := os.Stat(path)
	inFile := os.Getenv(store.MasterKeyEnv) == ""
	if inFile && err == nil && info.Mode().Perm()&0o077 != 0 {
		d.problem(name, "run chmod 600 "+path, "other users can read %s (mode %04o)", path, info.Mode().Perm())
	}
	opened := 0
	for _, k := range keys {
		if k.Created.After(newest) {
			newest = k.Created
		}
		_, err := s.Keys().Get(d.env.ctx, k.ID)
		switch {
		case err == nil:
			opened++
		case landwaiter.KindOf(err) != landwaiter.NotFound: // revoked or expired
			d.problem(name, "restore the master key of this database: without it, all sealed secrets are lost", "%v", err)
			return newest
		}
	}
	if opened == 0 {
		d.note(name, "run 'landwaiter key create', or let 'landwaiter serve' create the first key",
			"there is a master key, but no active API key")
		return newest
	}
	d.ok(name, "the master key opens the API keys; %d active", opened)
	return newest
}

// clock compares the clock with that of the database, and with the times stored.
func (d *doctor) clock(s *store.DB, newest time.Time) {
	const name, do = "clock", "set the clock and synchronize it by NTP"
	if d.now.Before(built) {
		d.problem(name, do, "the clock shows %s", d.now.Format(time.DateOnly))
		return
	}
	if newest.Sub(d.now) > clockApart {
		d.problem(name, do, "the store has times %v in the future: the clock was set back",
			newest.Sub(d.now).Round(time.Second))
		return
	}
	if s == nil || !s.Postgres() {
		d.ok(name, "%s", d.now.UTC().Format(time.RFC3339))
		return
	}
	before := time.Now()
	there, err := s.Time(d.env.ctx)
	if err != nil {
		d.problem("database", "check that the database answers", "%v", err)
		return
	}
	// The answer is from a moment between sending and receiving.
	apart := there.Sub(before.Add(time.Since(before) / 2)).Abs()
	if apart > clockApart {
		d.problem(name, do+", on this machine and on that of PostgreSQL",
			"the clocks of PostgreSQL and of this machine differ by %v", apart.Round(time.Second))
		return
	}
	d.ok(name, "%s, within %v of the clock of PostgreSQL", d.now.UTC().Format(time.RFC3339), clockApart)
}
