-- +goose Up
-- The automatic authorization of new images, what was authorized and when, and
-- since when images have findings.

-- A new image that the enabled rule has not authorized yet.
ALTER TABLE image ADD COLUMN awaits_rule BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX image_awaits_rule ON image (first_seen) WHERE awaits_rule;

CREATE TABLE authorize_log (
    task     BIGINT NOT NULL, -- day and kind, see authorizeTask
    image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    status   TEXT NOT NULL, -- "SUCCESS" or "REACH_LIMIT"
    at       BIGINT NOT NULL,
    scan     INTEGER NOT NULL DEFAULT 0, -- kinds of a scan that is still to be begun
    PRIMARY KEY (task, image_id)
);
CREATE INDEX authorize_log_image ON authorize_log (image_id);
CREATE INDEX authorize_log_scan ON authorize_log (at) WHERE scan > 0;

-- When an image had findings of a kind.
CREATE TABLE image_unsafe (
    image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    kind     INTEGER NOT NULL, -- one kind of scan
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL DEFAULT 0, -- 0: still
    PRIMARY KEY (image_id, kind, since)
);
CREATE INDEX image_unsafe_since ON image_unsafe (since, kind);

-- +goose Down
DROP TABLE image_unsafe;
DROP TABLE authorize_log;
DROP INDEX image_awaits_rule;
ALTER TABLE image DROP COLUMN awaits_rule;
