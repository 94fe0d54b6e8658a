-- A news feed that is followed.
CREATE TABLE feed (
    id            UUID PRIMARY KEY,
    address       TEXT NOT NULL,
    title         TEXT NOT NULL,
    next_due_at   TIMESTAMPTZ,
    etag          TEXT,
    last_modified TEXT,
    last_read_at  TIMESTAMPTZ, -- last answer that could be read
    last_new_at   TIMESTAMPTZ, -- last answer with something new
    failures      BIGINT NOT NULL CHECK (failures >= 0), -- in a row
    wait_until    TIMESTAMPTZ, -- backoff or Retry-After
    last_error    TEXT,
    added_by      TEXT NOT NULL,
    added_at      TIMESTAMPTZ NOT NULL,
    removed_by    TEXT,
    removed_at    TIMESTAMPTZ,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER feed_no_delete BEFORE DELETE OR TRUNCATE ON feed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE UNIQUE INDEX feed_address ON feed (address) WHERE removed_at IS NULL;
CREATE INDEX feed_due ON feed (next_due_at);

-- An item of a feed as it was seen first, and the signal it is a source of. Items of one story share a signal.
CREATE TABLE feed_item (
    feed         UUID NOT NULL REFERENCES feed (id),
    key          TEXT NOT NULL, -- digest of what names it within its feed
    signal       UUID REFERENCES signal (id), -- none: older than what is told
    at           TIMESTAMPTZ NOT NULL, -- seen first
    title        TEXT NOT NULL,
    link         TEXT,
    published_at TIMESTAMPTZ,
    summary      TEXT NOT NULL,
    PRIMARY KEY (key, feed)
);
CREATE TRIGGER feed_item_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON feed_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX feed_item_by_signal ON feed_item (signal);
CREATE INDEX feed_item_newest ON feed_item (at);

-- A signal that was put off comes back then.
ALTER TABLE signal_claim ADD COLUMN until TIMESTAMPTZ;
