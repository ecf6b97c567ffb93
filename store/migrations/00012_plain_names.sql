-- +goose Up
-- Stored selections named their filters as the API does, and now name them in
-- the store's own words. They are JSON as encoding/json writes it: a quote
-- inside a text is escaped there, so that what is replaced is a name.
UPDATE setting SET value = REPLACE(REPLACE(REPLACE(REPLACE(value,
        '{"Name":"HostName",', '{"By":"name",'),
        '{"Name":"HostID",', '{"By":"ID",'),
        '{"Name":"DockerVersion",', '{"By":"engine",'),
        '{"Name":"Status",', '{"By":"state",')
    WHERE name = 'auto_rule';
UPDATE setting SET value = REPLACE(value, '{"Name":"RegistryImages",', '{"By":"registry selection",')
    WHERE name IN ('schedule', 'registry_schedule');

-- +goose Down
UPDATE setting SET value = REPLACE(REPLACE(REPLACE(REPLACE(value,
        '{"By":"name",', '{"Name":"HostName",'),
        '{"By":"ID",', '{"Name":"HostID",'),
        '{"By":"engine",', '{"Name":"DockerVersion",'),
        '{"By":"state",', '{"Name":"Status",')
    WHERE name = 'auto_rule';
UPDATE setting SET value = REPLACE(value, '{"By":"registry selection",', '{"Name":"RegistryImages",')
    WHERE name IN ('schedule', 'registry_schedule');
