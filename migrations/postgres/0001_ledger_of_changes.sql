-- What was appended stays: not even the program's own mistakes may edit history.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

-- Facts about the installation, such as the clock offset of a demo.
CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL CHECK (json_typeof(value::json) <> ''),
    updated_at TIMESTAMPTZ NOT NULL,
    actor      TEXT NOT NULL
);

-- Every change, in the order in which it became visible. Feeds, alerts and live pages read it.
CREATE TABLE event (
    seq       BIGINT PRIMARY KEY, -- gapless
    claim     UUID,
    claim_seq BIGINT, -- gapless per claim
    kind      TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    actor     TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL CHECK (json_typeof(body::json) <> ''),
    UNIQUE (claim, claim_seq),
    CHECK ((claim IS NULL) = (claim_seq IS NULL))
);
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX event_by_kind ON event (kind, seq);
CREATE INDEX event_by_time ON event (at);

-- One row per event: hash = SHA-256 of the previous hash and this row, so that no edit goes unseen.
CREATE TABLE audit (
    seq         BIGINT PRIMARY KEY REFERENCES event (seq),
    at          TIMESTAMPTZ NOT NULL,
    actor       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    claim       UUID,
    subject     TEXT NOT NULL,
    body_sha256 TEXT NOT NULL CHECK (length(body_sha256) = 64),
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
);
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far a reader has seen the events, for "since your last visit".
CREATE TABLE visit (
    visitor TEXT PRIMARY KEY,
    at      TIMESTAMPTZ NOT NULL,
    seq     BIGINT NOT NULL
);

-- Replies kept for requests that may be sent twice.
CREATE TABLE idempotency_key (
    key            TEXT PRIMARY KEY,
    request_sha256 TEXT NOT NULL CHECK (length(request_sha256) = 64),
    at             TIMESTAMPTZ NOT NULL,
    reply          TEXT CHECK (json_typeof(reply::json) <> '') -- absent while the first request is at work
);

CREATE INDEX idempotency_key_by_time ON idempotency_key (at);
