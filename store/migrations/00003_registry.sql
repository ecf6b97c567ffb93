-- +goose Up
-- Registries, their images and the tasks over them by number, as the wire
-- names them. 0 means that none was given yet; a number is never given twice.

ALTER TABLE source ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN registry_type TEXT NOT NULL DEFAULT '';
ALTER TABLE source ADD COLUMN settings BYTEA; -- sealed: it may hold a token
ALTER TABLE source ADD COLUMN first_scan TEXT NOT NULL DEFAULT ''; -- 'latest' or 'all': still to be done

-- What a locator in a registry says, read when it gets its number; created is
-- the image's.
ALTER TABLE image_place ADD COLUMN number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE image_place ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE image_place ADD COLUMN repository TEXT NOT NULL DEFAULT '';
ALTER TABLE image_place ADD COLUMN tag TEXT NOT NULL DEFAULT '';
ALTER TABLE image_place ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX image_place_number ON image_place (number) WHERE number > 0;
CREATE INDEX image_place_unnumbered ON image_place (source) WHERE number = 0;
CREATE INDEX image_place_created ON image_place (created, number) WHERE number > 0;
CREATE INDEX image_place_repository ON image_place (source, namespace, repository, gone, created, tag, number);

CREATE TABLE registry_task (
    number    BIGINT PRIMARY KEY,
    task_id   TEXT NOT NULL UNIQUE REFERENCES task (id) ON DELETE CASCADE,
    one_click BOOLEAN NOT NULL
);

-- The last numbers given.
INSERT INTO setting (name, value) VALUES ('last_registry', '0'), ('last_registry_image', '0'), ('last_registry_task', '0');

-- +goose Down
DELETE FROM setting WHERE name IN ('last_registry', 'last_registry_image', 'last_registry_task');
DROP TABLE registry_task;
DROP INDEX image_place_repository;
DROP INDEX image_place_created;
DROP INDEX image_place_unnumbered;
DROP INDEX image_place_number;
ALTER TABLE image_place DROP COLUMN created;
ALTER TABLE image_place DROP COLUMN tag;
ALTER TABLE image_place DROP COLUMN repository;
ALTER TABLE image_place DROP COLUMN namespace;
ALTER TABLE image_place DROP COLUMN number;
ALTER TABLE source DROP COLUMN first_scan;
ALTER TABLE source DROP COLUMN settings;
ALTER TABLE source DROP COLUMN registry_type;
ALTER TABLE source DROP COLUMN number;
