-- Accounts of people and of their bots. The handle stands in the ledger beside everything an account did: it never changes.
CREATE TABLE account (
    id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    handle      TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('person', 'bot')),
    owner       BLOB REFERENCES account (id) CHECK (length(owner) = 16), -- of a bot: who answers for it
    role        TEXT NOT NULL,
    password    TEXT, -- argon2id, in the PHC form; a bot has none
    created_at  TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    disabled_at TEXT,
    CHECK ((kind = 'bot') = (owner IS NOT NULL)),
    CHECK (kind = 'person' OR password IS NULL)
) STRICT;
CREATE TRIGGER account_no_delete BEFORE DELETE ON account
BEGIN SELECT RAISE(ABORT, 'account keeps its rows'); END;
CREATE TRIGGER account_keeps_its_name BEFORE UPDATE OF id, handle, kind, owner, created_at, created_by ON account
BEGIN SELECT RAISE(ABORT, 'an account keeps its name'); END;

CREATE INDEX account_by_owner ON account (owner);

-- Who is signed in. Only the digest of the cookie's secret is kept.
CREATE TABLE session (
    hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
    account    BLOB NOT NULL REFERENCES account (id) CHECK (length(account) = 16),
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    ends_at    TEXT NOT NULL,
    ended_at   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_account ON session (account);

-- Tokens by which programs act for an account. Only the digest is kept.
CREATE TABLE api_token (
    id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account    BLOB NOT NULL REFERENCES account (id) CHECK (length(account) = 16),
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL, -- the part that is shown
    hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    scopes     TEXT NOT NULL CHECK (json_valid(scopes)),
    created_at TEXT NOT NULL,
    ends_at    TEXT,
    used_at    TEXT,
    revoked_at TEXT
) STRICT;
CREATE TRIGGER api_token_no_delete BEFORE DELETE ON api_token
BEGIN SELECT RAISE(ABORT, 'api_token keeps its rows'); END;

CREATE INDEX api_token_by_account ON api_token (account, created_at);

-- Links that let someone in once. Only the digest of their secret is kept.
CREATE TABLE ticket (
    id           BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    hash         TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    purpose      TEXT NOT NULL CHECK (purpose IN ('setup', 'invite', 'reset')),
    role         TEXT, -- of an invitation: the role of whoever joins
    account      BLOB REFERENCES account (id) CHECK (length(account) = 16), -- of a reset: whose password
    note         TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    ends_at      TEXT NOT NULL,
    used_at      TEXT,
    withdrawn_at TEXT,
    CHECK ((purpose = 'reset') = (account IS NOT NULL)),
    CHECK ((purpose = 'invite') = (role IS NOT NULL))
) STRICT;

CREATE INDEX ticket_by_time ON ticket (created_at);

-- What someone did, for their own page.
CREATE INDEX event_by_actor ON event (actor, seq);
