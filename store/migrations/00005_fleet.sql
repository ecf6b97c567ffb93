-- +goose Up
-- Syncs as rows: who reads a source, how far it is, and who asked for it.

ALTER TABLE source ADD COLUMN requested_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN sync_started BIGINT NOT NULL DEFAULT 0; -- the last one
ALTER TABLE source ADD COLUMN sync_owner TEXT NOT NULL DEFAULT '';    -- '' when nobody reads it
ALTER TABLE source ADD COLUMN sync_beat BIGINT NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN sync_read BIGINT NOT NULL DEFAULT 0;    -- images read so far

CREATE TABLE sync_task (
    number     BIGINT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE sync_task_source (
    number     BIGINT NOT NULL REFERENCES sync_task (number) ON DELETE CASCADE,
    source     TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL, -- of the task
    ended_at   BIGINT NOT NULL DEFAULT 0,
    error      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (number, source)
);
CREATE INDEX sync_task_source_open ON sync_task_source (source, ended_at);

-- What a locator meant when it was read: equal means that nothing changed.
ALTER TABLE image_place ADD COLUMN digest TEXT NOT NULL DEFAULT '';

-- Which tasks go first, and when a scan that failed for a while is tried again.
ALTER TABLE task ADD COLUMN class INTEGER NOT NULL DEFAULT 3;
ALTER TABLE image_scan ADD COLUMN retries INTEGER NOT NULL DEFAULT 0; -- tries that ended with a transient failure
ALTER TABLE image_scan ADD COLUMN retry_at BIGINT NOT NULL DEFAULT 0;
DROP INDEX image_scan_state;
CREATE INDEX image_scan_state ON image_scan (task_id, state, queued, retry_at, seq, risky); -- risky: progress reads the index alone

ALTER TABLE worker ADD COLUMN slots INTEGER NOT NULL DEFAULT 0; -- scans at once
CREATE INDEX layer_analysis_at ON layer_analysis (at);

-- +goose Down
DROP INDEX layer_analysis_at;
ALTER TABLE worker DROP COLUMN slots;
DROP INDEX image_scan_state;
CREATE INDEX image_scan_state ON image_scan (task_id, state, queued, seq);
ALTER TABLE image_scan DROP COLUMN retry_at;
ALTER TABLE image_scan DROP COLUMN retries;
ALTER TABLE task DROP COLUMN class;
ALTER TABLE image_place DROP COLUMN digest;
DROP TABLE sync_task_source;
DROP TABLE sync_task;
ALTER TABLE source DROP COLUMN sync_read;
ALTER TABLE source DROP COLUMN sync_beat;
ALTER TABLE source DROP COLUMN sync_owner;
ALTER TABLE source DROP COLUMN sync_started;
ALTER TABLE source DROP COLUMN requested_at;
