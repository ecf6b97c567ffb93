-- +goose Up
-- One schema for SQLite and PostgreSQL. Times are Unix milliseconds (0: none).
-- BYTEA has no special meaning to SQLite, which stores the bytes as they are.
-- Column order in the keys follows the queries that use them.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    secret     BYTEA NOT NULL, -- sealed with the master key
    role       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE source (
    name       TEXT PRIMARY KEY,
    type       TEXT NOT NULL,
    config     BYTEA NOT NULL, -- sealed: it may hold a password
    created_at BIGINT NOT NULL,
    synced_at  BIGINT NOT NULL DEFAULT 0,
    sync_error TEXT NOT NULL DEFAULT ''
);

CREATE TABLE image (
    id              TEXT PRIMARY KEY, -- config digest
    manifest_digest TEXT NOT NULL,
    repo_digests    TEXT NOT NULL, -- JSON
    created         BIGINT NOT NULL,
    size            BIGINT NOT NULL,
    os              TEXT NOT NULL,
    architecture    TEXT NOT NULL,
    variant         TEXT NOT NULL,
    author          TEXT NOT NULL,
    config          TEXT NOT NULL, -- JSON
    first_seen      BIGINT NOT NULL,
    authorized      BOOLEAN NOT NULL DEFAULT TRUE,
    trusted         BOOLEAN NOT NULL DEFAULT FALSE,
    -- What the last finished scan saw; stays until the next one replaces it.
    distro          TEXT NOT NULL DEFAULT '{}', -- JSON of OSRelease
    distro_name     TEXT NOT NULL DEFAULT '',   -- "debian:12"
    scan_state      TEXT NOT NULL DEFAULT 'NOT_SCAN',
    scan_reason     TEXT NOT NULL DEFAULT '',
    scan_time       BIGINT NOT NULL DEFAULT 0,
    scan_kinds      INTEGER NOT NULL DEFAULT 0, -- kinds that have a report
    component_cnt   INTEGER NOT NULL DEFAULT 0,
    unread          TEXT NOT NULL DEFAULT '[]'  -- JSON of the coverage of layers that could not be read
);
CREATE INDEX image_created ON image (created);

CREATE TABLE image_name (
    image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    PRIMARY KEY (image_id, name)
);

CREATE TABLE image_place (
    source   TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    locator  TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    seen_at  BIGINT NOT NULL,
    gone     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (source, locator, image_id)
);
CREATE INDEX image_place_image ON image_place (image_id);

CREATE TABLE image_layer (
    image_id   TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    idx        INTEGER NOT NULL,
    diff_id    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size       BIGINT NOT NULL,
    PRIMARY KEY (image_id, idx)
);
CREATE INDEX image_layer_diff ON image_layer (diff_id);

CREATE TABLE layer (
    diff_id    TEXT PRIMARY KEY,
    size       BIGINT NOT NULL, -- uncompressed
    files      BIGINT NOT NULL,
    path_index BYTEA NOT NULL
);

CREATE TABLE layer_analysis (
    diff_id  TEXT NOT NULL REFERENCES layer (diff_id) ON DELETE CASCADE,
    analyser TEXT NOT NULL,
    version  TEXT NOT NULL,
    state    TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at       BIGINT NOT NULL,
    facts    BYTEA NOT NULL, -- zstd of JSON
    PRIMARY KEY (diff_id, analyser, version)
);

CREATE TABLE package (
    id             BIGINT PRIMARY KEY, -- hash of the other columns
    type           TEXT NOT NULL,
    ecosystem      TEXT NOT NULL,
    name           TEXT NOT NULL,
    version        TEXT NOT NULL,
    arch           TEXT NOT NULL,
    source_name    TEXT NOT NULL,
    source_version TEXT NOT NULL,
    modularity     TEXT NOT NULL,
    purl           TEXT NOT NULL
);

-- The names under which advisories may speak of a package.
CREATE TABLE package_key (
    ecosystem  TEXT NOT NULL,
    name       TEXT NOT NULL,
    package_id BIGINT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    PRIMARY KEY (ecosystem, name, package_id)
);
CREATE INDEX package_key_package ON package_key (package_id);

CREATE TABLE image_package (
    image_id   TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    package_id BIGINT NOT NULL REFERENCES package (id),
    path       TEXT NOT NULL,
    layer_idx  INTEGER NOT NULL,
    dev        BOOLEAN NOT NULL,
    PRIMARY KEY (image_id, package_id, path)
);
CREATE INDEX image_package_package ON image_package (package_id);

-- The only place a match is stored: one row for each distinct package version
-- and flaw, however many images hold it.
CREATE TABLE package_vulnerability (
    package_id  BIGINT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    advisory    TEXT NOT NULL,
    aliases     TEXT NOT NULL, -- JSON
    fixed       TEXT NOT NULL,
    severity    INTEGER NOT NULL,
    cvss        DOUBLE PRECISION NOT NULL,
    cvss_vector TEXT NOT NULL,
    kev         BOOLEAN NOT NULL,
    summary     TEXT NOT NULL,
    published   BIGINT NOT NULL,
    PRIMARY KEY (package_id, id)
);

CREATE TABLE package_malware (
    package_id BIGINT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    severity   INTEGER NOT NULL,
    PRIMARY KEY (package_id, name)
);

