-- A claim that counts only if another one comes out a certain way, which stands in its document.
CREATE TABLE claim_given (
    claim BLOB NOT NULL PRIMARY KEY REFERENCES claim (id) CHECK (length(claim) = 16),
    given BLOB NOT NULL REFERENCES claim (id) CHECK (length(given) = 16),
    CHECK (claim <> given)
) STRICT, WITHOUT ROWID;

CREATE INDEX claim_given_of ON claim_given (given);
