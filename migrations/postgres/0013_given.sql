-- A claim that counts only if another one comes out a certain way, which stands in its document.
CREATE TABLE claim_given (
    claim UUID PRIMARY KEY REFERENCES claim (id),
    given UUID NOT NULL REFERENCES claim (id),
    CHECK (claim <> given)
);

CREATE INDEX claim_given_of ON claim_given (given);
