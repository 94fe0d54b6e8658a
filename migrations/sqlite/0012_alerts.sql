-- Where messages go, beside the inbox that every account has: a webhook, a mailbox.
CREATE TABLE channel (
    id               BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner            TEXT, -- none: a reader without an account
    kind             TEXT NOT NULL CHECK (kind IN ('webhook', 'email')),
    name             TEXT NOT NULL, -- as lists show it: the host of a webhook, an address of mail
    address          TEXT NOT NULL, -- sealed: addresses of webhooks are secrets, those of people their own affair
    address_sha256   TEXT NOT NULL CHECK (length(address_sha256) = 64),
    shape            TEXT NOT NULL, -- of a webhook's body
    secret           TEXT, -- sealed: signs what is sent
    old_secret       TEXT, -- sealed: signs too, for a while after a rotation
    old_secret_until TEXT,
    state            TEXT NOT NULL CHECK (state IN ('unproven', 'active', 'disabled', 'suppressed', 'removed')),
    reason           TEXT, -- why it is not active
    challenge        TEXT, -- digest of what proves it
    created_at       TEXT NOT NULL,
    proven_at        TEXT,
    failures         INTEGER NOT NULL CHECK (failures >= 0), -- in a row
    failing_since    TEXT,
    succeeded_at     TEXT
) STRICT;
CREATE TRIGGER channel_no_delete BEFORE DELETE ON channel
BEGIN SELECT RAISE(ABORT, 'channel keeps its rows'); END;

CREATE INDEX channel_of_owner ON channel (owner, created_at);
CREATE INDEX channel_of_address ON channel (address_sha256);

-- Who wants to be told of what.
CREATE TABLE subscription (
    id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner       TEXT, -- none: a reader without an account
    target      TEXT NOT NULL, -- all, claim:ID, tag:TAG, source:ID, search:WORDS
    settings    TEXT NOT NULL CHECK (json_valid(settings)),
    inbox       INTEGER NOT NULL CHECK (inbox IN (0, 1)),
    from_seq    INTEGER NOT NULL, -- the last event there was when it began: later ones are told
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL,
    muted_until TEXT,
    muted_why   TEXT,
    ended_at    TEXT,
    ended_why   TEXT
) STRICT;
CREATE TRIGGER subscription_no_delete BEFORE DELETE ON subscription
BEGIN SELECT RAISE(ABORT, 'subscription keeps its rows'); END;

CREATE INDEX subscription_of_owner ON subscription (owner, created_at);
CREATE INDEX subscription_by_target ON subscription (target) WHERE ended_at IS NULL;

-- To which channels a subscription is sent.
CREATE TABLE subscription_channel (
    subscription BLOB NOT NULL REFERENCES subscription (id) CHECK (length(subscription) = 16),
    channel      BLOB NOT NULL REFERENCES channel (id) CHECK (length(channel) = 16),
    PRIMARY KEY (subscription, channel)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscription_channel_by_channel ON subscription_channel (channel);

-- What a subscription remembers of a claim's headline.
CREATE TABLE subscription_watch (
    subscription  BLOB NOT NULL REFERENCES subscription (id) CHECK (length(subscription) = 16),
    claim         BLOB NOT NULL REFERENCES claim (id) CHECK (length(claim) = 16),
    watched       TEXT NOT NULL CHECK (json_valid(watched)),
    look_again_at TEXT,
    PRIMARY KEY (subscription, claim)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscription_watch_of_claim ON subscription_watch (claim);
CREATE INDEX subscription_watch_due ON subscription_watch (look_again_at) WHERE look_again_at IS NOT NULL;

-- What one subscriber was told at once.
CREATE TABLE message (
    id           BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    subscription BLOB REFERENCES subscription (id) CHECK (length(subscription) = 16), -- none: a trial of a channel
    owner        TEXT, -- whose inbox it is in, if any
    at           TEXT NOT NULL,
    subject      TEXT NOT NULL,
    body         TEXT NOT NULL CHECK (json_valid(body)),
    read_at      TEXT
) STRICT;
CREATE TRIGGER message_no_delete BEFORE DELETE ON message
BEGIN SELECT RAISE(ABORT, 'message keeps its rows'); END;
CREATE TRIGGER message_keeps_its_words BEFORE UPDATE OF id, subscription, owner, at, subject, body ON message
BEGIN SELECT RAISE(ABORT, 'a message keeps its words'); END;

CREATE INDEX message_of_owner ON message (owner, at, id);
CREATE INDEX message_unread ON message (owner) WHERE read_at IS NULL;
CREATE INDEX message_of_subscription ON message (subscription, at);

-- One event that a subscription tells: waiting until it is due, then part of a message.
CREATE TABLE notice (
    subscription BLOB NOT NULL REFERENCES subscription (id) CHECK (length(subscription) = 16),
    seq          INTEGER NOT NULL REFERENCES event (seq),
    claim        BLOB REFERENCES claim (id) CHECK (length(claim) = 16),
    topic        TEXT NOT NULL,
    at           TEXT NOT NULL,
    due_at       TEXT NOT NULL,
    body         TEXT NOT NULL CHECK (json_valid(body)),
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'cancelled')),
    message      BLOB REFERENCES message (id) CHECK (length(message) = 16),
    PRIMARY KEY (subscription, seq, topic)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_due ON notice (due_at, subscription, seq) WHERE state = 'waiting';
CREATE INDEX notice_of_message ON notice (message);

-- One message on its way through one channel.
CREATE TABLE delivery (
    n        INTEGER PRIMARY KEY, -- the order in which first tries are made
    message  BLOB NOT NULL REFERENCES message (id) CHECK (length(message) = 16),
    channel  BLOB NOT NULL REFERENCES channel (id) CHECK (length(channel) = 16),
    state    TEXT NOT NULL CHECK (state IN ('ready', 'done', 'dead', 'cancelled')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    tries    INTEGER NOT NULL CHECK (tries >= 0), -- of the schedule that runs now: a redelivery begins a new one
    next_at  TEXT NOT NULL,
    made_at  TEXT NOT NULL,
    ended_at TEXT,
    UNIQUE (message, channel)
) STRICT;
CREATE TRIGGER delivery_no_delete BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'delivery keeps its rows'); END;

CREATE INDEX delivery_first ON delivery (channel, n) WHERE state = 'ready' AND tries = 0;
CREATE INDEX delivery_again ON delivery (next_at, channel) WHERE state = 'ready' AND tries > 0;
CREATE INDEX delivery_of_channel ON delivery (channel, made_at);

-- One try.
CREATE TABLE attempt (
    delivery INTEGER NOT NULL REFERENCES delivery (n),
    n        INTEGER NOT NULL CHECK (n >= 1),
    at       TEXT NOT NULL,
    took_ms  INTEGER NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('delivered', 'gone', 'failed', 'refused')),
    status   INTEGER,
    reason   TEXT,
    excerpt  TEXT,
    PRIMARY KEY (delivery, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER attempt_no_update BEFORE UPDATE ON attempt
BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
CREATE TRIGGER attempt_no_delete BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'attempt is append-only'); END;
