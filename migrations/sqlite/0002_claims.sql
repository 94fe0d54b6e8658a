-- A claim as it stands. Its criteria, evidence and moves have tables of their own.
CREATE TABLE claim (
    id             BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    slug           TEXT NOT NULL UNIQUE,
    title          TEXT NOT NULL,
    context        TEXT NOT NULL,
    status         TEXT NOT NULL,
    document       TEXT NOT NULL CHECK (json_valid(document)),
    window_from    TEXT,
    window_by      TEXT NOT NULL,
    criteria_n     INTEGER NOT NULL,
    standing       TEXT NOT NULL CHECK (json_valid(standing)), -- log-odds per stream and option, from the last move
    headline_p     REAL CHECK (headline_p BETWEEN 0 AND 1), -- shown probability of yes or of the leading option
    move_seq       INTEGER NOT NULL CHECK (move_seq >= 0),
    evidence_count INTEGER NOT NULL,
    confidence     TEXT NOT NULL,
    verdict        TEXT, -- of the last evaluation
    missing_legs   INTEGER,
    distance       REAL CHECK (distance BETWEEN -1e300 AND 1e300), -- how far from deciding, in usual changes of that gap
    distance_json  TEXT CHECK (json_valid(distance_json)),
    outcome        TEXT,
    version        INTEGER NOT NULL CHECK (version >= 1),
    created_at     TEXT NOT NULL,
    created_by     TEXT NOT NULL,
    published_at   TEXT,
    resolved_at    TEXT,
    updated_at     TEXT NOT NULL
) STRICT;
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim
BEGIN SELECT RAISE(ABORT, 'claim keeps its rows'); END;

CREATE INDEX claim_newest ON claim (created_at, id);
CREATE INDEX claim_by_status ON claim (status, created_at, id);
CREATE INDEX claim_by_deadline ON claim (window_by, id);
CREATE INDEX claim_by_resolution ON claim (resolved_at, id);
CREATE INDEX claim_closest ON claim ((coalesce(missing_legs, 1000000)), (coalesce(distance, 1e299)), window_by, id);

CREATE TABLE claim_tag (
    claim BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    tag   TEXT NOT NULL,
    PRIMARY KEY (tag, claim)
) STRICT, WITHOUT ROWID;

CREATE INDEX claim_tag_by_claim ON claim_tag (claim);

