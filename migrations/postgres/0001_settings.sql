-- Facts about the installation, such as the clock offset of a demo.
CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      JSONB NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    actor      TEXT NOT NULL
);
