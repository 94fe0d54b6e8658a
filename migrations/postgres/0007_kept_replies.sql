-- Set in the transaction of the change itself: after a crash it tells a change that happened from one that did not.
ALTER TABLE idempotency_key ADD COLUMN took_effect_at TIMESTAMPTZ;
