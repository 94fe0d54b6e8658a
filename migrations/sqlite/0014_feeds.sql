-- A news feed that is followed.
CREATE TABLE feed (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    address       TEXT NOT NULL,
    title         TEXT NOT NULL,
    next_due_at   TEXT,
    etag          TEXT,
    last_modified TEXT,
    last_read_at  TEXT, -- last answer that could be read
    last_new_at   TEXT, -- last answer with something new
    failures      INTEGER NOT NULL CHECK (failures >= 0), -- in a row
    wait_until    TEXT, -- backoff or Retry-After
    last_error    TEXT,
    added_by      TEXT NOT NULL,
    added_at      TEXT NOT NULL,
    removed_by    TEXT,
    removed_at    TEXT,
    updated_at    TEXT NOT NULL
) STRICT;
CREATE TRIGGER feed_no_delete BEFORE DELETE ON feed
BEGIN SELECT RAISE(ABORT, 'feed keeps its rows'); END;

CREATE UNIQUE INDEX feed_address ON feed (address) WHERE removed_at IS NULL;
CREATE INDEX feed_due ON feed (next_due_at);

-- An item of a feed as it was seen first, and the signal it is a source of. Items of one story share a signal.
CREATE TABLE feed_item (
    feed         BLOB NOT NULL REFERENCES feed (id) CHECK (length(feed) = 16),
    key          TEXT NOT NULL, -- digest of what names it within its feed
    signal       BLOB REFERENCES signal (id) CHECK (length(signal) = 16), -- none: older than what is told
    at           TEXT NOT NULL, -- seen first
    title        TEXT NOT NULL,
    link         TEXT,
    published_at TEXT,
    summary      TEXT NOT NULL,
    PRIMARY KEY (key, feed)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER feed_item_no_update BEFORE UPDATE ON feed_item
BEGIN SELECT RAISE(ABORT, 'feed_item is append-only'); END;
CREATE TRIGGER feed_item_no_delete BEFORE DELETE ON feed_item
BEGIN SELECT RAISE(ABORT, 'feed_item is append-only'); END;

CREATE INDEX feed_item_by_signal ON feed_item (signal);
CREATE INDEX feed_item_newest ON feed_item (at);

-- A signal that was put off comes back then.
ALTER TABLE signal_claim ADD COLUMN until TEXT;
