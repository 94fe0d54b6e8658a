-- Accounts of people and of their bots. The handle stands in the ledger beside everything an account did: it never changes.
CREATE TABLE account (
    id          UUID PRIMARY KEY,
    handle      TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('person', 'bot')),
    owner       UUID REFERENCES account (id), -- of a bot: who answers for it
    role        TEXT NOT NULL,
    password    TEXT, -- argon2id, in the PHC form; a bot has none
    created_at  TIMESTAMPTZ NOT NULL,
    created_by  TEXT NOT NULL,
    disabled_at TIMESTAMPTZ,
    CHECK ((kind = 'bot') = (owner IS NOT NULL)),
    CHECK (kind = 'person' OR password IS NULL)
);
CREATE TRIGGER account_no_delete BEFORE DELETE OR TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_keeps_its_name BEFORE UPDATE OF id, handle, kind, owner, created_at, created_by ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX account_by_owner ON account (owner);

-- Who is signed in. Only the digest of the cookie's secret is kept.
CREATE TABLE session (
    hash       TEXT PRIMARY KEY CHECK (length(hash) = 64),
    account    UUID NOT NULL REFERENCES account (id),
    created_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL,
    ends_at    TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ
);

CREATE INDEX session_by_account ON session (account);

-- Tokens by which programs act for an account. Only the digest is kept.
CREATE TABLE api_token (
    id         UUID PRIMARY KEY,
    account    UUID NOT NULL REFERENCES account (id),
    name       TEXT NOT NULL,
    prefix     TEXT NOT NULL, -- the part that is shown
    hash       TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    scopes     TEXT NOT NULL CHECK (json_typeof(scopes::json) <> ''),
    created_at TIMESTAMPTZ NOT NULL,
    ends_at    TIMESTAMPTZ,
    used_at    TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE TRIGGER api_token_no_delete BEFORE DELETE OR TRUNCATE ON api_token
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX api_token_by_account ON api_token (account, created_at);

-- Links that let someone in once. Only the digest of their secret is kept.
CREATE TABLE ticket (
    id           UUID PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    purpose      TEXT NOT NULL CHECK (purpose IN ('setup', 'invite', 'reset')),
    role         TEXT, -- of an invitation: the role of whoever joins
    account      UUID REFERENCES account (id), -- of a reset: whose password
    note         TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    created_by   TEXT NOT NULL,
    ends_at      TIMESTAMPTZ NOT NULL,
    used_at      TIMESTAMPTZ,
    withdrawn_at TIMESTAMPTZ,
    CHECK ((purpose = 'reset') = (account IS NOT NULL)),
    CHECK ((purpose = 'invite') = (role IS NOT NULL))
);

CREATE INDEX ticket_by_time ON ticket (created_at);

-- What someone did, for their own page.
CREATE INDEX event_by_actor ON event (actor, seq);
