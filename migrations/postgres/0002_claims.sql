-- A claim as it stands. Its criteria, evidence and moves have tables of their own.
CREATE TABLE claim (
    id             UUID PRIMARY KEY,
    slug           TEXT NOT NULL UNIQUE,
    title          TEXT NOT NULL,
    context        TEXT NOT NULL,
    status         TEXT NOT NULL,
    document       TEXT NOT NULL CHECK (json_typeof(document::json) <> ''),
    window_from    TIMESTAMPTZ,
    window_by      TIMESTAMPTZ NOT NULL,
    criteria_n     BIGINT NOT NULL,
    standing       TEXT NOT NULL CHECK (json_typeof(standing::json) <> ''), -- log-odds per stream and option, from the last move
    headline_p     DOUBLE PRECISION CHECK (headline_p BETWEEN 0 AND 1), -- shown probability of yes or of the leading option
    move_seq       BIGINT NOT NULL CHECK (move_seq >= 0),
    evidence_count BIGINT NOT NULL,
    confidence     TEXT NOT NULL,
    verdict        TEXT, -- of the last evaluation
    missing_legs   BIGINT,
    distance       DOUBLE PRECISION CHECK (distance BETWEEN -1e300 AND 1e300), -- how far from deciding, in usual changes of that gap
    distance_json  TEXT CHECK (json_typeof(distance_json::json) <> ''),
    outcome        TEXT,
    version        BIGINT NOT NULL CHECK (version >= 1),
    created_at     TIMESTAMPTZ NOT NULL,
    created_by     TEXT NOT NULL,
    published_at   TIMESTAMPTZ,
    resolved_at    TIMESTAMPTZ,
    updated_at     TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER claim_no_delete BEFORE DELETE OR TRUNCATE ON claim
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX claim_newest ON claim (created_at, id);
CREATE INDEX claim_by_status ON claim (status, created_at, id);
CREATE INDEX claim_by_deadline ON claim (window_by, id);
CREATE INDEX claim_by_resolution ON claim (resolved_at, id);
CREATE INDEX claim_closest ON claim ((coalesce(missing_legs, 1000000)), (coalesce(distance, 1e299)), window_by, id);

CREATE TABLE claim_tag (
    claim UUID NOT NULL REFERENCES claim (id),
    tag   TEXT NOT NULL,
    PRIMARY KEY (tag, claim)
);

CREATE INDEX claim_tag_by_claim ON claim_tag (claim);

-- What a search looks through: the claim's words, without case and accents.
CREATE TABLE claim_search (
    claim UUID PRIMARY KEY REFERENCES claim (id),
    words TEXT NOT NULL
);

-- One version of what decides a claim; never edited.
CREATE TABLE criteria (
    id       UUID PRIMARY KEY,
    claim    UUID NOT NULL REFERENCES claim (id),
    n        BIGINT NOT NULL CHECK (n >= 1),
    words    TEXT NOT NULL,
    rule     TEXT CHECK (json_typeof(rule::json) <> ''),
    document TEXT NOT NULL CHECK (json_typeof(document::json) <> ''),
    sha256   TEXT NOT NULL CHECK (length(sha256) = 64),
    reason   TEXT,
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    UNIQUE (claim, n)
);
CREATE TRIGGER criteria_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON criteria
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An item for or against, as it stands after its corrections.
CREATE TABLE evidence (
    id            UUID PRIMARY KEY,
    claim         UUID NOT NULL REFERENCES claim (id),
    n             BIGINT NOT NULL CHECK (n >= 1), -- of its latest revision
    status        TEXT NOT NULL,
    option        TEXT,
    side          TEXT NOT NULL,
    points        DOUBLE PRECISION NOT NULL CHECK (points BETWEEN 0 AND 40), -- as stated, without sign
    effective     DOUBLE PRECISION NOT NULL CHECK (effective BETWEEN -1e300 AND 1e300), -- what it counts now, signed
    text          TEXT NOT NULL,
    url           TEXT,
    origin        TEXT,
    publisher     TEXT,
    observed_at   TIMESTAMPTZ NOT NULL,
    item          TEXT NOT NULL CHECK (json_typeof(item::json) <> ''),
    factors       TEXT NOT NULL CHECK (json_typeof(factors::json) <> ''),
    link_snapshot UUID,
    signal        UUID,
    actor         TEXT NOT NULL,
    added_at      TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER evidence_no_delete BEFORE DELETE OR TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX evidence_by_claim ON evidence (claim, status, added_at);
CREATE INDEX evidence_by_signal ON evidence (signal);
CREATE INDEX evidence_newest ON evidence (added_at, id);

CREATE TABLE evidence_revision (
    evidence UUID NOT NULL REFERENCES evidence (id),
    n        BIGINT NOT NULL CHECK (n >= 1),
    kind     TEXT NOT NULL,
    item     TEXT NOT NULL CHECK (json_typeof(item::json) <> ''),
    reason   TEXT,
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (evidence, n)
);
CREATE TRIGGER evidence_revision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The ledger: which cause moved which stream and the headline from where to where.
CREATE TABLE move (
    id              UUID PRIMARY KEY,
    claim           UUID NOT NULL REFERENCES claim (id),
    seq             BIGINT NOT NULL CHECK (seq >= 1), -- gapless per claim
    at              TIMESTAMPTZ NOT NULL,
    cause_kind      TEXT NOT NULL,
    cause_id        TEXT,
    actor           TEXT NOT NULL,
    stream          TEXT NOT NULL,
    points          DOUBLE PRECISION CHECK (points BETWEEN -1e300 AND 1e300), -- impact; absent where no evidence moved it
    stream_before   TEXT NOT NULL CHECK (json_typeof(stream_before::json) <> ''),
    stream_after    TEXT NOT NULL CHECK (json_typeof(stream_after::json) <> ''),
    headline_before TEXT NOT NULL CHECK (json_typeof(headline_before::json) <> ''),
    headline_after  TEXT NOT NULL CHECK (json_typeof(headline_after::json) <> ''),
    p_before        DOUBLE PRECISION CHECK (p_before BETWEEN 0 AND 1),
    p_after         DOUBLE PRECISION CHECK (p_after BETWEEN 0 AND 1),
    parts           TEXT NOT NULL CHECK (json_typeof(parts::json) <> ''),
    note            TEXT,
    UNIQUE (claim, seq)
);
CREATE TRIGGER move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON move
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX move_by_time ON move (claim, at, seq);
CREATE INDEX move_by_cause ON move (cause_id);
CREATE INDEX move_newest ON move (at, id);

-- Pages and files kept as proof: of evidence, and of outcomes that a person proposed.
CREATE TABLE link_snapshot (
    id        UUID PRIMARY KEY,
    url       TEXT NOT NULL,
    final_url TEXT NOT NULL,
    status    BIGINT NOT NULL,
    sha256    TEXT CHECK (length(sha256) = 64),
    mime      TEXT,
    reading   TEXT NOT NULL CHECK (json_typeof(reading::json) <> ''), -- title, publisher, date and excerpt, as read
    actor     TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER link_snapshot_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON link_snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX link_snapshot_by_url ON link_snapshot (url, at);
