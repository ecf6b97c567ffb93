package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// AutoRule authorizes new images by itself. There is at most one.
//
// Without an enabled rule every new image is authorized. While the rule is
// enabled, an image that is seen for the first time starts unauthorized and
// waits for it. The rule decides right after Images.Put and Runtimes.Put and when
// it is changed, each time for the waiting images that it covers, oldest
// first. Images that the daily limit refuses go on waiting, and
// ApplyRule takes them up on the next day. Images that were known before
// the rule was enabled, and those authorized by hand, are not its concern.
type AutoRule struct {
	Enabled bool
	// All covers every image; otherwise those that a chosen host holds or runs.
	All bool
	// Hosts are the IDs of the chosen hosts; when empty, Filters (those of
	// Runtimes.Hosts) without Exclude choose them.
	Hosts   []string
	Filters []landwaiter.Filter
	Exclude []string
	// MaxDaily is how many images it authorizes a day, in UTC; 0: any number.
	MaxDaily int
	// AutoScan asks for a scan of the Kinds after it authorized an image.
	AutoScan bool
	Kinds    landwaiter.ScanKind
}

const autoRuleSetting = "auto_rule"

// Rule returns the rule. NotFound when there is none.
func (s Authorizations) Rule(ctx context.Context) (AutoRule, error) {
	return readAutoRule(ctx, s.db.r)
}

func readAutoRule(ctx context.Context, db bun.IDB) (AutoRule, error) {
	var rule AutoRule
	var value string
	err := db.NewRaw("SELECT value FROM setting WHERE name = ?", autoRuleSetting).Scan(ctx, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return rule, landwaiter.Errorf(landwaiter.NotFound, "there is no automatic authorization rule; add one first")
	}
	if err != nil {
		return rule, err
	}
	return rule, json.Unmarshal([]byte(value), &rule)
}

// enabledAutoRule returns the rule; the zero value, which is disabled, when
// there is none.
func enabledAutoRule(ctx context.Context, db bun.IDB) (AutoRule, error) {
	rule, err := readAutoRule(ctx, db)
	if landwaiter.KindOf(err) == landwaiter.NotFound {
		return AutoRule{}, nil
	}
	return rule, err
}

// AddRule stores the rule. Conflict when there is one.
func (s Authorizations) AddRule(ctx context.Context, rule AutoRule) error {
	value, err := encodeAutoRule(rule)
	if err != nil {
		return err
	}
	const query = "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
	res, err := s.db.w.NewRaw(query, autoRuleSetting, value).Exec(ctx)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return landwaiter.Errorf(landwaiter.Conflict, "there is an automatic authorization rule already; edit that one")
	}
	return s.db.decide(ctx, always)
}

