package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

const (
	// estimateSample bounds what an estimate costs: the layers of this many
	// waiting images stand for those of all.
	estimateSample = 1000
	// rateWindow is the time over which the rate is measured: long enough for
	// one large layer, short enough to follow a line that became slow.
	rateWindow = 2 * time.Minute
)

// BytesLeft estimates the stored size of the layers that nobody has analysed
// yet, of the unfinished images of a task. images is how many these are.
func (s Tasks) BytesLeft(ctx context.Context, taskID string, images int) (float64, error) {
	const query = `
		SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (
			SELECT l.diff_id, MAX(l.size) AS size
			FROM (SELECT image_id FROM image_scan WHERE task_id = ? AND state IN ('WAIT_SCAN', 'SCANNING') LIMIT ?) AS w
			JOIN image_layer AS l ON l.image_id = w.image_id
			WHERE NOT EXISTS (SELECT 1 FROM layer_analysis AS a WHERE a.diff_id = l.diff_id)
			GROUP BY l.diff_id) AS x`
	var bytes int64
	err := s.db.r.NewRaw(query, taskID, estimateSample).Scan(ctx, &bytes)
	return float64(bytes) * float64(images) / float64(max(1, min(images, estimateSample))), err
}

// ReadRate is how many stored bytes of layers a second all workers together
// analysed lately, since the given time at the earliest; before the first layer,
// how fast a single one was. 0 when no layer was ever read.
func (s Tasks) ReadRate(ctx context.Context, since time.Time) (float64, error) {
	at := s.db.clock()
	if start := at.Add(-rateWindow); since.Before(start) {
		since = start
	}
	const query = `
		SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (
			SELECT l.diff_id, MAX(l.size) AS size FROM image_layer AS l
			WHERE l.diff_id IN (SELECT a.diff_id FROM layer_analysis AS a WHERE a.at >= ?)
			GROUP BY l.diff_id) AS x`
	var bytes int64
	if err := s.db.r.NewRaw(query, millis(since)).Scan(ctx, &bytes); err != nil {
		return 0, err
	}
	if seconds := at.Sub(since).Seconds(); bytes > 0 && seconds > 0 {
		return float64(bytes) / seconds, nil
	}
	rate, err := layerRate(ctx, s.db.r)
	return float64(rate), err
}

// layerRate is how many stored bytes a second of one layer the newest layers
// were read with.
func layerRate(ctx context.Context, db bun.IDB) (rate int64, err error) {
	const query = `
		SELECT CAST(COALESCE(SUM(size) * 1000 / NULLIF(SUM(took_ms), 0), 0) AS BIGINT) FROM (
			SELECT d.took_ms, (SELECT MAX(l.size) FROM image_layer AS l WHERE l.diff_id = d.diff_id) AS size
			FROM layer AS d JOIN layer_analysis AS a ON a.diff_id = d.diff_id
			WHERE d.took_ms > 0 ORDER BY a.at DESC LIMIT 200) AS x`
	return rate, db.NewRaw(query).Scan(ctx, &rate)
}
