-- Credits: integers, millionths of a credit, in double-entry. The treasury issues them all, so its balance is minus what is
-- in circulation and it alone may be below zero.
CREATE TABLE credit_account (
    name       TEXT PRIMARY KEY, -- treasury, market:CLAIM, or the holder as the ledger names them
    balance    BIGINT NOT NULL, -- what the account's postings sum to
    debt       BIGINT NOT NULL CHECK (debt >= 0), -- owed to the treasury: paid out once, taken back, spent between
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (balance >= 0 OR name = 'treasury')
);
CREATE TRIGGER credit_account_no_delete BEFORE DELETE OR TRUNCATE ON credit_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE credit_transaction (
    id       UUID PRIMARY KEY,
    seq      BIGINT NOT NULL UNIQUE CHECK (seq >= 1), -- gapless
    kind     TEXT NOT NULL CHECK (kind IN ('grant', 'subsidy', 'trade', 'settlement', 'refund', 'reopening')),
    claim    UUID REFERENCES claim (id),
    reverses UUID UNIQUE REFERENCES credit_transaction (id),
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER credit_transaction_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The postings of a transaction sum to zero.
CREATE TABLE credit_posting (
    txn     UUID NOT NULL REFERENCES credit_transaction (id),
    seq     BIGINT NOT NULL, -- of its transaction
    account TEXT NOT NULL REFERENCES credit_account (name),
    amount  BIGINT NOT NULL,
    debt    BIGINT NOT NULL,
    PRIMARY KEY (account, seq)
);
CREATE TRIGGER credit_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON credit_posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX credit_posting_by_txn ON credit_posting (txn);

CREATE TABLE market (
    claim       UUID PRIMARY KEY REFERENCES claim (id),
    b           BIGINT NOT NULL CHECK (b > 0), -- liquidity, in millionths
    opening     TEXT NOT NULL CHECK (json_typeof(opening::json) <> ''), -- how it started: prices per option, and in which words
    subsidy     BIGINT NOT NULL CHECK (subsidy > 0),
    opened_by   TEXT NOT NULL, -- who paid it
    opened_at   TIMESTAMPTZ NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'settled', 'void')),
    outstanding TEXT NOT NULL CHECK (json_typeof(outstanding::json) <> ''), -- what the trades add up to: millionths of shares per option
    trades      BIGINT NOT NULL CHECK (trades >= 0), -- how many
    traders     BIGINT NOT NULL CHECK (traders >= 0), -- by how many
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER market_no_delete BEFORE DELETE OR TRUNCATE ON market
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER market_keeps_its_terms BEFORE UPDATE OF claim, b, opening, subsidy, opened_by, opened_at ON market
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE trade (
    id           UUID PRIMARY KEY,
    claim        UUID NOT NULL REFERENCES market (claim),
    seq          BIGINT NOT NULL CHECK (seq >= 1), -- gapless per claim
    holder       TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    option       BIGINT NOT NULL CHECK (option >= 0),
    side         TEXT NOT NULL CHECK (side IN ('yes', 'no')),
    action       TEXT NOT NULL CHECK (action IN ('buy', 'sell')),
    shares       BIGINT NOT NULL CHECK (shares > 0),
    cash         BIGINT NOT NULL CHECK (cash > 0),
    price_before DOUBLE PRECISION NOT NULL CHECK (price_before > 0 AND price_before < 1),
    price_after  DOUBLE PRECISION NOT NULL CHECK (price_after > 0 AND price_after < 1),
    txn          UUID NOT NULL REFERENCES credit_transaction (id),
    UNIQUE (claim, seq)
);
CREATE TRIGGER trade_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trade
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX trade_by_holder ON trade (holder, claim, seq);

-- How markets ended, and how that was taken back: the last row of a claim stands.
CREATE TABLE market_settlement (
    claim    UUID NOT NULL REFERENCES market (claim),
    n        BIGINT NOT NULL CHECK (n >= 1), -- gapless per claim
    kind     TEXT NOT NULL CHECK (kind IN ('settled', 'void', 'reopened')),
    outcome  TEXT,
    event_at TIMESTAMPTZ, -- trades after it were taken back
    body     TEXT NOT NULL CHECK (json_typeof(body::json) <> ''), -- who was paid what, which trades were taken back
    txn      UUID NOT NULL UNIQUE REFERENCES credit_transaction (id),
    actor    TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (claim, n)
);
CREATE TRIGGER market_settlement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON market_settlement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