// ChangeRule lets fn change the rule. NotFound when there is none.
func (s Authorizations) ChangeRule(ctx context.Context, fn func(*AutoRule)) error {
	err := s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.lock(ctx, tx, autoRuleSetting); err != nil {
			return err
		}
		rule, err := readAutoRule(ctx, tx)
		if err != nil {
			return err
		}
		fn(&rule)
		value, err := encodeAutoRule(rule)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw("UPDATE setting SET value = ? WHERE name = ?", value, autoRuleSetting).Exec(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return s.db.decide(ctx, always)
}

func encodeAutoRule(rule AutoRule) (string, error) {
	if _, err := rule.hosts(); err != nil {
		return "", err
	}
	b, err := json.Marshal(rule)
	return clean(string(b)), err
}

// hosts is the condition on host h.
func (r AutoRule) hosts() (where, error) {
	if r.All {
		return always, nil
	}
	if len(r.Hosts) > 0 {
		return cond("h.id IN (?)", bun.List(r.Hosts)), nil
	}
	c, err := hostListing.filters.where(r.Filters)
	if len(r.Exclude) > 0 {
		c = and(c, cond("h.id NOT IN (?)", bun.List(r.Exclude)))
	}
	return c, err
}

// covers is the condition on image i. Every node of a cluster is a host of
// the cluster's source, so there only containers tell which node has it.
func (r AutoRule) covers() (where, error) {
	hosts, err := r.hosts()
	if err != nil || r.All {
		return always, err
	}
	const query = `
		(EXISTS (
				SELECT 1 FROM container AS c JOIN host AS h ON h.id = c.host_id
				WHERE c.image_id = i.id AND ?0)
			OR EXISTS (
				SELECT 1 FROM image_place AS l JOIN host AS h ON h.source = l.source
				WHERE l.image_id = i.id AND NOT l.gone
					AND NOT EXISTS (SELECT 1 FROM cluster AS k WHERE k.source = l.source) AND ?0))`
	return cond(query, hosts), nil
}

// RuleHosts counts the known hosts that the rule chooses; 0 when it
// covers all images.
func (s Authorizations) RuleHosts(ctx context.Context, rule AutoRule) (int, error) {
	c, err := rule.hosts()
	if err != nil || rule.All {
		return 0, err
	}
	return s.db.count(ctx, "host AS h", c)
}

// ApplyRule lets the rule decide again for the images that its daily limit
// refused. Call it every few minutes; it is cheap when there is nothing to do.
func (s Authorizations) ApplyRule(ctx context.Context) error {
	rule, err := enabledAutoRule(ctx, s.db.r)
	if err != nil || !rule.Enabled {
		return err
	}
	if room, err := rule.room(ctx, s.db.r, s.db.clock()); err != nil || room == 0 {
		return err
	}
	return s.db.decide(ctx, cond("EXISTS (SELECT 1 FROM authorize_log AS g WHERE g.image_id = i.id)"))
}

// room is how many more images the rule may authorize on the day.
func (r AutoRule) room(ctx context.Context, db bun.IDB, at time.Time) (int, error) {
	if r.MaxDaily == 0 {
		return math.MaxInt32, nil
	}
	var used int
	const query = "SELECT COUNT(*) FROM authorize_log WHERE task = ? AND status = ?"
	err := db.NewRaw(query, authorizeTask(at, taskAuto), authorizeDone).Scan(ctx, &used)
	return max(0, r.MaxDaily-used), err
}

// decide lets the rule decide for those images i that wait for it. The rule is
// locked first: two decisions at once would both count what is left of the daily
// limit, and exceed it together.
func (s *DB) decide(ctx context.Context, among where) error {
	waiting := and(cond("i.awaits_rule AND NOT i.authorized"), among)
	var n int
	const query = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM image AS i WHERE ? LIMIT 1) AS x"
	if err := s.r.NewRaw(query, waiting).Scan(ctx, &n); err != nil || n == 0 {
		return err
	}
	return s.tx(ctx, func(tx bun.Tx) error {
		if err := s.lock(ctx, tx, autoRuleSetting); err != nil {
			return err
		}
		rule, err := enabledAutoRule(ctx, tx)
		if err != nil || !rule.Enabled {
			return err
		}
		covered, err := rule.covers()
		if err != nil {
			return err
		}
		at := s.clock()
		room, err := rule.room(ctx, tx, at)
		if err != nil {
			return err
		}
		return rule.authorize(ctx, tx, and(waiting, covered), at, room)
	})
}

// authorize authorizes the first of the images, and logs that there was no
// room for the others: once for each, however long it waits.
func (r AutoRule) authorize(ctx context.Context, tx bun.Tx, images where, at time.Time, room int) error {
	kinds := landwaiter.ScanKind(0)
	if r.AutoScan {
		kinds = r.Kinds
	}
	task := authorizeTask(at, taskAuto)
	// SQLite takes ON for a join's, unless a WHERE comes before it.
	const logDone = `
		INSERT INTO authorize_log (task, image_id, status, at, scan)
		SELECT ?, x.id, ?, ?, ?
		FROM (SELECT i.id FROM image AS i WHERE ? ORDER BY i.first_seen, i.id LIMIT ?) AS x
		WHERE TRUE
		ON CONFLICT (task, image_id) DO UPDATE
		SET status = excluded.status, at = excluded.at, scan = excluded.scan`
	_, err := tx.NewRaw(logDone, task, authorizeDone, millis(at), int(kinds), images, room).Exec(ctx)
	if err != nil {
		return err
	}
	const authorize = `
		UPDATE image SET authorized = TRUE, awaits_rule = FALSE
		WHERE awaits_rule AND NOT authorized
			AND id IN (SELECT image_id FROM authorize_log WHERE task = ? AND status = ?)`
	_, err = tx.NewRaw(authorize, task, authorizeDone).Exec(ctx)
	if err != nil || r.MaxDaily == 0 {
		return err
	}
	const logRefused = `
		INSERT INTO authorize_log (task, image_id, status, at)
		SELECT ?, i.id, ?, ? FROM image AS i
		WHERE ? AND NOT EXISTS (SELECT 1 FROM authorize_log AS g WHERE g.image_id = i.id)`
	_, err = tx.NewRaw(logRefused, task, authorizeRefused, millis(at), images).Exec(ctx)
	return err
}
