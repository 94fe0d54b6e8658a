-- Credits: integers, millionths of a credit, in double-entry. The treasury issues them all, so its balance is minus what is
-- in circulation and it alone may be below zero.
CREATE TABLE credit_account (
    name       TEXT NOT NULL PRIMARY KEY, -- treasury, market:CLAIM, or the holder as the ledger names them
    balance    INTEGER NOT NULL, -- what the account's postings sum to
    debt       INTEGER NOT NULL CHECK (debt >= 0), -- owed to the treasury: paid out once, taken back, spent between
    created_at TEXT NOT NULL,
    CHECK (balance >= 0 OR name = 'treasury')
) STRICT;
CREATE TRIGGER credit_account_no_delete BEFORE DELETE ON credit_account
BEGIN SELECT RAISE(ABORT, 'credit_account keeps its rows'); END;

CREATE TABLE credit_transaction (
    id       BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    seq      INTEGER NOT NULL UNIQUE CHECK (seq >= 1), -- gapless
    kind     TEXT NOT NULL CHECK (kind IN ('grant', 'subsidy', 'trade', 'settlement', 'refund', 'reopening')),
    claim    BLOB REFERENCES claim (id) CHECK (length(claim) = 16),
    reverses BLOB UNIQUE REFERENCES credit_transaction (id) CHECK (length(reverses) = 16),
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;
CREATE TRIGGER credit_transaction_no_update BEFORE UPDATE ON credit_transaction
BEGIN SELECT RAISE(ABORT, 'credit_transaction is append-only'); END;
CREATE TRIGGER credit_transaction_no_delete BEFORE DELETE ON credit_transaction
BEGIN SELECT RAISE(ABORT, 'credit_transaction is append-only'); END;

-- The postings of a transaction sum to zero.
CREATE TABLE credit_posting (
    txn     BLOB NOT NULL REFERENCES credit_transaction (id) CHECK (length(txn) = 16),
    seq     INTEGER NOT NULL, -- of its transaction
    account TEXT NOT NULL REFERENCES credit_account (name),
    amount  INTEGER NOT NULL,
    debt    INTEGER NOT NULL,
    PRIMARY KEY (account, seq)
) STRICT;
CREATE TRIGGER credit_posting_no_update BEFORE UPDATE ON credit_posting
BEGIN SELECT RAISE(ABORT, 'credit_posting is append-only'); END;
CREATE TRIGGER credit_posting_no_delete BEFORE DELETE ON credit_posting
BEGIN SELECT RAISE(ABORT, 'credit_posting is append-only'); END;

CREATE INDEX credit_posting_by_txn ON credit_posting (txn);

CREATE TABLE market (
    claim       BLOB NOT NULL PRIMARY KEY REFERENCES claim (id) CHECK (length(claim) = 16),
    b           INTEGER NOT NULL CHECK (b > 0), -- liquidity, in millionths
    opening     TEXT NOT NULL CHECK (json_valid(opening)), -- how it started: prices per option, and in which words
    subsidy     INTEGER NOT NULL CHECK (subsidy > 0),
    opened_by   TEXT NOT NULL, -- who paid it
    opened_at   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'settled', 'void')),
    outstanding TEXT NOT NULL CHECK (json_valid(outstanding)), -- what the trades add up to: millionths of shares per option
    trades      INTEGER NOT NULL CHECK (trades >= 0), -- how many
    traders     INTEGER NOT NULL CHECK (traders >= 0), -- by how many
    updated_at  TEXT NOT NULL
) STRICT;
CREATE TRIGGER market_no_delete BEFORE DELETE ON market
BEGIN SELECT RAISE(ABORT, 'market keeps its rows'); END;
CREATE TRIGGER market_keeps_its_terms BEFORE UPDATE OF claim, b, opening, subsidy, opened_by, opened_at ON market
BEGIN SELECT RAISE(ABORT, 'a market keeps its terms'); END;

CREATE TABLE trade (
    id           BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    claim        BLOB NOT NULL REFERENCES market (claim) CHECK (length(claim) = 16),
    seq          INTEGER NOT NULL CHECK (seq >= 1), -- gapless per claim
    holder       TEXT NOT NULL,
    at           TEXT NOT NULL,
    option       INTEGER NOT NULL CHECK (option >= 0),
    side         TEXT NOT NULL CHECK (side IN ('yes', 'no')),
    action       TEXT NOT NULL CHECK (action IN ('buy', 'sell')),
    shares       INTEGER NOT NULL CHECK (shares > 0),
    cash         INTEGER NOT NULL CHECK (cash > 0),
    price_before REAL NOT NULL CHECK (price_before > 0 AND price_before < 1),
    price_after  REAL NOT NULL CHECK (price_after > 0 AND price_after < 1),
    txn          BLOB NOT NULL REFERENCES credit_transaction (id) CHECK (length(txn) = 16),
    UNIQUE (claim, seq)
) STRICT;
CREATE TRIGGER trade_no_update BEFORE UPDATE ON trade
BEGIN SELECT RAISE(ABORT, 'trade is append-only'); END;
CREATE TRIGGER trade_no_delete BEFORE DELETE ON trade
BEGIN SELECT RAISE(ABORT, 'trade is append-only'); END;

CREATE INDEX trade_by_holder ON trade (holder, claim, seq);

-- How markets ended, and how that was taken back: the last row of a claim stands.
CREATE TABLE market_settlement (
    claim    BLOB NOT NULL REFERENCES market (claim) CHECK (length(claim) = 16),
    n        INTEGER NOT NULL CHECK (n >= 1), -- gapless per claim
    kind     TEXT NOT NULL CHECK (kind IN ('settled', 'void', 'reopened')),
    outcome  TEXT,
    event_at TEXT, -- trades after it were taken back
    body     TEXT NOT NULL CHECK (json_valid(body)), -- who was paid what, which trades were taken back
    txn      BLOB NOT NULL UNIQUE REFERENCES credit_transaction (id) CHECK (length(txn) = 16),
    actor    TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (claim, n)
) STRICT;
CREATE TRIGGER market_settlement_no_update BEFORE UPDATE ON market_settlement
BEGIN SELECT RAISE(ABORT, 'market_settlement is append-only'); END;
CREATE TRIGGER market_settlement_no_delete BEFORE DELETE ON market_settlement
BEGIN SELECT RAISE(ABORT, 'market_settlement is append-only'); END;
