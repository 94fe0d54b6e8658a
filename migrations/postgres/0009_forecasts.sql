-- A forecast, or its withdrawal; never edited. It stands until the forecaster's next one, its withdrawal or its expiry.
CREATE TABLE forecast (
    id            UUID PRIMARY KEY,
    claim         UUID NOT NULL REFERENCES claim (id),
    forecaster    TEXT NOT NULL,
    n             BIGINT NOT NULL CHECK (n >= 1), -- gapless per claim and forecaster
    at            TIMESTAMPTZ NOT NULL, -- from when on it stands
    probabilities TEXT CHECK (json_typeof(probabilities::json) <> ''), -- one per option; absent: a withdrawal
    expires_at    TIMESTAMPTZ,
    criteria_n    BIGINT NOT NULL, -- the version of the criteria that it saw
    rationale     TEXT,
    via           TEXT NOT NULL,
    UNIQUE (claim, forecaster, n)
);
CREATE TRIGGER forecast_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON forecast
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX forecast_by_claim ON forecast (claim, at, id);
CREATE INDEX forecast_by_forecaster ON forecast (forecaster, at, id);

-- The last word of each forecaster on each claim, while it stands: what the crowd is made of.
CREATE TABLE standing_forecast (
    claim         UUID NOT NULL REFERENCES claim (id),
    forecaster    TEXT NOT NULL,
    forecast      UUID NOT NULL REFERENCES forecast (id),
    at            TIMESTAMPTZ NOT NULL,
    probabilities TEXT NOT NULL CHECK (json_typeof(probabilities::json) <> ''),
    expires_at    TIMESTAMPTZ,
    PRIMARY KEY (claim, forecaster)
);

CREATE INDEX standing_forecast_due ON standing_forecast (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX standing_forecast_by_forecaster ON standing_forecast (forecaster, at);

-- The crowd at every instant at which it changed: how many, and the quartiles of each option.
CREATE TABLE crowd_point (
    claim  UUID NOT NULL REFERENCES claim (id),
    seq    BIGINT NOT NULL CHECK (seq >= 1), -- gapless per claim
    at     TIMESTAMPTZ NOT NULL,
    n      BIGINT NOT NULL CHECK (n >= 0),
    center TEXT NOT NULL CHECK (json_typeof(center::json) <> ''),
    lower  TEXT NOT NULL CHECK (json_typeof(lower::json) <> ''),
    upper  TEXT NOT NULL CHECK (json_typeof(upper::json) <> ''),
    PRIMARY KEY (claim, seq)
);
CREATE TRIGGER crowd_point_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON crowd_point
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX crowd_point_by_time ON crowd_point (claim, at, seq);

-- What each forecaster, stream and naive baseline earned by an outcome. Computed with it, and the same whenever
-- computed again.
CREATE TABLE score (
    resolution    UUID NOT NULL REFERENCES resolution (id),
    claim         UUID NOT NULL REFERENCES claim (id),
    forecaster    TEXT NOT NULL,
    kind          TEXT NOT NULL, -- person, bot, stream or baseline
    at            TIMESTAMPTZ NOT NULL, -- of the outcome
    closed_at     TIMESTAMPTZ NOT NULL, -- from when on forecasts could know
    brier         DOUBLE PRECISION CHECK (brier BETWEEN -1e300 AND 1e300),
    log           DOUBLE PRECISION CHECK (log BETWEEN -1e300 AND 1e300),
    baseline      DOUBLE PRECISION CHECK (baseline BETWEEN -1e300 AND 1e300),
    peer          DOUBLE PRECISION CHECK (peer BETWEEN -1e300 AND 1e300),
    spot_baseline DOUBLE PRECISION CHECK (spot_baseline BETWEEN -1e300 AND 1e300),
    spot_peer     DOUBLE PRECISION CHECK (spot_peer BETWEEN -1e300 AND 1e300),
    coverage      DOUBLE PRECISION NOT NULL CHECK (coverage BETWEEN 0 AND 1), -- of the time from opening to deadline
    peer_coverage DOUBLE PRECISION CHECK (peer_coverage BETWEEN 0 AND 1e300),
    final_p       DOUBLE PRECISION CHECK (final_p BETWEEN 0 AND 1), -- of the outcome, when the claim closed
    points        DOUBLE PRECISION CHECK (points BETWEEN -1e300 AND 1e300), -- score points earned by moves
    moves         BIGINT NOT NULL CHECK (moves >= 0),
    forecasts     BIGINT NOT NULL CHECK (forecasts >= 0), -- that counted
    annulled      BIGINT NOT NULL CHECK (annulled >= 0), -- that saw criteria under which it would have come out otherwise
    late          BIGINT NOT NULL CHECK (late >= 0), -- made after the event
    withdrawn_at  TIMESTAMPTZ, -- when the outcome was taken back
    PRIMARY KEY (resolution, forecaster)
);
CREATE TRIGGER score_no_delete BEFORE DELETE OR TRUNCATE ON score
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX score_by_forecaster ON score (forecaster, at);
CREATE INDEX score_by_claim ON score (claim, at);
CREATE INDEX score_by_time ON score (at, forecaster) WHERE withdrawn_at IS NULL;
