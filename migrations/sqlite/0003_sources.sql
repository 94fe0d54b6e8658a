CREATE TABLE source (
    id         TEXT NOT NULL PRIMARY KEY,
    title      TEXT NOT NULL,
    n          INTEGER NOT NULL CHECK (n >= 1), -- of its document
    built_in   INTEGER NOT NULL CHECK (built_in IN (0, 1)),
    retired    INTEGER NOT NULL CHECK (retired IN (0, 1)),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER source_no_delete BEFORE DELETE ON source
BEGIN SELECT RAISE(ABORT, 'source keeps its rows'); END;

-- One version of where and how a source is read; never edited.
CREATE TABLE source_version (
    source   TEXT NOT NULL REFERENCES source (id),
    n        INTEGER NOT NULL CHECK (n >= 1),
    document TEXT NOT NULL,
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    reason   TEXT,
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (source, n)
) STRICT;
CREATE TRIGGER source_version_no_update BEFORE UPDATE ON source_version
BEGIN SELECT RAISE(ABORT, 'source_version is append-only'); END;
CREATE TRIGGER source_version_no_delete BEFORE DELETE ON source_version
BEGIN SELECT RAISE(ABORT, 'source_version is append-only'); END;

-- When a source is due and how it does. The scheduler's truth.
CREATE TABLE source_state (
    source              TEXT PRIMARY KEY REFERENCES source (id),
    next_due_at         TEXT,
    paused              INTEGER NOT NULL CHECK (paused IN (0, 1)),
    pause_reason        TEXT,
    last_fetch_at       TEXT,
    last_poll_at        TEXT, -- last trusted answer
    last_new_content_at TEXT,
    last_content        TEXT CHECK (length(last_content) = 64),
    standing_fetch      BLOB CHECK (length(standing_fetch) = 16), -- the one that brought it
    etag                TEXT,
    last_modified       TEXT,
    failures            INTEGER NOT NULL CHECK (failures >= 0), -- in a row
    wait_until          TEXT, -- backoff or Retry-After
    last_error          TEXT,
    stale_since         TEXT,
    moved_to            TEXT, -- where a redirect leads that awaits a person's yes
    updated_at          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX source_state_due ON source_state (next_due_at);

-- The bytes that were fetched, compressed, named by the SHA-256 of what was fetched.
CREATE TABLE snapshot (
    sha256    TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    zstd      BLOB NOT NULL,
    size      INTEGER NOT NULL CHECK (size >= 0), -- before compression
    mime      TEXT,
    stored_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER snapshot_no_update BEFORE UPDATE ON snapshot
BEGIN SELECT RAISE(ABORT, 'snapshot is append-only'); END;
CREATE TRIGGER snapshot_no_delete BEFORE DELETE ON snapshot
BEGIN SELECT RAISE(ABORT, 'snapshot is append-only'); END;

-- One fetch of a source: what was asked, what came back. A trusted answer is a poll.
CREATE TABLE source_fetch (
    id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    source      TEXT NOT NULL REFERENCES source (id),
    source_n    INTEGER NOT NULL,
    at          TEXT NOT NULL,
    cause       TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    poll        INTEGER NOT NULL CHECK (poll IN (0, 1)), -- a trusted answer: new content, or the same as before
    content     TEXT CHECK (length(content) = 64), -- names what stands after it; of several files the digest of their list
    files       TEXT NOT NULL CHECK (json_valid(files)), -- name, address, status, headers, sha256, size and type of each
    status      INTEGER,
    final_url   TEXT,
    headers     TEXT NOT NULL CHECK (json_valid(headers)),
    error       TEXT,
    bytes       INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    actor       TEXT NOT NULL
) STRICT;
CREATE TRIGGER source_fetch_no_update BEFORE UPDATE ON source_fetch
BEGIN SELECT RAISE(ABORT, 'source_fetch is append-only'); END;
CREATE TRIGGER source_fetch_no_delete BEFORE DELETE ON source_fetch
BEGIN SELECT RAISE(ABORT, 'source_fetch is append-only'); END;

CREATE INDEX source_fetch_by_source ON source_fetch (source, at);
CREATE INDEX source_fetch_polls ON source_fetch (source, poll, at);
CREATE INDEX source_fetch_by_content ON source_fetch (content);

-- One benchmark's table in a fetch that brought new content, and what the gate said of it.
CREATE TABLE snapshot_table (
    fetch_id       BLOB NOT NULL REFERENCES source_fetch (id) CHECK (length(fetch_id) = 16),
    benchmark      TEXT NOT NULL,
    source         TEXT NOT NULL REFERENCES source (id),
    content        TEXT NOT NULL CHECK (length(content) = 64),
    observed_at    TEXT NOT NULL,
    version        TEXT,
    verdict        TEXT NOT NULL,
    reason         TEXT,
    trusted_at     TEXT, -- from when on it decides
    rows           INTEGER NOT NULL CHECK (rows >= 0),
    spec           TEXT NOT NULL CHECK (json_valid(spec)),
    figures        TEXT NOT NULL CHECK (json_valid(figures)),
    released_by    TEXT,
    released_at    TEXT,
    release_reason TEXT,
    updated_at     TEXT NOT NULL,
    PRIMARY KEY (fetch_id, benchmark)
) STRICT;
CREATE TRIGGER snapshot_table_no_delete BEFORE DELETE ON snapshot_table
BEGIN SELECT RAISE(ABORT, 'snapshot_table keeps its rows'); END;

CREATE INDEX snapshot_table_by_benchmark ON snapshot_table (benchmark, observed_at);
CREATE INDEX snapshot_table_by_verdict ON snapshot_table (verdict, observed_at);
CREATE INDEX snapshot_table_by_source ON snapshot_table (source, observed_at);

-- What the gate remembers of a benchmark between snapshots.
CREATE TABLE gate_state (
    benchmark      TEXT PRIMARY KEY,
    source         TEXT NOT NULL REFERENCES source (id),
    state          TEXT NOT NULL CHECK (json_valid(state)),
    next_change_at TEXT, -- when a quarantine or a hold may end by itself
    updated_at     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX gate_state_due ON gate_state (next_change_at);

-- One row of a table, as extraction read it.
CREATE TABLE observation (
    fetch_id       BLOB NOT NULL CHECK (length(fetch_id) = 16),
    benchmark      TEXT NOT NULL,
    position       INTEGER NOT NULL,
    row_key        TEXT NOT NULL,
    model          TEXT NOT NULL,
    score          TEXT, -- exact decimal
    score_real     REAL CHECK (score_real BETWEEN -1e300 AND 1e300), -- for sorting
    as_of          TEXT,
    openness       TEXT NOT NULL,
    registry_model TEXT,
    flags          TEXT NOT NULL CHECK (json_valid(flags)),
    row_json       TEXT NOT NULL CHECK (json_valid(row_json)),
    PRIMARY KEY (fetch_id, benchmark, position),
    FOREIGN KEY (fetch_id, benchmark) REFERENCES snapshot_table (fetch_id, benchmark)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER observation_no_update BEFORE UPDATE ON observation
BEGIN SELECT RAISE(ABORT, 'observation is append-only'); END;
CREATE TRIGGER observation_no_delete BEFORE DELETE ON observation
BEGIN SELECT RAISE(ABORT, 'observation is append-only'); END;

CREATE INDEX observation_of_row ON observation (benchmark, row_key);
CREATE INDEX observation_by_score ON observation (fetch_id, benchmark, openness, score_real);

-- A row that jumped: shown, and not used, until it has stood or a person releases it.
CREATE TABLE row_hold (
    fetch_id       BLOB NOT NULL CHECK (length(fetch_id) = 16),
    benchmark      TEXT NOT NULL,
    row_key        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    was            TEXT,
    score          TEXT,
    held_at        TEXT NOT NULL,
    released_at    TEXT,
    released_by    TEXT,
    release_reason TEXT,
    PRIMARY KEY (fetch_id, benchmark, row_key),
    FOREIGN KEY (fetch_id, benchmark) REFERENCES snapshot_table (fetch_id, benchmark)
) STRICT;
CREATE TRIGGER row_hold_no_delete BEFORE DELETE ON row_hold
BEGIN SELECT RAISE(ABORT, 'row_hold keeps its rows'); END;

CREATE INDEX row_hold_open ON row_hold (released_at, held_at);
CREATE INDEX row_hold_by_benchmark ON row_hold (benchmark, released_at);

-- A person's word on whether a model is open; the latest counts.
CREATE TABLE openness_override (
    id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    source   TEXT,
    model    TEXT NOT NULL,
    openness TEXT NOT NULL,
    reason   TEXT NOT NULL,
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE TRIGGER openness_override_no_update BEFORE UPDATE ON openness_override
BEGIN SELECT RAISE(ABORT, 'openness_override is append-only'); END;
CREATE TRIGGER openness_override_no_delete BEFORE DELETE ON openness_override
BEGIN SELECT RAISE(ABORT, 'openness_override is append-only'); END;

CREATE INDEX openness_override_by_model ON openness_override (model, at);

CREATE TABLE registry_file (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    content  TEXT NOT NULL,
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_model (
    file         TEXT NOT NULL REFERENCES registry_file (name),
    position     INTEGER NOT NULL,
    model_id     TEXT NOT NULL,
    display_name TEXT NOT NULL,
    organisation TEXT,
    open_weights INTEGER CHECK (open_weights IN (0, 1)),
    release_date TEXT,
    entry        TEXT NOT NULL CHECK (json_valid(entry)),
    PRIMARY KEY (file, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX registry_model_by_id ON registry_model (model_id);

-- A question that only a person can answer: is this model open, what does this cell say, which of two figures is right.
CREATE TABLE review_item (
    id        BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    claim     BLOB REFERENCES claim (id) CHECK (length(claim) = 16),
    source    TEXT REFERENCES source (id),
    detail    TEXT NOT NULL CHECK (json_valid(detail)),
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    closed_by TEXT,
    answer    TEXT CHECK (json_valid(answer)),
    UNIQUE (kind, subject)
) STRICT;
CREATE TRIGGER review_item_no_delete BEFORE DELETE ON review_item
BEGIN SELECT RAISE(ABORT, 'review_item keeps its rows'); END;

CREATE INDEX review_item_open ON review_item (closed_at, opened_at);
