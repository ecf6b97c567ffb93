package store

import (
	"context"

	"github.com/landwaiter/landwaiter"
)

// Worst returns the highest severity that counts among the findings of the
// images that a task has scanned, of the kinds that it looked for; Unknown for
// none. Findings that are deleted in a higher layer do not count, as in
// [landwaiter.Report.Worst].
func (s Tasks) Worst(ctx context.Context, taskID string) (landwaiter.Severity, error) {
	const query = `
		SELECT COALESCE(MAX(x.severity), 0) FROM (
			SELECT MAX(v.severity) AS severity
			FROM image_scan AS i JOIN task AS t ON t.id = i.task_id
				JOIN image_package AS p ON p.image_id = i.image_id
				JOIN package_vulnerability AS v ON v.package_id = p.package_id
			WHERE i.task_id = ?0 AND i.state = 'SCANNED' AND (t.kinds & ?2) <> 0 AND ?1
			UNION ALL
			SELECT MAX(m.severity)
			FROM image_scan AS i JOIN task AS t ON t.id = i.task_id
				JOIN image_malware AS m ON m.image_id = i.image_id AND m.state = 'present'
			WHERE i.task_id = ?0 AND i.state = 'SCANNED' AND (t.kinds & ?3) <> 0
			UNION ALL
			SELECT MAX(m.severity)
			FROM image_scan AS i JOIN task AS t ON t.id = i.task_id
				JOIN image_package AS p ON p.image_id = i.image_id
				JOIN package_malware AS m ON m.package_id = p.package_id
			WHERE i.task_id = ?0 AND i.state = 'SCANNED' AND (t.kinds & ?3) <> 0
			UNION ALL
			SELECT MAX(k.severity)
			FROM image_scan AS i JOIN task AS t ON t.id = i.task_id
				JOIN image_risk AS k ON k.image_id = i.image_id AND k.state = 'present'
			WHERE i.task_id = ?0 AND i.state = 'SCANNED' AND (t.kinds & ?4) <> 0) AS x`
	var worst int
	err := s.db.r.NewRaw(query, clean(taskID), unsuppressed("i.image_id"), int(landwaiter.ScanVul),
		int(landwaiter.ScanVirus), int(landwaiter.ScanRisk)).Scan(ctx, &worst)
	return landwaiter.Severity(worst), err
}

// Incomplete lists image scans of a task that did not look at everything, those
// with findings included, in the order of the task. Reason says why.
func (s Tasks) Incomplete(ctx context.Context, taskID string, limit int) ([]landwaiter.ImageScan, error) {
	var rows []struct{ ImageID, Reason string }
	const query = `
		SELECT image_id, reason FROM image_scan WHERE task_id = ? AND state = 'SCANNED' AND incomplete
		ORDER BY seq LIMIT ?`
	err := s.db.r.NewRaw(query, clean(taskID), limit).Scan(ctx, &rows)
	out := make([]landwaiter.ImageScan, len(rows))
	for i, r := range rows {
		out[i] = landwaiter.ImageScan{TaskID: taskID, ImageID: r.ImageID, State: landwaiter.ScanDone, Reason: r.Reason}
	}
	return out, err
}
