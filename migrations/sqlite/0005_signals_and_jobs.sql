-- A dated observation that may bear on claims.
CREATE TABLE signal (
    id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL UNIQUE, -- the same happening is one signal
    source      TEXT REFERENCES source (id),
    benchmark   TEXT,
    title       TEXT NOT NULL,
    url         TEXT,
    detail      TEXT NOT NULL CHECK (json_valid(detail)),
    observed_at TEXT NOT NULL,
    at          TEXT NOT NULL
) STRICT;
CREATE TRIGGER signal_no_update BEFORE UPDATE ON signal
BEGIN SELECT RAISE(ABORT, 'signal is append-only'); END;
CREATE TRIGGER signal_no_delete BEFORE DELETE ON signal
BEGIN SELECT RAISE(ABORT, 'signal is append-only'); END;

CREATE INDEX signal_newest ON signal (at, id);
CREATE INDEX signal_by_benchmark ON signal (benchmark, at);
CREATE INDEX signal_by_source ON signal (source, at);

-- A signal beside a claim, and what became of it there.
CREATE TABLE signal_claim (
    claim      BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    signal     BLOB NOT NULL REFERENCES signal (id) CHECK (length(signal) = 16),
    at         TEXT NOT NULL,
    status     TEXT NOT NULL,
    suggestion TEXT NOT NULL CHECK (json_valid(suggestion)),
    evidence   BLOB REFERENCES evidence (id) CHECK (length(evidence) = 16),
    decided_by TEXT,
    decided_at TEXT,
    PRIMARY KEY (claim, signal)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER signal_claim_no_delete BEFORE DELETE ON signal_claim
BEGIN SELECT RAISE(ABORT, 'signal_claim keeps its rows'); END;

CREATE INDEX signal_claim_by_signal ON signal_claim (signal);
CREATE INDEX signal_claim_by_status ON signal_claim (status, at);

-- Work that at most one server does at a time.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder BLOB NOT NULL CHECK (length(holder) = 16),
    until  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One due run of a job: whoever inserts the row runs it.
CREATE TABLE job_run (
    job           TEXT NOT NULL,
    scheduled_for TEXT NOT NULL,
    token         BLOB NOT NULL CHECK (length(token) = 16),
    lease_until   TEXT NOT NULL,
    attempts      INTEGER NOT NULL CHECK (attempts >= 1),
    started_at    TEXT NOT NULL,
    finished_at   TEXT,
    outcome       TEXT,
    detail        TEXT,
    PRIMARY KEY (job, scheduled_for)
) STRICT;

CREATE INDEX job_run_open ON job_run (finished_at, lease_until);
