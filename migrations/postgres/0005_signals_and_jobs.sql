-- A dated observation that may bear on claims.
CREATE TABLE signal (
    id          UUID PRIMARY KEY,
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL UNIQUE, -- the same happening is one signal
    source      TEXT REFERENCES source (id),
    benchmark   TEXT,
    title       TEXT NOT NULL,
    url         TEXT,
    detail      TEXT NOT NULL CHECK (json_typeof(detail::json) <> ''),
    observed_at TIMESTAMPTZ NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER signal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX signal_newest ON signal (at, id);
CREATE INDEX signal_by_benchmark ON signal (benchmark, at);
CREATE INDEX signal_by_source ON signal (source, at);

-- A signal beside a claim, and what became of it there.
CREATE TABLE signal_claim (
    claim      UUID NOT NULL REFERENCES claim (id),
    signal     UUID NOT NULL REFERENCES signal (id),
    at         TIMESTAMPTZ NOT NULL,
    status     TEXT NOT NULL,
    suggestion TEXT NOT NULL CHECK (json_typeof(suggestion::json) <> ''),
    evidence   UUID REFERENCES evidence (id),
    decided_by TEXT,
    decided_at TIMESTAMPTZ,
    PRIMARY KEY (claim, signal)
);
CREATE TRIGGER signal_claim_no_delete BEFORE DELETE OR TRUNCATE ON signal_claim
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX signal_claim_by_signal ON signal_claim (signal);
CREATE INDEX signal_claim_by_status ON signal_claim (status, at);

-- Work that at most one server does at a time.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder UUID NOT NULL,
    until  TIMESTAMPTZ NOT NULL
);

-- One due run of a job: whoever inserts the row runs it.
CREATE TABLE job_run (
    job           TEXT NOT NULL,
    scheduled_for TIMESTAMPTZ NOT NULL,
    token         UUID NOT NULL,
    lease_until   TIMESTAMPTZ NOT NULL,
    attempts      BIGINT NOT NULL CHECK (attempts >= 1),
    started_at    TIMESTAMPTZ NOT NULL,
    finished_at   TIMESTAMPTZ,
    outcome       TEXT,
    detail        TEXT,
    PRIMARY KEY (job, scheduled_for)
);

CREATE INDEX job_run_open ON job_run (finished_at, lease_until);
