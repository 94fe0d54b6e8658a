-- What a claim's rule has said so far, folded: enough to say whether it is confirmed. Rebuilt by replaying the polls.
CREATE TABLE watch (
    claim      UUID PRIMARY KEY REFERENCES claim (id),
    criteria_n BIGINT NOT NULL,
    watched    TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Which claims hang on which source.
CREATE TABLE watch_source (
    source TEXT NOT NULL,
    claim  UUID NOT NULL REFERENCES claim (id),
    PRIMARY KEY (source, claim)
);

CREATE INDEX watch_source_by_claim ON watch_source (claim);
