-- +goose Up
-- Verdicts that are not complete: clean only counts what was looked at wholly.
ALTER TABLE image ADD COLUMN incomplete TEXT NOT NULL DEFAULT '{}'; -- JSON, reason by number of kind
ALTER TABLE image_scan ADD COLUMN incomplete BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX image_scan_state;
CREATE INDEX image_scan_state ON image_scan (task_id, state, queued, retry_at, seq, risky, incomplete); -- the last two: progress reads the index alone

-- +goose Down
DROP INDEX image_scan_state;
CREATE INDEX image_scan_state ON image_scan (task_id, state, queued, retry_at, seq, risky);
ALTER TABLE image_scan DROP COLUMN incomplete;
ALTER TABLE image DROP COLUMN incomplete;
