-- What the rule said of the state standing at an instant.
CREATE TABLE evaluation (
    claim       BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    seq         INTEGER NOT NULL CHECK (seq >= 1), -- gapless per claim
    criteria_n  INTEGER NOT NULL,
    at          TEXT NOT NULL,
    observed_at TEXT NOT NULL, -- of the newest snapshot it used
    fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64), -- of what it used: the same state is not evaluated twice
    verdict     TEXT NOT NULL,
    margin      REAL CHECK (margin BETWEEN -1e300 AND 1e300),
    step        TEXT NOT NULL CHECK (json_valid(step)),
    snapshots   TEXT NOT NULL CHECK (json_valid(snapshots)),
    PRIMARY KEY (claim, seq),
    UNIQUE (claim, fingerprint)
) STRICT;
CREATE TRIGGER evaluation_no_update BEFORE UPDATE ON evaluation
BEGIN SELECT RAISE(ABORT, 'evaluation is append-only'); END;
CREATE TRIGGER evaluation_no_delete BEFORE DELETE ON evaluation
BEGIN SELECT RAISE(ABORT, 'evaluation is append-only'); END;

CREATE INDEX evaluation_by_time ON evaluation (claim, observed_at);

CREATE TABLE proposal (
    id                BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim             BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    criteria_n        INTEGER NOT NULL,
    outcome           TEXT NOT NULL,
    basis             TEXT NOT NULL, -- the rule, or a person
    status            TEXT NOT NULL,
    first_hit         TEXT,
    event_date        TEXT,
    resolved_on       TEXT,
    challenge_until   TEXT NOT NULL,
    remaining_seconds INTEGER, -- while objected: what is left of the window
    record            TEXT NOT NULL CHECK (json_valid(record)),
    link_snapshot     BLOB REFERENCES link_snapshot (id) CHECK (length(link_snapshot) = 16),
    actor             TEXT NOT NULL,
    at                TEXT NOT NULL,
    closed_at         TEXT
) STRICT;
CREATE TRIGGER proposal_no_delete BEFORE DELETE ON proposal
BEGIN SELECT RAISE(ABORT, 'proposal keeps its rows'); END;

CREATE INDEX proposal_by_claim ON proposal (claim, at);
CREATE INDEX proposal_by_status ON proposal (status, challenge_until);
CREATE UNIQUE INDEX proposal_one_standing ON proposal (claim) WHERE closed_at IS NULL;

CREATE TABLE objection (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    proposal      BLOB REFERENCES proposal (id) CHECK (length(proposal) = 16),
    resolution    BLOB CHECK (length(resolution) = 16),
    reason        TEXT NOT NULL,
    link_snapshot BLOB REFERENCES link_snapshot (id) CHECK (length(link_snapshot) = 16),
    actor         TEXT NOT NULL,
    at            TEXT NOT NULL
) STRICT;
CREATE TRIGGER objection_no_update BEFORE UPDATE ON objection
BEGIN SELECT RAISE(ABORT, 'objection is append-only'); END;
CREATE TRIGGER objection_no_delete BEFORE DELETE ON objection
BEGIN SELECT RAISE(ABORT, 'objection is append-only'); END;

CREATE INDEX objection_by_claim ON objection (claim, at);

CREATE TABLE decision (
    id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim      BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    proposal   BLOB REFERENCES proposal (id) CHECK (length(proposal) = 16),
    objection  BLOB REFERENCES objection (id) CHECK (length(objection) = 16),
    resolution BLOB CHECK (length(resolution) = 16),
    kind       TEXT NOT NULL,
    outcome    TEXT,
    reason     TEXT NOT NULL,
    interested INTEGER NOT NULL CHECK (interested IN (0, 1)), -- decided by someone with an interest in the claim
    actor      TEXT NOT NULL,
    at         TEXT NOT NULL
) STRICT;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;

CREATE INDEX decision_by_claim ON decision (claim, at);

-- Final outcomes and their reversals, one chain: hash = SHA-256 of the previous hash and the record.
CREATE TABLE resolution (
    seq         INTEGER PRIMARY KEY, -- gapless
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    claim       BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    kind        TEXT NOT NULL,
    outcome     TEXT,
    criteria_n  INTEGER NOT NULL,
    proposal    BLOB REFERENCES proposal (id) CHECK (length(proposal) = 16),
    event_date  TEXT,
    resolved_on TEXT,
    record      TEXT NOT NULL CHECK (json_valid(record)),
    prev_hash   TEXT NOT NULL CHECK (length(prev_hash) = 64),
    hash        TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    actor       TEXT NOT NULL,
    at          TEXT NOT NULL
) STRICT;
CREATE TRIGGER resolution_no_update BEFORE UPDATE ON resolution
BEGIN SELECT RAISE(ABORT, 'resolution is append-only'); END;
CREATE TRIGGER resolution_no_delete BEFORE DELETE ON resolution
BEGIN SELECT RAISE(ABORT, 'resolution is append-only'); END;

CREATE INDEX resolution_by_claim ON resolution (claim, seq);
