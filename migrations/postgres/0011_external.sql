-- A question of another site that a claim follows: one stream of the claim, `external:NAME`.
CREATE TABLE external_question (
    id            UUID PRIMARY KEY,
    claim         UUID NOT NULL REFERENCES claim (id),
    name          TEXT NOT NULL, -- of its stream
    site          TEXT NOT NULL,
    address       TEXT NOT NULL, -- of its page
    api           TEXT NOT NULL, -- of its data
    mapping       TEXT NOT NULL CHECK (json_typeof(mapping::json) <> ''), -- which answer is which option
    title         TEXT NOT NULL, -- as read last
    state         TEXT NOT NULL CHECK (json_typeof(state::json) <> ''), -- open, closed or resolved there, as read last
    next_due_at   TIMESTAMPTZ,
    etag          TEXT,
    last_modified TEXT,
    last_read_at  TIMESTAMPTZ NOT NULL, -- last answer that could be read
    failures      BIGINT NOT NULL CHECK (failures >= 0), -- in a row
    wait_until    TIMESTAMPTZ, -- backoff or Retry-After
    last_error    TEXT,
    linked_by     TEXT NOT NULL,
    linked_at     TIMESTAMPTZ NOT NULL,
    removed_by    TEXT,
    removed_at    TIMESTAMPTZ, -- its stream ended then
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER external_question_no_delete BEFORE DELETE OR TRUNCATE ON external_question
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE UNIQUE INDEX external_question_name ON external_question (claim, name) WHERE removed_at IS NULL;
CREATE INDEX external_question_of_claim ON external_question (claim, linked_at);
CREATE INDEX external_question_due ON external_question (next_due_at);

-- What the question said from an instant on. A new row only where it changed.
CREATE TABLE external_value (
    question      UUID NOT NULL REFERENCES external_question (id),
    n             BIGINT NOT NULL CHECK (n >= 1),
    at            TIMESTAMPTZ NOT NULL, -- observed
    as_of         TIMESTAMPTZ, -- the site's own time
    state         TEXT NOT NULL CHECK (json_typeof(state::json) <> ''),
    probabilities TEXT NOT NULL CHECK (json_typeof(probabilities::json) <> ''), -- one per option of the claim, in their order
    sha256        TEXT NOT NULL REFERENCES snapshot (sha256), -- the bytes it was read from
    PRIMARY KEY (question, n)
);
CREATE TRIGGER external_value_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON external_value
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
