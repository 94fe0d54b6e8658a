-- A forecast, or its withdrawal; never edited. It stands until the forecaster's next one, its withdrawal or its expiry.
CREATE TABLE forecast (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    forecaster    TEXT NOT NULL,
    n             INTEGER NOT NULL CHECK (n >= 1), -- gapless per claim and forecaster
    at            TEXT NOT NULL, -- from when on it stands
    probabilities TEXT CHECK (json_valid(probabilities)), -- one per option; absent: a withdrawal
    expires_at    TEXT,
    criteria_n    INTEGER NOT NULL, -- the version of the criteria that it saw
    rationale     TEXT,
    via           TEXT NOT NULL,
    UNIQUE (claim, forecaster, n)
) STRICT;
CREATE TRIGGER forecast_no_update BEFORE UPDATE ON forecast
BEGIN SELECT RAISE(ABORT, 'forecast is append-only'); END;
CREATE TRIGGER forecast_no_delete BEFORE DELETE ON forecast
BEGIN SELECT RAISE(ABORT, 'forecast is append-only'); END;

CREATE INDEX forecast_by_claim ON forecast (claim, at, id);
CREATE INDEX forecast_by_forecaster ON forecast (forecaster, at, id);

-- The last word of each forecaster on each claim, while it stands: what the crowd is made of.
CREATE TABLE standing_forecast (
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    forecaster    TEXT NOT NULL,
    forecast      BLOB NOT NULL REFERENCES forecast (id) CHECK (length(forecast) = 16),
    at            TEXT NOT NULL,
    probabilities TEXT NOT NULL CHECK (json_valid(probabilities)),
    expires_at    TEXT,
    PRIMARY KEY (claim, forecaster)
) STRICT, WITHOUT ROWID;

CREATE INDEX standing_forecast_due ON standing_forecast (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX standing_forecast_by_forecaster ON standing_forecast (forecaster, at);

-- The crowd at every instant at which it changed: how many, and the quartiles of each option.
CREATE TABLE crowd_point (
    claim  BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    seq    INTEGER NOT NULL CHECK (seq >= 1), -- gapless per claim
    at     TEXT NOT NULL,
    n      INTEGER NOT NULL CHECK (n >= 0),
    center TEXT NOT NULL CHECK (json_valid(center)),
    lower  TEXT NOT NULL CHECK (json_valid(lower)),
    upper  TEXT NOT NULL CHECK (json_valid(upper)),
    PRIMARY KEY (claim, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER crowd_point_no_update BEFORE UPDATE ON crowd_point
BEGIN SELECT RAISE(ABORT, 'crowd_point is append-only'); END;
CREATE TRIGGER crowd_point_no_delete BEFORE DELETE ON crowd_point
BEGIN SELECT RAISE(ABORT, 'crowd_point is append-only'); END;

CREATE INDEX crowd_point_by_time ON crowd_point (claim, at, seq);

-- What each forecaster, stream and naive baseline earned by an outcome. Computed with it, and the same whenever
-- computed again.
CREATE TABLE score (
    resolution    BLOB NOT NULL REFERENCES resolution (id) CHECK (length(resolution) = 16),
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    forecaster    TEXT NOT NULL,
    kind          TEXT NOT NULL, -- person, bot, stream or baseline
    at            TEXT NOT NULL, -- of the outcome
    closed_at     TEXT NOT NULL, -- from when on forecasts could know
    brier         REAL CHECK (brier BETWEEN -1e300 AND 1e300),
    log           REAL CHECK (log BETWEEN -1e300 AND 1e300),
    baseline      REAL CHECK (baseline BETWEEN -1e300 AND 1e300),
    peer          REAL CHECK (peer BETWEEN -1e300 AND 1e300),
    spot_baseline REAL CHECK (spot_baseline BETWEEN -1e300 AND 1e300),
    spot_peer     REAL CHECK (spot_peer BETWEEN -1e300 AND 1e300),
    coverage      REAL NOT NULL CHECK (coverage BETWEEN 0 AND 1), -- of the time from opening to deadline
    peer_coverage REAL CHECK (peer_coverage BETWEEN 0 AND 1e300),
    final_p       REAL CHECK (final_p BETWEEN 0 AND 1), -- of the outcome, when the claim closed
    points        REAL CHECK (points BETWEEN -1e300 AND 1e300), -- score points earned by moves
    moves         INTEGER NOT NULL CHECK (moves >= 0),
    forecasts     INTEGER NOT NULL CHECK (forecasts >= 0), -- that counted
    annulled      INTEGER NOT NULL CHECK (annulled >= 0), -- that saw criteria under which it would have come out otherwise
    late          INTEGER NOT NULL CHECK (late >= 0), -- made after the event
    withdrawn_at  TEXT, -- when the outcome was taken back
    PRIMARY KEY (resolution, forecaster)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER score_no_delete BEFORE DELETE ON score
BEGIN SELECT RAISE(ABORT, 'score keeps its rows'); END;

CREATE INDEX score_by_forecaster ON score (forecaster, at);
CREATE INDEX score_by_claim ON score (claim, at);
CREATE INDEX score_by_time ON score (at, forecaster) WHERE withdrawn_at IS NULL;
