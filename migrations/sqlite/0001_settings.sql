-- Facts about the installation, such as the clock offset of a demo.
CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL CHECK (json_valid(value)),
    updated_at TEXT NOT NULL,
    actor      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