-- What a search looks through: the claim's words, without case and accents.
CREATE TABLE claim_search (
    claim BLOB PRIMARY KEY REFERENCES claim (id) CHECK (length(claim) = 16),
    words TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One version of what decides a claim; never edited.
CREATE TABLE criteria (
    id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim    BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    n        INTEGER NOT NULL CHECK (n >= 1),
    words    TEXT NOT NULL,
    rule     TEXT CHECK (json_valid(rule)),
    document TEXT NOT NULL CHECK (json_valid(document)),
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    reason   TEXT,
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL,
    UNIQUE (claim, n)
) STRICT;
CREATE TRIGGER criteria_no_update BEFORE UPDATE ON criteria
BEGIN SELECT RAISE(ABORT, 'criteria is append-only'); END;
CREATE TRIGGER criteria_no_delete BEFORE DELETE ON criteria
BEGIN SELECT RAISE(ABORT, 'criteria is append-only'); END;

-- An item for or against, as it stands after its corrections.
CREATE TABLE evidence (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    n             INTEGER NOT NULL CHECK (n >= 1), -- of its latest revision
    status        TEXT NOT NULL,
    option        TEXT,
    side          TEXT NOT NULL,
    points        REAL NOT NULL CHECK (points BETWEEN 0 AND 40), -- as stated, without sign
    effective     REAL NOT NULL CHECK (effective BETWEEN -1e300 AND 1e300), -- what it counts now, signed
    text          TEXT NOT NULL,
    url           TEXT,
    origin        TEXT,
    publisher     TEXT,
    observed_at   TEXT NOT NULL,
    item          TEXT NOT NULL CHECK (json_valid(item)),
    factors       TEXT NOT NULL CHECK (json_valid(factors)),
    link_snapshot BLOB CHECK (length(link_snapshot) = 16),
    signal        BLOB CHECK (length(signal) = 16),
    actor         TEXT NOT NULL,
    added_at      TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence keeps its rows'); END;

CREATE INDEX evidence_by_claim ON evidence (claim, status, added_at);
CREATE INDEX evidence_by_signal ON evidence (signal);
CREATE INDEX evidence_newest ON evidence (added_at, id);

CREATE TABLE evidence_revision (
    evidence BLOB NOT NULL REFERENCES evidence (id) CHECK (length(evidence) = 16),
    n        INTEGER NOT NULL CHECK (n >= 1),
    kind     TEXT NOT NULL,
    item     TEXT NOT NULL CHECK (json_valid(item)),
    reason   TEXT,
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (evidence, n)
) STRICT;
CREATE TRIGGER evidence_revision_no_update BEFORE UPDATE ON evidence_revision
BEGIN SELECT RAISE(ABORT, 'evidence_revision is append-only'); END;
CREATE TRIGGER evidence_revision_no_delete BEFORE DELETE ON evidence_revision
BEGIN SELECT RAISE(ABORT, 'evidence_revision is append-only'); END;

-- The ledger: which cause moved which stream and the headline from where to where.
CREATE TABLE move (
    id              BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim           BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    seq             INTEGER NOT NULL CHECK (seq >= 1), -- gapless per claim
    at              TEXT NOT NULL,
    cause_kind      TEXT NOT NULL,
    cause_id        TEXT,
    actor           TEXT NOT NULL,
    stream          TEXT NOT NULL,
    points          REAL CHECK (points BETWEEN -1e300 AND 1e300), -- impact; absent where no evidence moved it
    stream_before   TEXT NOT NULL CHECK (json_valid(stream_before)),
    stream_after    TEXT NOT NULL CHECK (json_valid(stream_after)),
    headline_before TEXT NOT NULL CHECK (json_valid(headline_before)),
    headline_after  TEXT NOT NULL CHECK (json_valid(headline_after)),
    p_before        REAL CHECK (p_before BETWEEN 0 AND 1),
    p_after         REAL CHECK (p_after BETWEEN 0 AND 1),
    parts           TEXT NOT NULL CHECK (json_valid(parts)),
    note            TEXT,
    UNIQUE (claim, seq)
) STRICT;
CREATE TRIGGER move_no_update BEFORE UPDATE ON move
BEGIN SELECT RAISE(ABORT, 'move is append-only'); END;
CREATE TRIGGER move_no_delete BEFORE DELETE ON move
BEGIN SELECT RAISE(ABORT, 'move is append-only'); END;

CREATE INDEX move_by_time ON move (claim, at, seq);
CREATE INDEX move_by_cause ON move (cause_id);
CREATE INDEX move_newest ON move (at, id);

-- Pages and files kept as proof: of evidence, and of outcomes that a person proposed.
CREATE TABLE link_snapshot (
    id        BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    url       TEXT NOT NULL,
    final_url TEXT NOT NULL,
    status    INTEGER NOT NULL,
    sha256    TEXT CHECK (length(sha256) = 64),
    mime      TEXT,
    reading   TEXT NOT NULL CHECK (json_valid(reading)), -- title, publisher, date and excerpt, as read
    actor     TEXT NOT NULL,
    at        TEXT NOT NULL
) STRICT;
CREATE TRIGGER link_snapshot_no_update BEFORE UPDATE ON link_snapshot
BEGIN SELECT RAISE(ABORT, 'link_snapshot is append-only'); END;
CREATE TRIGGER link_snapshot_no_delete BEFORE DELETE ON link_snapshot
BEGIN SELECT RAISE(ABORT, 'link_snapshot is append-only'); END;

CREATE INDEX link_snapshot_by_url ON link_snapshot (url, at);
