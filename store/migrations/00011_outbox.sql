-- +goose Up
-- What ended, written in the transaction that ended it, until a server has told
-- those who want to know. The ID begins with the time.

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    event TEXT NOT NULL
);

-- +goose Down
DROP TABLE outbox;
