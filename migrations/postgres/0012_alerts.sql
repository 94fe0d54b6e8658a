-- Where messages go, beside the inbox that every account has: a webhook, a mailbox.
CREATE TABLE channel (
    id               UUID PRIMARY KEY,
    owner            TEXT, -- none: a reader without an account
    kind             TEXT NOT NULL CHECK (kind IN ('webhook', 'email')),
    name             TEXT NOT NULL, -- as lists show it: the host of a webhook, an address of mail
    address          TEXT NOT NULL, -- sealed: addresses of webhooks are secrets, those of people their own affair
    address_sha256   TEXT NOT NULL CHECK (length(address_sha256) = 64),
    shape            TEXT NOT NULL, -- of a webhook's body
    secret           TEXT, -- sealed: signs what is sent
    old_secret       TEXT, -- sealed: signs too, for a while after a rotation
    old_secret_until TIMESTAMPTZ,
    state            TEXT NOT NULL CHECK (state IN ('unproven', 'active', 'disabled', 'suppressed', 'removed')),
    reason           TEXT, -- why it is not active
    challenge        TEXT, -- digest of what proves it
    created_at       TIMESTAMPTZ NOT NULL,
    proven_at        TIMESTAMPTZ,
    failures         BIGINT NOT NULL CHECK (failures >= 0), -- in a row
    failing_since    TIMESTAMPTZ,
    succeeded_at     TIMESTAMPTZ
);
CREATE TRIGGER channel_no_delete BEFORE DELETE OR TRUNCATE ON channel
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX channel_of_owner ON channel (owner, created_at);
CREATE INDEX channel_of_address ON channel (address_sha256);

-- Who wants to be told of what.
CREATE TABLE subscription (
    id          UUID PRIMARY KEY,
    owner       TEXT, -- none: a reader without an account
    target      TEXT NOT NULL, -- all, claim:ID, tag:TAG, source:ID, search:WORDS
    settings    TEXT NOT NULL CHECK (json_typeof(settings::json) <> ''),
    inbox       BOOLEAN NOT NULL,
    from_seq    BIGINT NOT NULL, -- the last event there was when it began: later ones are told
    created_at  TIMESTAMPTZ NOT NULL,
    changed_at  TIMESTAMPTZ NOT NULL,
    muted_until TIMESTAMPTZ,
    muted_why   TEXT,
    ended_at    TIMESTAMPTZ,
    ended_why   TEXT
);
CREATE TRIGGER subscription_no_delete BEFORE DELETE OR TRUNCATE ON subscription
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX subscription_of_owner ON subscription (owner, created_at);
CREATE INDEX subscription_by_target ON subscription (target) WHERE ended_at IS NULL;

-- To which channels a subscription is sent.
CREATE TABLE subscription_channel (
    subscription UUID NOT NULL REFERENCES subscription (id),
    channel      UUID NOT NULL REFERENCES channel (id),
    PRIMARY KEY (subscription, channel)
);

CREATE INDEX subscription_channel_by_channel ON subscription_channel (channel);

-- What a subscription remembers of a claim's headline.
CREATE TABLE subscription_watch (
    subscription  UUID NOT NULL REFERENCES subscription (id),
    claim         UUID NOT NULL REFERENCES claim (id),
    watched       TEXT NOT NULL CHECK (json_typeof(watched::json) <> ''),
    look_again_at TIMESTAMPTZ,
    PRIMARY KEY (subscription, claim)
);

CREATE INDEX subscription_watch_of_claim ON subscription_watch (claim);
CREATE INDEX subscription_watch_due ON subscription_watch (look_again_at) WHERE look_again_at IS NOT NULL;

-- What one subscriber was told at once.
CREATE TABLE message (
    id           UUID PRIMARY KEY,
    subscription UUID REFERENCES subscription (id), -- none: a trial of a channel
    owner        TEXT, -- whose inbox it is in, if any
    at           TIMESTAMPTZ NOT NULL,
    subject      TEXT NOT NULL,
    body         TEXT NOT NULL CHECK (json_typeof(body::json) <> ''),
    read_at      TIMESTAMPTZ
);
CREATE TRIGGER message_no_delete BEFORE DELETE OR TRUNCATE ON message
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER message_keeps_its_words BEFORE UPDATE OF id, subscription, owner, at, subject, body ON message
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX message_of_owner ON message (owner, at, id);
CREATE INDEX message_unread ON message (owner) WHERE read_at IS NULL;
CREATE INDEX message_of_subscription ON message (subscription, at);

-- One event that a subscription tells: waiting until it is due, then part of a message.
CREATE TABLE notice (
    subscription UUID NOT NULL REFERENCES subscription (id),
    seq          BIGINT NOT NULL REFERENCES event (seq),
    claim        UUID REFERENCES claim (id),
    topic        TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    due_at       TIMESTAMPTZ NOT NULL,
    body         TEXT NOT NULL CHECK (json_typeof(body::json) <> ''),
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'cancelled')),
    message      UUID REFERENCES message (id),
    PRIMARY KEY (subscription, seq, topic)
);

CREATE INDEX notice_due ON notice (due_at, subscription, seq) WHERE state = 'waiting';
CREATE INDEX notice_of_message ON notice (message);

-- One message on its way through one channel.
CREATE TABLE delivery (
    n        BIGINT PRIMARY KEY, -- the order in which first tries are made
    message  UUID NOT NULL REFERENCES message (id),
    channel  UUID NOT NULL REFERENCES channel (id),
    state    TEXT NOT NULL CHECK (state IN ('ready', 'done', 'dead', 'cancelled')),
    attempts BIGINT NOT NULL CHECK (attempts >= 0),
    tries    BIGINT NOT NULL CHECK (tries >= 0), -- of the schedule that runs now: a redelivery begins a new one
    next_at  TIMESTAMPTZ NOT NULL,
    made_at  TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    UNIQUE (message, channel)
);
CREATE TRIGGER delivery_no_delete BEFORE DELETE OR TRUNCATE ON delivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX delivery_first ON delivery (channel, n) WHERE state = 'ready' AND tries = 0;
CREATE INDEX delivery_again ON delivery (next_at, channel) WHERE state = 'ready' AND tries > 0;
CREATE INDEX delivery_of_channel ON delivery (channel, made_at);

-- One try.
CREATE TABLE attempt (
    delivery BIGINT NOT NULL REFERENCES delivery (n),
    n        BIGINT NOT NULL CHECK (n >= 1),
    at       TIMESTAMPTZ NOT NULL,
    took_ms  BIGINT NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('delivered', 'gone', 'failed', 'refused')),
    status   BIGINT,
    reason   TEXT,
    excerpt  TEXT,
    PRIMARY KEY (delivery, n)
);
CREATE TRIGGER attempt_no_update BEFORE UPDATE ON attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_no_delete BEFORE DELETE OR TRUNCATE ON attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
