package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

const (
	// etaSample bounds what an estimate costs: the layers of this many waiting
	// images stand for those of all.
	etaSample = 1000
	// etaWindow is the time over which the rate is measured: long enough for
	// one large layer, short enough to follow a line that became slow.
	etaWindow = 2 * time.Minute
)

// left estimates how long a task still takes: the stored bytes of the layers
// that nobody has analysed, over the rate at which layers were analysed in the
// last minutes. When all layers are known, or none was ever read, the images
// done so far tell. The deadline bounds it.
func (s *DB) left(ctx context.Context, p landwaiter.Progress, row taskRow) (time.Duration, error) {
	if p.Status == landwaiter.TaskEnd {
		return 0, nil
	}
	at := s.clock()
	bound := p.Timeout
	if row.Deadline > 0 {
		bound = max(0, fromMillis(row.Deadline).Sub(at))
	}
	bytes, err := s.bytesLeft(ctx, row.ID, p.Total-p.Done)
	if err != nil {
		return 0, err
	}
	if bytes > 0 {
		rate, err := s.readRate(ctx, p.Started, at)
		if err != nil {
			return 0, err
		}
		if rate > 0 {
			return min(bound, time.Duration(float64(bytes)/rate*float64(time.Second))), nil
		}
	}
	if p.Done == 0 || p.Started.IsZero() {
		return bound, nil
	}
	per := at.Sub(p.Started) / time.Duration(p.Done)
	return min(bound, per*time.Duration(p.Total-p.Done)), nil
}

// bytesLeft is the stored size of the unknown layers of a task's unfinished
// images.
func (s *DB) bytesLeft(ctx context.Context, taskID string, images int) (float64, error) {
	var bytes int64
	err := s.r.NewRaw("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (SELECT l.diff_id, MAX(l.size) AS size FROM "+
		"(SELECT image_id FROM image_scan WHERE task_id = ? AND state IN ('WAIT_SCAN', 'SCANNING') LIMIT ?) AS w "+
		"JOIN image_layer AS l ON l.image_id = w.image_id "+
		"WHERE NOT EXISTS (SELECT 1 FROM layer_analysis AS a WHERE a.diff_id = l.diff_id) GROUP BY l.diff_id) AS x",
		taskID, etaSample).Scan(ctx, &bytes)
	return float64(bytes) * float64(images) / float64(max(1, min(images, etaSample))), err
}

// readRate is how many stored bytes of layers a second all workers together
// analysed since the task began, in the last minutes of it; before the first
// layer, how fast a single one was lately. 0 when no layer was ever read.
func (s *DB) readRate(ctx context.Context, started, at time.Time) (float64, error) {
	if since := at.Add(-etaWindow); started.Before(since) {
		started = since
	}
	var bytes int64
	err := s.r.NewRaw("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (SELECT l.diff_id, MAX(l.size) AS size FROM image_layer AS l "+
		"WHERE l.diff_id IN (SELECT a.diff_id FROM layer_analysis AS a WHERE a.at >= ?) GROUP BY l.diff_id) AS x", millis(started)).Scan(ctx, &bytes)
	if err != nil {
		return 0, err
	}
	if seconds := at.Sub(started).Seconds(); bytes > 0 && seconds > 0 {
		return float64(bytes) / seconds, nil
	}
	rate, err := layerRate(ctx, s.r)
	return float64(rate), err
}

// layerRate is how many stored bytes a second of one layer the newest layers
// were read with.
func layerRate(ctx context.Context, db bun.IDB) (rate int64, err error) {
	err = db.NewRaw("SELECT CAST(COALESCE(SUM(size) * 1000 / NULLIF(SUM(took_ms), 0), 0) AS BIGINT) FROM (SELECT d.took_ms, "+
		"(SELECT MAX(l.size) FROM image_layer AS l WHERE l.diff_id = d.diff_id) AS size "+
		"FROM layer AS d JOIN layer_analysis AS a ON a.diff_id = d.diff_id WHERE d.took_ms > 0 ORDER BY a.at DESC LIMIT 200) AS x").Scan(ctx, &rate)
	return rate, err
}
