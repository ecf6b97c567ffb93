-- +goose Up
-- Where a package comes from, if that is not the public registry of its
-- ecosystem; '' for the registry.

ALTER TABLE package ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- From which source package a distribution builds a binary package, as its
-- advisories say. The ecosystem and the name of the source are those under which
-- advisories are filed.

CREATE TABLE source_binary (
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (ecosystem, name, source)
);

-- Those of Ubuntu are read again for it, at the next import or update.
UPDATE advisory SET hash = '' WHERE id LIKE 'UBUNTU-%' OR id LIKE 'USN-%';
UPDATE advisory_part SET etag = '', last_modified = '', cursor_time = 0 WHERE ecosystem = 'Ubuntu';
DELETE FROM setting WHERE name LIKE 'imported %';

-- +goose Down
DROP TABLE source_binary;
ALTER TABLE package DROP COLUMN origin;
