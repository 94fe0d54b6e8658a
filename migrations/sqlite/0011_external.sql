-- A question of another site that a claim follows: one stream of the claim, `external:NAME`.
CREATE TABLE external_question (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    name          TEXT NOT NULL, -- of its stream
    site          TEXT NOT NULL,
    address       TEXT NOT NULL, -- of its page
    api           TEXT NOT NULL, -- of its data
    mapping       TEXT NOT NULL CHECK (json_valid(mapping)), -- which answer is which option
    title         TEXT NOT NULL, -- as read last
    state         TEXT NOT NULL CHECK (json_valid(state)), -- open, closed or resolved there, as read last
    next_due_at   TEXT,
    etag          TEXT,
    last_modified TEXT,
    last_read_at  TEXT NOT NULL, -- last answer that could be read
    failures      INTEGER NOT NULL CHECK (failures >= 0), -- in a row
    wait_until    TEXT, -- backoff or Retry-After
    last_error    TEXT,
    linked_by     TEXT NOT NULL,
    linked_at     TEXT NOT NULL,
    removed_by    TEXT,
    removed_at    TEXT, -- its stream ended then
    updated_at    TEXT NOT NULL
) STRICT;
CREATE TRIGGER external_question_no_delete BEFORE DELETE ON external_question
BEGIN SELECT RAISE(ABORT, 'external_question keeps its rows'); END;

CREATE UNIQUE INDEX external_question_name ON external_question (claim, name) WHERE removed_at IS NULL;
CREATE INDEX external_question_of_claim ON external_question (claim, linked_at);
CREATE INDEX external_question_due ON external_question (next_due_at);

-- What the question said from an instant on. A new row only where it changed.
CREATE TABLE external_value (
    question      BLOB NOT NULL REFERENCES external_question (id) CHECK (length(question) = 16),
    n             INTEGER NOT NULL CHECK (n >= 1),
    at            TEXT NOT NULL, -- observed
    as_of         TEXT, -- the site's own time
    state         TEXT NOT NULL CHECK (json_valid(state)),
    probabilities TEXT NOT NULL CHECK (json_valid(probabilities)), -- one per option of the claim, in their order
    sha256        TEXT NOT NULL REFERENCES snapshot (sha256), -- the bytes it was read from
    PRIMARY KEY (question, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER external_value_no_update BEFORE UPDATE ON external_value
BEGIN SELECT RAISE(ABORT, 'external_value is append-only'); END;
CREATE TRIGGER external_value_no_delete BEFORE DELETE ON external_value
BEGIN SELECT RAISE(ABORT, 'external_value is append-only'); END;
