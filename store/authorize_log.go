package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// The values of the column status: what became of an image.
const (
	authorizeDone    = "SUCCESS"
	authorizeRefused = "REACH_LIMIT"
)

// The kinds of authorization task.
const (
	taskAuto   = 1
	taskManual = 2
)

// authorizeTask numbers what a kind of authorization did on a day (UTC):
// yyyymmdd and a digit.
func authorizeTask(at time.Time, kind int64) int64 {
	y, m, d := at.UTC().Date()
	return ((int64(y)*100+int64(m))*100+int64(d))*10 + kind
}

func authorizeDay(task int64) time.Time {
	day := task / 10
	return time.Date(int(day/10000), time.Month(day/100%100), int(day%100), 0, 0, 0, 0, time.UTC)
}

// logByHand logs the images i that are about to be authorized by hand.
func logByHand(ctx context.Context, tx bun.Tx, picked where, at time.Time) error {
	const query = `
		INSERT INTO authorize_log (task, image_id, status, at)
		SELECT ?, i.id, ?, ? FROM image AS i WHERE ? AND NOT i.authorized
		ON CONFLICT (task, image_id) DO UPDATE SET at = excluded.at`
	_, err := tx.NewRaw(query, authorizeTask(at, taskManual), authorizeDone, millis(at), picked).Exec(ctx)
	return err
}

// AuthorizeTask is what the rule, or people, authorized on one day.
type AuthorizeTask struct {
	Number    int64
	Manual    bool      // by hand
	Day       time.Time // midnight UTC
	Last      time.Time // last success; zero when there was none
	Succeeded int
	Refused   int // for the first time, by the daily limit
}

var authorizeTaskListing = listing{
	filters: filters{
		ByOutcome: words(map[string]where{
			Authorized:    cond("t.refused = 0"),
			PartlyRefused: cond("t.refused > 0 AND t.succeeded > 0"),
			Refused:       cond("t.succeeded = 0"),
		}),
		ByManual: yesNo(cond("t.task % 10 = ?", taskManual)), // the last digit is the kind, see authorizeTask
	},
	usual: "t.task DESC",
}

// Tasks returns a page of the tasks from one day to another, both included,
// newest first, and how many match in all. Filters: ByOutcome, ByManual. No
// orders.
func (s Authorizations) Tasks(ctx context.Context, from, to time.Time, p Page) ([]AuthorizeTask, int, error) {
	c, order, err := authorizeTaskListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	const days = `
		(
			SELECT task, COUNT(CASE WHEN status = ?0 THEN 1 END) AS succeeded,
				COUNT(CASE WHEN status <> ?0 THEN 1 END) AS refused,
				COALESCE(MAX(CASE WHEN status = ?0 THEN at END), 0) AS last_at
			FROM authorize_log WHERE task BETWEEN ?1 AND ?2 GROUP BY task) AS t`
	list := cond(days, authorizeDone, authorizeTask(from, 0), authorizeTask(to, 9))
	var total int
	if err := s.db.r.NewRaw("SELECT COUNT(*) FROM ? WHERE ?", list, c).Scan(ctx, &total); err != nil {
		return nil, 0, err
	}
	var rows []struct {
		Task, LastAt       int64
		Succeeded, Refused int
	}
	err = s.db.r.NewRaw("SELECT t.* FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?",
		list, c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	out := make([]AuthorizeTask, len(rows))
	for i, r := range rows {
		out[i] = AuthorizeTask{
			Number: r.Task, Manual: r.Task%10 == taskManual, Day: authorizeDay(r.Task), Last: fromMillis(r.LastAt),
			Succeeded: r.Succeeded, Refused: r.Refused,
		}
	}
	return out, total, err
}

// Authorization is what a task decided for one image.
type Authorization struct {
	ImageID    string
	Name       string // one of the image's names
	Refused    bool   // by the daily limit
	At         time.Time
	Authorized bool // now
}

var authorizationListing = listing{
	filters: filters{
		ByOutcome: words(map[string]where{
			Authorized: cond("g.status = ?", authorizeDone),
			Refused:    cond("g.status = ?", authorizeRefused),
		}),
		ByImageID: text("g.image_id"),
	},
	orders: map[OrderBy]string{OrderByTime: "g.at"},
	usual:  "g.at DESC, g.image_id",
	tie:    "g.image_id",
}

// Log returns a page of what a task decided, newest first, and how many match
// in all. NotFound when there is no such task. Filters: ByOutcome, ByImageID.
// Orders: OrderByTime.
func (s Authorizations) Log(ctx context.Context, task int64, p Page) ([]Authorization, int, error) {
	c, order, err := authorizationListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	known, err := s.db.count(ctx, "authorize_log AS g", cond("g.task = ?", task))
	if err != nil {
		return nil, 0, err
	}
	if known == 0 {
		return nil, 0, landwaiter.Errorf(landwaiter.NotFound, "no authorization task %d", task)
	}
	c = and(cond("g.task = ?", task), c)
	total, err := s.db.count(ctx, "authorize_log AS g", c)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		ImageID, Name, Status string
		At                    int64
		Authorized            bool
	}
	const query = `
		SELECT g.image_id, g.status, g.at, i.authorized,
			COALESCE((SELECT MIN(n.name) FROM image_name AS n WHERE n.image_id = g.image_id), '') AS name
		FROM authorize_log AS g JOIN image AS i ON i.id = g.image_id WHERE ? ORDER BY ? LIMIT ? OFFSET ?`
	err = s.db.r.NewRaw(query, c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	out := make([]Authorization, len(rows))
	for i, r := range rows {
		out[i] = Authorization{
			ImageID: r.ImageID, Name: r.Name, Refused: r.Status == authorizeRefused, At: fromMillis(r.At),
			Authorized: r.Authorized,
		}
	}
	return out, total, err
}

// maxAutoScans is how many images one call of AutoScans returns: 71 bytes
// each, so that lists of them stay below a megabyte of SQL.
const maxAutoScans = 10000

// AutoScans returns the images, at most 10,000, that the rule authorized and wants
// scanned, and that EndAutoScans was not called for. A selection without images
// means that none are left.
func (s Authorizations) AutoScans(ctx context.Context) (landwaiter.Selection, error) {
	var rows []struct {
		ImageID string
		Scan    uint8
	}
	const query = "SELECT image_id, scan FROM authorize_log WHERE scan > 0 ORDER BY at, image_id LIMIT ?"
	err := s.db.r.NewRaw(query, maxAutoScans).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return landwaiter.Selection{}, err
	}
	sel := landwaiter.Selection{Kinds: landwaiter.ScanKind(rows[0].Scan)}
	for _, r := range rows {
		if r.Scan == rows[0].Scan { // the rule may have changed in between
			sel.Images = append(sel.Images, r.ImageID)
		}
	}
	return sel, nil
}

// EndAutoScans records that the scan of what AutoScans returned has begun.
func (s Authorizations) EndAutoScans(ctx context.Context, sel landwaiter.Selection) error {
	return s.db.tx(ctx, func(tx bun.Tx) error {
		for _, ids := range chunks(sel.Images, insertChunk) {
			const query = "UPDATE authorize_log SET scan = 0 WHERE scan = ? AND image_id IN (?)"
			_, err := tx.NewRaw(query, int(sel.Kinds), bun.List(ids)).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
