-- +goose Up
-- The distribution package that installed the file; '' when none did.

ALTER TABLE image_package ADD COLUMN owner TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE image_package DROP COLUMN owner;
