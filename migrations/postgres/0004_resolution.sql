-- What the rule said of the state standing at an instant.
CREATE TABLE evaluation (
    claim       UUID NOT NULL REFERENCES claim (id),
    seq         BIGINT NOT NULL CHECK (seq >= 1), -- gapless per claim
    criteria_n  BIGINT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    observed_at TIMESTAMPTZ NOT NULL, -- of the newest snapshot it used
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64), -- of what it used: the same state is not evaluated twice
    verdict     TEXT NOT NULL,
    margin      DOUBLE PRECISION CHECK (margin BETWEEN -1e300 AND 1e300),
    step        TEXT NOT NULL CHECK (json_typeof(step::json) <> ''),
    snapshots   TEXT NOT NULL CHECK (json_typeof(snapshots::json) <> ''),
    PRIMARY KEY (claim, seq),
    UNIQUE (claim, fingerprint)
);
CREATE TRIGGER evaluation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX evaluation_by_time ON evaluation (claim, observed_at);

CREATE TABLE proposal (
    id                UUID PRIMARY KEY,
    claim             UUID NOT NULL REFERENCES claim (id),
    criteria_n        BIGINT NOT NULL,
    outcome           TEXT NOT NULL,
    basis             TEXT NOT NULL, -- the rule, or a person
    status            TEXT NOT NULL,
    first_hit         TIMESTAMPTZ,
    event_date        TIMESTAMPTZ,
    resolved_on       TIMESTAMPTZ,
    challenge_until   TIMESTAMPTZ NOT NULL,
    remaining_seconds BIGINT, -- while objected: what is left of the window
    record            TEXT NOT NULL CHECK (json_typeof(record::json) <> ''),
    link_snapshot     UUID REFERENCES link_snapshot (id),
    actor             TEXT NOT NULL,
    at                TIMESTAMPTZ NOT NULL,
    closed_at         TIMESTAMPTZ
);
CREATE TRIGGER proposal_no_delete BEFORE DELETE OR TRUNCATE ON proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX proposal_by_claim ON proposal (claim, at);
CREATE INDEX proposal_by_status ON proposal (status, challenge_until);
CREATE UNIQUE INDEX proposal_one_standing ON proposal (claim) WHERE closed_at IS NULL;

CREATE TABLE objection (
    id            UUID PRIMARY KEY,
    claim         UUID NOT NULL REFERENCES claim (id),
    proposal      UUID REFERENCES proposal (id),
    resolution    UUID,
    reason        TEXT NOT NULL,
    link_snapshot UUID REFERENCES link_snapshot (id),
    actor         TEXT NOT NULL,
    at            TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER objection_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX objection_by_claim ON objection (claim, at);

CREATE TABLE decision (
    id         UUID PRIMARY KEY,
    claim      UUID NOT NULL REFERENCES claim (id),
    proposal   UUID REFERENCES proposal (id),
    objection  UUID REFERENCES objection (id),
    resolution UUID,
    kind       TEXT NOT NULL,
    outcome    TEXT,
    reason     TEXT NOT NULL,
    interested BOOLEAN NOT NULL, -- decided by someone with an interest in the claim
    actor      TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX decision_by_claim ON decision (claim, at);

-- Final outcomes and their reversals, one chain: hash = SHA-256 of the previous hash and the record.
CREATE TABLE resolution (
    seq         BIGINT PRIMARY KEY, -- gapless
    id          UUID NOT NULL UNIQUE,
    claim       UUID NOT NULL REFERENCES claim (id),
    kind        TEXT NOT NULL,
    outcome     TEXT,
    criteria_n  BIGINT NOT NULL,
    proposal    UUID REFERENCES proposal (id),
    event_date  TIMESTAMPTZ,
    resolved_on TIMESTAMPTZ,
    record      TEXT NOT NULL CHECK (json_typeof(record::json) <> ''),
    prev_hash   TEXT NOT NULL CHECK (length(prev_hash) = 64),
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    actor       TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER resolution_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON resolution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX resolution_by_claim ON resolution (claim, seq);