CREATE TABLE image_malware (
    image_id   TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    name       TEXT NOT NULL,
    layer_idx  INTEGER NOT NULL,
    engine     TEXT NOT NULL,
    severity   INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    md5        TEXT NOT NULL,
    size       BIGINT NOT NULL,
    state      TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    PRIMARY KEY (image_id, path, name, layer_idx)
);

CREATE TABLE image_risk (
    image_id    TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    n           INTEGER NOT NULL,
    rule        TEXT NOT NULL,
    severity    INTEGER NOT NULL,
    behavior    INTEGER NOT NULL,
    type        INTEGER NOT NULL,
    path        TEXT NOT NULL,
    line        INTEGER NOT NULL,
    message     TEXT NOT NULL,
    instruction TEXT NOT NULL,
    layer_idx   INTEGER NOT NULL, -- -1: the image config
    state       TEXT NOT NULL,
    PRIMARY KEY (image_id, n)
);

CREATE TABLE advisory (
    id        TEXT PRIMARY KEY,
    hash      BYTEA NOT NULL, -- of the record as published
    modified  BIGINT NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    body      BYTEA NOT NULL -- zstd of JSON of landwaiter.Advisory
);

CREATE TABLE advisory_affected (
    ecosystem   TEXT NOT NULL,
    name        TEXT NOT NULL,
    advisory_id TEXT NOT NULL REFERENCES advisory (id) ON DELETE CASCADE,
    PRIMARY KEY (ecosystem, name, advisory_id)
);
CREATE INDEX advisory_affected_advisory ON advisory_affected (advisory_id);

-- CVSS vectors that one record lends to another by a common CVE.
CREATE TABLE advisory_vector (
    cve         TEXT NOT NULL,
    advisory_id TEXT NOT NULL REFERENCES advisory (id) ON DELETE CASCADE,
    type        TEXT NOT NULL,
    score       TEXT NOT NULL,
    PRIMARY KEY (cve, advisory_id, type)
);
CREATE INDEX advisory_vector_advisory ON advisory_vector (advisory_id);

-- The state of each part of the advisory data.
CREATE TABLE advisory_part (
    ecosystem     TEXT PRIMARY KEY,
    records       BIGINT NOT NULL,
    newest        BIGINT NOT NULL, -- newest "modified" in the part
    imported_at   BIGINT NOT NULL,
    etag          TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    cursor_time   BIGINT NOT NULL DEFAULT 0,
    error         TEXT NOT NULL DEFAULT ''
);

CREATE TABLE enrichment (
    cve         TEXT PRIMARY KEY,
    cvss_vector TEXT NOT NULL DEFAULT '',
    kev         BIGINT NOT NULL DEFAULT 0,
    epss        DOUBLE PRECISION NOT NULL DEFAULT 0,
    exploit     TEXT NOT NULL DEFAULT ''
);

CREATE TABLE lifecycle (
    product TEXT NOT NULL,
    cycle   TEXT NOT NULL,
    eol     BIGINT NOT NULL,
    PRIMARY KEY (product, cycle)
);

CREATE TABLE task (
    id         TEXT PRIMARY KEY,
    status     TEXT NOT NULL,
    result     TEXT NOT NULL DEFAULT '',
    kinds      INTEGER NOT NULL,
    one_click  BOOLEAN NOT NULL,
    timeout_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL DEFAULT 0,
    deadline   BIGINT NOT NULL DEFAULT 0,
    ended_at   BIGINT NOT NULL DEFAULT 0,
    stopped    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX task_created ON task (created_at);

CREATE TABLE image_scan (
    task_id    TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    image_id   TEXT NOT NULL, -- copied from image, which loses no rows: checking it took a third of the time of a large task's creation
    seq        INTEGER NOT NULL,
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    tries      INTEGER NOT NULL DEFAULT 0,
    queued     BOOLEAN NOT NULL DEFAULT FALSE, -- has a job
    stopped    BOOLEAN NOT NULL DEFAULT FALSE,
    risky      BOOLEAN NOT NULL DEFAULT FALSE,
    started_at BIGINT NOT NULL DEFAULT 0,
    ended_at   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (task_id, image_id)
);
CREATE INDEX image_scan_state ON image_scan (task_id, state, queued, seq);
CREATE INDEX image_scan_image ON image_scan (image_id, state);

CREATE TABLE worker (
    id   TEXT PRIMARY KEY,
    beat BIGINT NOT NULL
);

-- +goose Down
DROP TABLE worker;
DROP TABLE image_scan;
DROP TABLE task;
DROP TABLE lifecycle;
DROP TABLE enrichment;
DROP TABLE advisory_part;
DROP TABLE advisory_vector;
DROP TABLE advisory_affected;
DROP TABLE advisory;
DROP TABLE image_risk;
DROP TABLE image_malware;
DROP TABLE package_malware;
DROP TABLE package_vulnerability;
DROP TABLE image_package;
DROP TABLE package_key;
DROP TABLE package;
DROP TABLE layer_analysis;
DROP TABLE layer;
DROP TABLE image_layer;
DROP TABLE image_place;
DROP TABLE image_name;
DROP TABLE image;
DROP TABLE source;
DROP TABLE api_key;
DROP TABLE setting;
