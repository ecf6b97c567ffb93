-- +goose Up
-- Findings that people or VEX documents say are none, and the upgrade that
-- closes all flaws of a package version.

ALTER TABLE package_vulnerability ADD COLUMN upgrade TEXT NOT NULL DEFAULT '';
-- What is stored has no upgrade yet: the next import judges all anew.
INSERT INTO setting (name, value) SELECT 'rematch_pending', '1' WHERE EXISTS (SELECT 1 FROM package_vulnerability) ON CONFLICT (name) DO NOTHING;

CREATE TABLE suppression (
    id            TEXT PRIMARY KEY,
    vulnerability TEXT NOT NULL,
    package       TEXT NOT NULL, -- '': all
    image         TEXT NOT NULL, -- '': all
    name_like     TEXT NOT NULL, -- LIKE pattern for names in lower case; '': image is a digest, or ''
    status        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    source        TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL -- 0: never
);
CREATE INDEX suppression_source ON suppression (source);

-- The verdicts that a suppression is about, whichever images it is for.
CREATE TABLE suppressed (
    package_id     BIGINT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    vulnerability  TEXT NOT NULL,
    suppression_id TEXT NOT NULL REFERENCES suppression (id) ON DELETE CASCADE,
    PRIMARY KEY (package_id, vulnerability, suppression_id)
);
CREATE INDEX suppressed_suppression ON suppressed (suppression_id);

-- +goose Down
DROP TABLE suppressed;
DROP TABLE suppression;
ALTER TABLE package_vulnerability DROP COLUMN upgrade;
