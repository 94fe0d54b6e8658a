CREATE TABLE source (
    id         TEXT PRIMARY KEY,
    title      TEXT NOT NULL,
    n          BIGINT NOT NULL CHECK (n >= 1), -- of its document
    built_in   BOOLEAN NOT NULL,
    retired    BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER source_no_delete BEFORE DELETE OR TRUNCATE ON source
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One version of where and how a source is read; never edited.
CREATE TABLE source_version (
    source   TEXT NOT NULL REFERENCES source (id),
    n        BIGINT NOT NULL CHECK (n >= 1),
    document TEXT NOT NULL,
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    reason   TEXT,
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source, n)
);
CREATE TRIGGER source_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON source_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- When a source is due and how it does. The scheduler's truth.
CREATE TABLE source_state (
    source              TEXT PRIMARY KEY REFERENCES source (id),
    next_due_at         TIMESTAMPTZ,
    paused              BOOLEAN NOT NULL,
    pause_reason        TEXT,
    last_fetch_at       TIMESTAMPTZ,
    last_poll_at        TIMESTAMPTZ, -- last trusted answer
    last_new_content_at TIMESTAMPTZ,
    last_content        TEXT CHECK (length(last_content) = 64),
    standing_fetch      UUID, -- the one that brought it
    etag                TEXT,
    last_modified       TEXT,
    failures            BIGINT NOT NULL CHECK (failures >= 0), -- in a row
    wait_until          TIMESTAMPTZ, -- backoff or Retry-After
    last_error          TEXT,
    stale_since         TIMESTAMPTZ,
    moved_to            TEXT, -- where a redirect leads that awaits a person's yes
    updated_at          TIMESTAMPTZ NOT NULL
);

CREATE INDEX source_state_due ON source_state (next_due_at);

