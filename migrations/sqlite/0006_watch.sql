-- What a claim's rule has said so far, folded: enough to say whether it is confirmed. Rebuilt by replaying the polls.
CREATE TABLE watch (
    claim      BLOB NOT NULL PRIMARY KEY REFERENCES claim (id) CHECK (length(claim) = 16),
    criteria_n INTEGER NOT NULL,
    watched    TEXT NOT NULL CHECK (json_valid(watched)),
    updated_at TEXT NOT NULL
) STRICT;

-- Which claims hang on which source.
CREATE TABLE watch_source (
    source TEXT NOT NULL,
    claim  BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    PRIMARY KEY (source, claim)
) STRICT, WITHOUT ROWID;

CREATE INDEX watch_source_by_claim ON watch_source (claim);
