-- +goose Up
-- The class of a flaw, and the weaknesses it comes from.

ALTER TABLE package_vulnerability ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE enrichment ADD COLUMN cwes TEXT NOT NULL DEFAULT ''; -- "CWE-79,CWE-20"
-- Records stored so far lack their weaknesses: the next import reads all anew.
UPDATE advisory SET hash = '';
DELETE FROM setting WHERE name LIKE 'imported %';

-- +goose Down
ALTER TABLE enrichment DROP COLUMN cwes;
ALTER TABLE package_vulnerability DROP COLUMN category;
