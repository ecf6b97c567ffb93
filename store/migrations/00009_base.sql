-- +goose Up
-- Which images have another's layers as their lowest ones.

ALTER TABLE image ADD COLUMN chain_id TEXT NOT NULL DEFAULT ''; -- of all layers; '' in images stored before, until they are read again
CREATE INDEX image_chain ON image (chain_id);

-- +goose Down
DROP INDEX image_chain;
ALTER TABLE image DROP COLUMN chain_id;
