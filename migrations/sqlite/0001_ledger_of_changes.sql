-- Facts about the installation, such as the clock offset of a demo.
CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL CHECK (json_valid(value)),
    updated_at TEXT NOT NULL,
    actor      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every change, in the order in which it became visible. Feeds, alerts and live pages read it.
CREATE TABLE event (
    seq       INTEGER PRIMARY KEY, -- gapless
    claim     BLOB CHECK (length(claim) = 16),
    claim_seq INTEGER, -- gapless per claim
    kind      TEXT NOT NULL,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (claim, claim_seq),
    CHECK ((claim IS NULL) = (claim_seq IS NULL))
) STRICT;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'event is append-only'); END;

CREATE INDEX event_by_kind ON event (kind, seq);
CREATE INDEX event_by_time ON event (at);

-- One row per event: hash = SHA-256 of the previous hash and this row, so that no edit goes unseen.
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY REFERENCES event (seq),
    at          TEXT NOT NULL,
    actor       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    claim       BLOB CHECK (length(claim) = 16),
    subject     TEXT NOT NULL,
    body_sha256 TEXT NOT NULL CHECK (length(body_sha256) = 64),
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- How far a reader has seen the events, for "since your last visit".
CREATE TABLE visit (
    visitor TEXT PRIMARY KEY,
    at      TEXT NOT NULL,
    seq     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Replies kept for requests that may be sent twice.
CREATE TABLE idempotency_key (
    key            TEXT PRIMARY KEY,
    request_sha256 TEXT NOT NULL CHECK (length(request_sha256) = 64),
    at             TEXT NOT NULL,
    reply          TEXT CHECK (json_valid(reply)) -- absent while the first request is at work
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_key_by_time ON idempotency_key (at);
