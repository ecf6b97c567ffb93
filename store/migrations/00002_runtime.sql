-- +goose Up
-- Where images run: hosts, clusters and containers as the live sources see
-- them; why an image scan was chosen; which analysers a report is from.

CREATE TABLE host (
    id      TEXT PRIMARY KEY,
    source  TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    os      TEXT NOT NULL,
    engine  TEXT NOT NULL, -- "docker 28.2.2"
    seen_at BIGINT NOT NULL
);

CREATE TABLE cluster (
    id      TEXT PRIMARY KEY,
    source  TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    version TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE container (
    source     TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    image_id   TEXT NOT NULL, -- config digest
    host_id    TEXT NOT NULL DEFAULT '',
    cluster_id TEXT NOT NULL DEFAULT '',
    state      TEXT NOT NULL, -- "running", "exited", ...
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX container_image ON container (image_id, state);
CREATE INDEX container_cluster ON container (cluster_id, image_id);

ALTER TABLE layer ADD COLUMN took_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN token_hash BYTEA; -- SHA-256; temporary keys only
ALTER TABLE api_key ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
-- Which source told a name last, and when: a tag moves from image to image.
ALTER TABLE image_name ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE image_name ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX image_name_source ON image_name (source, name, seen_at);
ALTER TABLE image_scan ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE image ADD COLUMN scan_engine TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE image DROP COLUMN scan_engine;
ALTER TABLE image_scan DROP COLUMN why;
DROP INDEX image_name_source;
ALTER TABLE image_name DROP COLUMN seen_at;
ALTER TABLE image_name DROP COLUMN source;
ALTER TABLE api_key DROP COLUMN expires_at;
ALTER TABLE api_key DROP COLUMN token_hash;
ALTER TABLE layer DROP COLUMN took_ms;
DROP TABLE container;
DROP TABLE cluster;
DROP TABLE host;