-- The bytes that were fetched, compressed, named by the SHA-256 of what was fetched.
CREATE TABLE snapshot (
    sha256    TEXT PRIMARY KEY CHECK (length(sha256) = 64),
    zstd      BYTEA NOT NULL,
    size      BIGINT NOT NULL CHECK (size >= 0), -- before compression
    mime      TEXT,
    stored_at TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER snapshot_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One fetch of a source: what was asked, what came back. A trusted answer is a poll.
CREATE TABLE source_fetch (
    id          UUID PRIMARY KEY,
    source      TEXT NOT NULL REFERENCES source (id),
    source_n    BIGINT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    cause       TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    poll        BOOLEAN NOT NULL, -- a trusted answer: new content, or the same as before
    content     TEXT CHECK (length(content) = 64), -- names what stands after it; of several files the digest of their list
    files       TEXT NOT NULL CHECK (json_typeof(files::json) <> ''), -- name, address, status, headers, sha256, size and type of each
    status      BIGINT,
    final_url   TEXT,
    headers     TEXT NOT NULL CHECK (json_typeof(headers::json) <> ''),
    error       TEXT,
    bytes       BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    actor       TEXT NOT NULL
);
CREATE TRIGGER source_fetch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON source_fetch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX source_fetch_by_source ON source_fetch (source, at);
CREATE INDEX source_fetch_polls ON source_fetch (source, poll, at);
CREATE INDEX source_fetch_by_content ON source_fetch (content);

-- One benchmark's table in a fetch that brought new content, and what the gate said of it.
CREATE TABLE snapshot_table (
    fetch_id       UUID NOT NULL REFERENCES source_fetch (id),
    benchmark      TEXT NOT NULL,
    source         TEXT NOT NULL REFERENCES source (id),
    content        TEXT NOT NULL CHECK (length(content) = 64),
    observed_at    TIMESTAMPTZ NOT NULL,
    version        TEXT,
    verdict        TEXT NOT NULL,
    reason         TEXT,
    trusted_at     TIMESTAMPTZ, -- from when on it decides
    rows           BIGINT NOT NULL CHECK (rows >= 0),
    spec           TEXT NOT NULL CHECK (json_typeof(spec::json) <> ''),
    figures        TEXT NOT NULL CHECK (json_typeof(figures::json) <> ''),
    released_by    TEXT,
    released_at    TIMESTAMPTZ,
    release_reason TEXT,
    updated_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (fetch_id, benchmark)
);
CREATE TRIGGER snapshot_table_no_delete BEFORE DELETE OR TRUNCATE ON snapshot_table
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX snapshot_table_by_benchmark ON snapshot_table (benchmark, observed_at);
CREATE INDEX snapshot_table_by_verdict ON snapshot_table (verdict, observed_at);
CREATE INDEX snapshot_table_by_source ON snapshot_table (source, observed_at);

-- What the gate remembers of a benchmark between snapshots.
CREATE TABLE gate_state (
    benchmark      TEXT PRIMARY KEY,
    source         TEXT NOT NULL REFERENCES source (id),
    state          TEXT NOT NULL CHECK (json_typeof(state::json) <> ''),
    next_change_at TIMESTAMPTZ, -- when a quarantine or a hold may end by itself
    updated_at     TIMESTAMPTZ NOT NULL
);

CREATE INDEX gate_state_due ON gate_state (next_change_at);

-- One row of a table, as extraction read it.
CREATE TABLE observation (
    fetch_id       UUID NOT NULL,
    benchmark      TEXT NOT NULL,
    position       BIGINT NOT NULL,
    row_key        TEXT NOT NULL,
    model          TEXT NOT NULL,
    score          TEXT, -- exact decimal
    score_real     DOUBLE PRECISION CHECK (score_real BETWEEN -1e300 AND 1e300), -- for sorting
    as_of          DATE,
    openness       TEXT NOT NULL,
    registry_model TEXT,
    flags          TEXT NOT NULL CHECK (json_typeof(flags::json) <> ''),
    row_json       TEXT NOT NULL CHECK (json_typeof(row_json::json) <> ''),
    PRIMARY KEY (fetch_id, benchmark, position),
    FOREIGN KEY (fetch_id, benchmark) REFERENCES snapshot_table (fetch_id, benchmark)
);
CREATE TRIGGER observation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON observation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX observation_of_row ON observation (benchmark, row_key);
CREATE INDEX observation_by_score ON observation (fetch_id, benchmark, openness, score_real);

-- A row that jumped: shown, and not used, until it has stood or a person releases it.
CREATE TABLE row_hold (
    fetch_id       UUID NOT NULL,
    benchmark      TEXT NOT NULL,
    row_key        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    was            TEXT,
    score          TEXT,
    held_at        TIMESTAMPTZ NOT NULL,
    released_at    TIMESTAMPTZ,
    released_by    TEXT,
    release_reason TEXT,
    PRIMARY KEY (fetch_id, benchmark, row_key),
    FOREIGN KEY (fetch_id, benchmark) REFERENCES snapshot_table (fetch_id, benchmark)
);
CREATE TRIGGER row_hold_no_delete BEFORE DELETE OR TRUNCATE ON row_hold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX row_hold_open ON row_hold (released_at, held_at);
CREATE INDEX row_hold_by_benchmark ON row_hold (benchmark, released_at);

-- A person's word on whether a model is open; the latest counts.
CREATE TABLE openness_override (
    id       UUID PRIMARY KEY,
    source   TEXT,
    model    TEXT NOT NULL,
    openness TEXT NOT NULL,
    reason   TEXT NOT NULL,
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER openness_override_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON openness_override
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX openness_override_by_model ON openness_override (model, at);

CREATE TABLE registry_file (
    name     TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    content  TEXT NOT NULL,
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);

CREATE TABLE registry_model (
    file         TEXT NOT NULL REFERENCES registry_file (name),
    position     BIGINT NOT NULL,
    model_id     TEXT NOT NULL,
    display_name TEXT NOT NULL,
    organisation TEXT,
    open_weights BOOLEAN,
    release_date TEXT,
    entry        TEXT NOT NULL CHECK (json_typeof(entry::json) <> ''),
    PRIMARY KEY (file, position)
);

CREATE INDEX registry_model_by_id ON registry_model (model_id);

-- A question that only a person can answer: is this model open, what does this cell say, which of two figures is right.
CREATE TABLE review_item (
    id        UUID PRIMARY KEY,
    kind      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    claim     UUID REFERENCES claim (id),
    source    TEXT REFERENCES source (id),
    detail    TEXT NOT NULL CHECK (json_typeof(detail::json) <> ''),
    opened_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    closed_by TEXT,
    answer    TEXT CHECK (json_typeof(answer::json) <> ''),
    UNIQUE (kind, subject)
);
CREATE TRIGGER review_item_no_delete BEFORE DELETE OR TRUNCATE ON review_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX review_item_open ON review_item (closed_at, opened_at);
